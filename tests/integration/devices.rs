//! `fafnir devices`: whatever a driver does, the others and the processor are listed.

use std::{
    env, fs,
    io::Write as _,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
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
use tempfile::TempDir;

use crate::support::{fafnir, folder, stderr};

/// Skips a test, loudly, unless `FAFNIR_REQUIRE=all` demands it.
fn skip(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
    assert_ne!(env::var("FAFNIR_REQUIRE").as_deref(), Ok("all"), "{why}");
}

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

/// Makes an ICD file that names a library.
fn register(vendors: &Path, name: &str, library: &str) {
    fs::write(vendors.join(name).with_extension("icd"), library).unwrap();
}

/// A folder of drivers with PoCL alone, if that and the device host are there.
fn pocl() -> Option<TempDir> {
    let host = Path::new(env!("CARGO_BIN_EXE_fafnir")).with_file_name("fafnir-device-host");
    let icd = fs::read_to_string("/etc/OpenCL/vendors/pocl.icd");
    let (true, Ok(icd)) = (host.is_file(), icd) else {
        skip("no PoCL, or no fafnir-device-host beside fafnir: build the workspace");
        return None;
    };
    let vendors = folder();
    register(vendors.path(), "pocl", &icd);
    Some(vendors)
}

/// Builds a driver that does `fault` when asked for its platforms.
fn broken(vendors: &Path, name: &str, fault: &str) -> PathBuf {
    let source = vendors.join(name).with_extension("c");
    let library = vendors.join(format!("lib{name}.so"));
    let code = format!(
        "#include <stdlib.h>
         #include <unistd.h>
         int clIcdGetPlatformIDsKHR(unsigned n, void **p, unsigned *c) {{ {fault}; return -1001; }}
         int clGetPlatformInfo(void) {{ return -30; }}
         void *clGetExtensionFunctionAddress(const char *name) {{
             return name[2] == 'I' ? (void *)clIcdGetPlatformIDsKHR : 0;
         }}"
    );
    fs::write(&source, code).unwrap();
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-w", "-o"])
        .args([&library, &source])
        .status();
    assert!(compiled.unwrap().success());
    register(vendors, name, library.to_str().unwrap());
    library
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
    const LIBRARY: &str = "libxilinxopencl.so.2";
    let Some(vendors) = pocl() else { return };
    let folders = [
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib",
    ];
    if !folders
        .iter()
        .any(|folder| Path::new(folder).join(LIBRARY).exists())
    {
        return skip("no XRT: Debian's package is libxrt1");
    }
    register(vendors.path(), "xilinx", LIBRARY);
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
