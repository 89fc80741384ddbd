//! `fafnir devices`: whatever a driver does, the others and the processor are listed.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{self, Command, Output},
};

use fafnir_fpga_hal::{
    device::{
        Contract, DeviceInfo, DeviceKind,
        serve::{Connection, list},
    },
    pairhmm,
};
use serde_json::Value;

use crate::{
    drivers::{broken, pocl, register, xrt},
    support::{fafnir, folder, stderr},
};

/// `fafnir devices` with only these drivers in sight.
fn devices(vendors: &Path) -> Command {
    let mut command = fafnir();
    command.arg("devices").env("OCL_ICD_VENDORS", vendors);
    command.env_remove("XILINX_XRT");
    command
}

fn text(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// Runs the command and returns its JSON; the processor is always there.
fn listing(command: &mut Command) -> Value {
    let output = command.arg("--json").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let listing: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(listing["format"], 1);
    assert!(listing["cpu"]["cores"].as_u64().unwrap() > 0);
    let scalar = &listing["cpu"]["instruction_sets"][0];
    assert_eq!(
        (&scalar["name"], &scalar["state"]),
        (&"scalar".into(), &"passed".into())
    );
    listing
}

/// The report on the driver of this name.
fn report<'a>(listing: &'a Value, name: &str) -> &'a Value {
    let drivers = listing["drivers"].as_array().unwrap();
    let named = |report: &&Value| {
        let icd = Path::new(report["icd"].as_str().unwrap());
        icd.file_stem().unwrap() == name
    };
    drivers.iter().find(named).unwrap()
}

#[test]
fn without_drivers_the_processor_is_listed() {
    let none = Path::new("/nonexistent");
    let listing = listing(&mut devices(none));
    assert_eq!(listing["drivers"], Value::Array(Vec::new()));
    let note = listing["note"].as_str().unwrap();
    assert!(
        note.contains("no OpenCL driver is registered in /nonexistent"),
        "{note}"
    );
    let output = devices(none).output().unwrap();
    assert!(output.status.success());
    assert!(text(&output).contains("--device cpu") && text(&output).contains(note));
}

#[test]
fn without_a_device_host_the_processor_is_listed() {
    let vendors = folder();
    register(vendors.path(), "any", "libany.so");
    let mut command = devices(vendors.path());
    let listing = listing(command.env("FAFNIR_DEVICE_HOST", "/nonexistent/host"));
    let error = listing["drivers"][0]["error"].as_str().unwrap();
    assert!(error.contains("cannot start"), "{error}");
}

#[test]
fn pocl_is_listed_and_passes_its_test() {
    let Some(vendors) = pocl() else { return };
    let listing = listing(devices(vendors.path()).arg("--self-test"));
    let device = &listing["drivers"][0]["devices"][0];
    assert_eq!(device["selector"], "pocl");
    assert_eq!(device["platform"], "Portable Computing Language");
    assert_eq!(device["kind"], "cpu");
    assert_eq!(device["self_test"]["state"], "passed", "{device}");
    assert!(device["memory"].as_u64().unwrap() > 0);
    assert!(device["contracts"].as_array().unwrap().len() == 2);
    let output = devices(vendors.path()).output().unwrap();
    assert!(output.status.success());
    assert!(
        text(&output).contains("--device 'opencl:pocl'"),
        "{}",
        text(&output)
    );
}

#[test]
fn broken_drivers_hide_nobody() {
    let Some(vendors) = pocl() else { return };
    broken(vendors.path(), "aborts", "abort()");
    broken(vendors.path(), "crashes", "*(volatile int *)0 = 0");
    let absent = "libfafnir-no-such-driver.so";
    register(vendors.path(), "absent", absent);
    let listing = listing(&mut devices(vendors.path()));
    let error = |name: &str| report(&listing, name)["error"].as_str().unwrap_or_default();
    assert!(error("aborts").contains("signal: 6"), "{}", error("aborts"));
    assert!(
        error("crashes").contains("signal: 11"),
        "{}",
        error("crashes")
    );
    assert_eq!(
        report(&listing, "absent")["devices"],
        Value::Array(Vec::new())
    );
    assert_eq!(report(&listing, "pocl")["devices"][0]["selector"], "pocl");
}

