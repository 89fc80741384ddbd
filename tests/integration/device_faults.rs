//! Devices that fail, lie or are not there: a complete run, with the bytes of the CPU alone.
//!
//! `faulty_host` (an example of `fafnir-fpga-hal`) stands in for the device host: it computes on the
//! CPU, and does wrong what its driver's file says.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use fafnir_fpga_hal::Checked;
use serde_json::Value;

use crate::{
    determinism::{assert_same, results},
    drivers::{broken, pocl, register, xrt},
    support::{fafnir, folder, names, skip, small, stderr, succeed, trusted},
};

/// What the CPU alone makes of [`small`].
fn expected() -> &'static [(String, Vec<u8>)] {
    static EXPECTED: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    EXPECTED.get_or_init(|| {
        let out = folder();
        let mut command = small().command("run", out.path());
        command.args(["--device", "cpu"]);
        succeed(command);
        results(out.path())
    })
}

/// The stand-in for the device host, which `cargo test` builds beside the tests' programs.
fn faulty_host() -> Option<PathBuf> {
    let host = Path::new(env!("CARGO_BIN_EXE_fafnir")).with_file_name("examples/faulty_host");
    if host.is_file() {
        return Some(host);
    }
    skip("the example faulty_host is not built: test the whole workspace");
    None
}

/// A run on a device that does `fault`: what it said, and what its statement says of devices.
fn run_with(fault: &str, arguments: &[&str]) -> Option<(String, Value)> {
    let host = faulty_host()?;
    let (out, drivers) = (folder(), folder());
    fs::write(drivers.path().join("faulty.icd"), fault).unwrap();
    let mut command = small().command("run", out.path());
    command
        .env("FAFNIR_DEVICE_HOST", host)
        .env("OCL_ICD_VENDORS", drivers.path())
        .args(["--device", "opencl:faulty", "--batch-size", "300"])
        .args(arguments);
    let (said, devices) = devices_of(&mut command, out.path());
    assert_same(expected(), &results(out.path()), fault);
    Some((said, devices))
}

/// Runs a command; what it said, and what the statement in `out` says of devices.
fn devices_of(command: &mut Command, out: &Path) -> (String, Value) {
    let output: Output = command.output().unwrap();
    let said = stderr(&output);
    assert!(output.status.success(), "{said}");
    let report = fafnir::verify_path(out, &[trusted()]).unwrap();
    let definition = &report.envelopes[0].statement.predicate.build_definition;
    (said, definition.internal_parameters["devices"].clone())
}

/// Jobs that the only device computed.
fn share(devices: &Value) -> (u64, u64) {
    let share = &devices["shares"][1];
    assert!(share["backend"].as_str().unwrap().starts_with("opencl:"));
    (
        share["extend"].as_u64().unwrap(),
        share["pairhmm"].as_u64().unwrap(),
    )
}

#[test]
fn a_good_device_takes_its_share() {
    let Some((_, devices)) = run_with("none", &[]) else {
        return;
    };
    let (extend, pairhmm) = share(&devices);
    assert!(extend > 100 && pairhmm > 100, "{devices}");
    assert_eq!(devices["checked"], "sampled");
    assert_eq!(devices["incidents"], Value::Array(Vec::new()));

    let Some((_, devices)) = run_with("none", &["--paranoid"]) else {
        return;
    };
    assert_eq!(devices["checked"], "all");
}

#[test]
fn a_device_that_fails_is_left_out() {
    for (fault, named) in [
        ("die", "ended"),
        ("late", "did not answer"),
        ("short", "results are not as many as"),
        ("garbage", "is not what it must be"),
        ("every", "is not what the CPU computes"),
    ] {
        let Some((said, devices)) = run_with(fault, &[]) else {
            return;
        };
        let incidents = devices["incidents"].as_array().unwrap();
        let what = incidents[0]["what"].as_str().unwrap();
        assert!(what.contains(named), "{fault}: {what}");
        assert_eq!(incidents[0]["quarantined"], true, "{fault}");
        assert!(said.contains(named), "{fault}: {said}");
    }
}

