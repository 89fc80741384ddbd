use std::{
    env, fs, io, panic,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::{DeviceError, DeviceInfo, Kind, client::read_json, deadline::Deadline, host::Host};

/// Where drivers register themselves, unless the environment names another place.
const VENDORS: &str = "/etc/OpenCL/vendors";

/// How long a driver gets to name its devices: a card may have to be woken.
pub const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// What became of one driver.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct IcdReport {
    /// The file that names the driver's library.
    pub icd: PathBuf,
    /// Its devices.
    pub devices: Vec<DeviceInfo>,
    /// Why there are none, if the driver or its host failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Returns where this machine's OpenCL drivers are registered: the folder, or the one file, in
/// `OCL_ICD_VENDORS`, else `/etc/OpenCL/vendors`.
pub fn vendors() -> PathBuf {
    env::var_os("OCL_ICD_VENDORS").map_or_else(|| VENDORS.into(), PathBuf::from)
}

/// Returns the files that name this machine's OpenCL drivers, sorted: those in [`vendors`]. None if
/// that does not exist.
///
/// # Errors
///
/// Of reading the folder.
pub fn icds() -> io::Result<Vec<PathBuf>> {
    let vendors = vendors();
    if vendors.is_file() {
        return Ok(vec![vendors]);
    }
    let entries = match fs::read_dir(vendors) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "icd") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Asks each driver for its devices, each alone in a process of the program `host` that is ended after
/// `limit`: a broken driver hides nobody. All are asked at the same time; reports are in the order of
/// `icds`.
pub fn probe(host: &Path, icds: &[PathBuf], limit: Duration) -> Vec<IcdReport> {
    let report = |icd: &PathBuf| {
        let (devices, error) = match list(host, icd, limit) {
            Ok(devices) => (devices, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        IcdReport {
            icd: icd.clone(),
            devices,
            error,
        }
    };
    thread::scope(|scope| {
        let probes: Vec<_> = icds
            .iter()
            .map(|icd| scope.spawn(move || report(icd)))
            .collect();
        let reports = probes.into_iter().map(|probe| match probe.join() {
            Ok(report) => report,
            Err(panic) => panic::resume_unwind(panic),
        });
        reports.collect()
    })
}

/// Asks all drivers of this machine, as [`icds`] and [`probe`] with [`PROBE_LIMIT`] do.
///
/// # Errors
///
/// Those of [`icds`].
pub fn discover(host: &Path) -> io::Result<Vec<IcdReport>> {
    Ok(probe(host, &icds()?, PROBE_LIMIT))
}

fn list(host: &Path, icd: &Path, limit: Duration) -> Result<Vec<DeviceInfo>, DeviceError> {
    let deadline = Deadline::new(Instant::now(), limit);
    let host = Host::start(host, &["list"], icd)?;
    read_json(&host, Kind::Devices, deadline)
}