/// Debian's XRT throws a C++ exception out of its first call where `XILINX_XRT` is not set.
#[test]
fn debians_xrt_hides_nobody() {
    let Some(vendors) = pocl() else { return };
    let Some(library) = xrt() else { return };
    register(vendors.path(), "xilinx", library);
    let listing = listing(&mut devices(vendors.path()));
    let error = report(&listing, "xilinx")["error"].as_str().unwrap();
    assert!(
        error.contains("signal: 6") && error.contains("XILINX_XRT"),
        "{error}"
    );
    assert_eq!(report(&listing, "pocl")["devices"][0]["selector"], "pocl");
}

#[test]
fn without_a_loader_the_processor_is_listed() {
    let Some(vendors) = pocl() else { return };
    let libraries = folder();
    fs::write(libraries.path().join("libOpenCL.so.1"), "no library").unwrap();
    let mut command = devices(vendors.path());
    let listing = listing(command.env("LD_LIBRARY_PATH", libraries.path()));
    let error = report(&listing, "pocl")["error"].as_str().unwrap();
    assert!(error.contains("libOpenCL.so.1"), "{error}");
}

/// Acts as the host of a device that lies, if this program was started as one.
#[test]
fn act_as_a_lying_host() {
    let Ok(task) = env::var("ACT_AS_A_LYING_HOST") else {
        return;
    };
    let info = DeviceInfo {
        index: 0,
        platform: "fake".to_owned(),
        name: "liar".to_owned(),
        vendor: "fake".to_owned(),
        kind: DeviceKind::Other,
        version: "OpenCL 1.2".to_owned(),
        driver: "0".to_owned(),
        compute_units: 1,
        memory: 1 << 30,
        largest_buffer: 1 << 28,
        pci: None,
        contracts: vec![Contract {
            kernel: "pairhmm".to_owned(),
            version: pairhmm::CONTRACT,
        }],
        withheld: Vec::new(),
        sandbox: Vec::new(),
    };
    if task == "list" {
        list(Ok(vec![info])).unwrap();
        process::exit(0);
    }
    let (connection, _) = Connection::accept().unwrap();
    connection.hello(&info).unwrap();
    while let Ok(Some((number, batch))) = connection.next() {
        // What pairs may have, but not these.
        let sums = vec![1e20; batch.count as usize];
        let results = pairhmm::wire::encode_results(&sums).unwrap();
        connection.answer(number, &results).unwrap();
    }
    process::exit(0);
}

#[test]
fn a_device_that_lies_is_found_by_its_test() {
    let vendors = folder();
    register(vendors.path(), "liar", "libliar.so");
    let host = vendors.path().join("host");
    let program = env::current_exe().unwrap();
    let script = format!(
        "#!/bin/sh\nACT_AS_A_LYING_HOST=\"$1\" exec '{}' --exact devices::act_as_a_lying_host \
         --nocapture >/dev/null\n",
        program.display()
    );
    fs::write(&host, script).unwrap();
    fs::set_permissions(&host, fs::Permissions::from_mode(0o700)).unwrap();
    let mut command = devices(vendors.path());
    command.env("FAFNIR_DEVICE_HOST", &host);
    let seen = listing(&mut command);
    assert_eq!(seen["drivers"][0]["devices"][0]["self_test"], Value::Null);
    let output = command.arg("--self-test").output().unwrap();
    assert_eq!(output.status.code(), Some(20), "{}", stderr(&output));
    assert!(stderr(&output).contains("liar"), "{}", stderr(&output));
    let tested: Value = serde_json::from_slice(&output.stdout).unwrap();
    let test = &tested["drivers"][0]["devices"][0]["self_test"];
    assert_eq!(test["state"], "failed", "{test}");
    assert!(test["why"].as_str().unwrap().contains("pairhmm"), "{test}");
}