#[test]
fn a_device_that_refuses_is_asked_again() {
    let Some((_, devices)) = run_with("refuse", &[]) else {
        return;
    };
    let incidents = devices["incidents"].as_array().unwrap();
    assert!(incidents.len() > 1, "{devices}");
    assert_eq!(incidents[0]["quarantined"], false);
}

/// One wrong result that is consistent with its job is found for certain only where all are computed
/// again.
#[test]
fn one_wrong_job_is_found_by_paranoia() {
    let Some((_, devices)) = run_with("once", &["--paranoid"]) else {
        return;
    };
    let what = devices["incidents"][0]["what"].as_str().unwrap();
    assert!(what.contains("is not what the CPU computes"), "{what}");
    let sampled = Checked::Sampled.detection(32_768, 1);
    println!("one wrong job of 32,768: found with probability {sampled} in the sampled mode");
}

/// OpenCL on the processor, through the real device host.
#[test]
fn pocl_gives_the_same_bytes() {
    let Some(vendors) = pocl() else { return };
    let out = folder();
    let mut command = small().command("run", out.path());
    command.env("OCL_ICD_VENDORS", vendors.path());
    command.args(["--device", "opencl:pocl", "--batch-size", "300"]);
    let (_, devices) = devices_of(&mut command, out.path());
    assert_same(expected(), &results(out.path()), "pocl");
    let (extend, pairhmm) = share(&devices);
    assert!(extend > 100 && pairhmm > 100, "{devices}");
    assert_eq!(devices["incidents"], Value::Array(Vec::new()));

    // The two halves send their batches there, too.
    let halves = folder();
    succeed({
        let mut command = small().command("align", halves.path());
        command.args(["--device", "opencl:pocl"]);
        command
    });
    let mut command = small().command("call", halves.path());
    command.args(["--device", "opencl:pocl"]);
    command.arg("-b").arg(halves.path().join("s.bam"));
    succeed(command);
    for name in ["s.bam", "s.hard-filtered.vcf.gz"] {
        let bytes = |folder: &Path| fs::read(folder.join(name)).unwrap();
        assert!(bytes(out.path()) == bytes(halves.path()), "{name} differs");
    }
}

#[test]
fn no_driver_no_host_and_no_such_device() {
    let nowhere = folder();
    let cases: [(&str, &str, &str); 3] = [
        ("OCL_ICD_VENDORS", "/nonexistent", "no such device"),
        ("FAFNIR_DEVICE_HOST", "/nonexistent/host", "cannot start"),
        (
            "OCL_ICD_VENDORS",
            nowhere.path().to_str().unwrap(),
            "no such device",
        ),
    ];
    fs::write(
        nowhere.path().join("missing.icd"),
        "libfafnir-no-such-driver.so\n",
    )
    .unwrap();
    for (variable, value, named) in cases {
        let out = folder();
        let mut command = small().command("run", out.path());
        command.env("OCL_ICD_VENDORS", nowhere.path());
        command
            .env(variable, value)
            .args(["--device", "opencl:card"]);
        let (said, devices) = devices_of(&mut command, out.path());
        assert_same(expected(), &results(out.path()), variable);
        assert!(said.contains(named), "{said}");
        assert!(
            !devices["notUsed"].as_array().unwrap().is_empty(),
            "{devices}"
        );
    }
}

/// Runs with drivers of which none offers a device called card, and holds the results against those
/// of the CPU; what the run said.
fn run_without_a_device(vendors: &Path, variable: (&str, &Path), how: &str) -> String {
    let out = folder();
    let mut command = small().command("run", out.path());
    command
        .env("OCL_ICD_VENDORS", vendors)
        .env(variable.0, variable.1)
        .env_remove("XILINX_XRT")
        .args(["--device", "opencl:card"]);
    let (said, _) = devices_of(&mut command, out.path());
    assert_same(expected(), &results(out.path()), how);
    assert!(said.contains("no such device"), "{how}: {said}");
    said
}

