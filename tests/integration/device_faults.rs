//! Devices that fail, lie or are not there: a complete run, with the bytes of the CPU alone.
//!
//! `faulty_host` (an example of `fafnir-fpga-hal`) stands in for the device host: it computes on the
//! CPU, and does wrong what its driver's file says.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use fafnir_fpga_hal::Checked;
use serde_json::Value;

use crate::{
    determinism::{assert_same, results},
    support::{folder, small, stderr, succeed, trusted},
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
    let why = "the example faulty_host is not built: test the whole workspace";
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
    assert_ne!(
        std::env::var("FAFNIR_REQUIRE").as_deref(),
        Ok("all"),
        "{why}"
    );
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
    if !Path::new("/etc/OpenCL/vendors/pocl.icd").exists() {
        let why = "no PoCL among the OpenCL drivers";
        let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
        assert_ne!(
            std::env::var("FAFNIR_REQUIRE").as_deref(),
            Ok("all"),
            "{why}"
        );
        return;
    }
    let out = folder();
    let mut command = small().command("run", out.path());
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

#[test]
fn a_name_that_is_no_device_is_a_usage_error() {
    let out = folder();
    let mut command = small().command("run", out.path());
    let output = command.args(["--device", "gpu"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("opencl:NAME"));
}
