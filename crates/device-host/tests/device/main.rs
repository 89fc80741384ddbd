//! The device host: equal bits on a real OpenCL device, and every driver's fault survived.
#![allow(clippy::unwrap_used)]

mod card;
mod conformance;
mod driver_faults;
mod sandbox;
// The same jobs that the other backends are asked.
#[allow(dead_code)]
#[path = "../../../fpga-hal/tests/extend/jobs.rs"]
mod jobs;

use std::{
    env,
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use fafnir_fpga_hal::device::{Device, DeviceInfo, icds, probe};

/// Longer than anything takes that works.
const AMPLE: Duration = Duration::from_secs(120);

fn host() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_fafnir-device-host"))
}

/// Returns the ICD file and description of PoCL's device: OpenCL on the processor.
fn pocl() -> Option<(PathBuf, DeviceInfo)> {
    let reports = probe(host(), &icds().unwrap(), AMPLE);
    for report in &reports {
        for device in &report.devices {
            if device.platform == "Portable Computing Language" {
                return Some((report.icd.clone(), device.clone()));
            }
        }
    }
    skip(&format!("no PoCL among the OpenCL drivers: {reports:?}"));
    None
}

fn open_pocl() -> Option<Device> {
    let (icd, info) = pocl()?;
    Some(Device::open(host(), &icd, info.index, None, AMPLE).unwrap())
}

fn skip(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
    assert_ne!(env::var("FAFNIR_REQUIRE").as_deref(), Ok("all"), "{why}");
}