#[test]
fn broken_drivers_cost_nothing_but_a_warning() {
    let Some(pocl) = pocl() else { return };
    let nothing = ("FAFNIR_NOTHING", Path::new(""));
    let vendors = folder();
    broken(vendors.path(), "aborts", "abort()");
    broken(vendors.path(), "crashes", "*(volatile int *)0 = 0");
    let said = run_without_a_device(vendors.path(), nothing, "drivers that crash");
    assert!(
        said.contains("signal: 6") && said.contains("signal: 11"),
        "{said}"
    );

    let libraries = folder();
    fs::write(libraries.path().join("libOpenCL.so.1"), "no library").unwrap();
    let no_loader = ("LD_LIBRARY_PATH", libraries.path());
    let said = run_without_a_device(pocl.path(), no_loader, "no loader");
    assert!(said.contains("libOpenCL.so.1"), "{said}");

    let Some(library) = xrt() else { return };
    let vendors = folder();
    register(vendors.path(), "xilinx", library);
    let said = run_without_a_device(vendors.path(), nothing, "XRT");
    assert!(said.contains("XILINX_XRT"), "{said}");
}

/// `fafnir run` on PoCL's device with a kernel package.
fn run_packaged(vendors: &Path, package: &Path, out: &Path) -> Command {
    let mut command = small().command("run", out);
    command
        .env("OCL_ICD_VENDORS", vendors)
        .args(["--device", "opencl:pocl", "--kernel-package"])
        .arg(package);
    command
}

#[test]
fn a_kernel_package_is_used_or_refused() {
    let Some(vendors) = pocl() else { return };
    let scratch = folder();
    let package = scratch.path().join("package");
    let mut build = fafnir();
    build.env("OCL_ICD_VENDORS", vendors.path());
    build
        .args(["kernels", "build", "--device", "pocl", "-o"])
        .arg(&package);
    succeed(build);

    let out = folder();
    let (_, devices) = devices_of(
        &mut run_packaged(vendors.path(), &package, out.path()),
        out.path(),
    );
    assert_same(expected(), &results(out.path()), "a package");
    assert!(share(&devices).0 > 0, "{devices}");
    let report = fafnir::verify_path(out.path(), &[trusted()]).unwrap();
    let definition = &report.envelopes[0].statement.predicate.build_definition;
    let mut roles = definition
        .resolved_dependencies
        .iter()
        .map(|d| d.annotations.role.as_str());
    assert!(roles.any(|role| role == "kernel package"));

    // Signed, but what its maker packaged ends PoCL: the CPU does the work.
    let binary = fs::read(package.join("kernels.bin")).unwrap();
    let cut = scratch.path().join("cut.bin");
    fs::write(&cut, &binary[..binary.len() / 2]).unwrap();
    let truncated = scratch.path().join("truncated");
    let mut sign = fafnir();
    sign.args(["kernels", "sign", "--contract", "extend:0", "--board"]);
    let package_json = fs::read(package.join("package.json")).unwrap();
    let package_json: Value = serde_json::from_slice(&package_json).unwrap();
    sign.arg(package_json["device"]["name"].as_str().unwrap());
    sign.arg("--binary").arg(&cut).arg("-o").arg(&truncated);
    succeed(sign);
    let out = folder();
    let (said, devices) = devices_of(
        &mut run_packaged(vendors.path(), &truncated, out.path()),
        out.path(),
    );
    assert_same(expected(), &results(out.path()), "a truncated program");
    assert!(said.contains("is not used"), "{said}");
    assert_eq!(devices["shares"].as_array().unwrap().len(), 1);

    // Changed after it was signed.
    let mut changed = binary;
    changed[100] ^= 1;
    fs::write(package.join("kernels.bin"), changed).unwrap();
    let out = folder();
    let output = run_packaged(vendors.path(), &package, out.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(11), "{}", stderr(&output));
    assert_eq!(names(out.path()), [""; 0]);
}

#[test]
fn a_name_that_is_no_device_is_a_usage_error() {
    let out = folder();
    let mut command = small().command("run", out.path());
    let output = command.args(["--device", "gpu"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("opencl:NAME"));
}
