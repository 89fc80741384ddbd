//! Devices: where their host program lies, and the programs that they run.

mod attach;
pub(crate) mod build;
pub(crate) mod package;

pub(crate) use self::attach::attach;

use std::{env, path::PathBuf};

/// Names another device host than the one beside this program.
const HOST_VARIABLE: &str = "FAFNIR_DEVICE_HOST";

/// File name of the device host.
const HOST_NAME: &str = "fafnir-device-host";

/// Returns the program that owns a device and its driver: what `FAFNIR_DEVICE_HOST` names, else
/// `fafnir-device-host` beside the running program, if it is there.
pub fn host_program() -> Option<PathBuf> {
    if let Some(named) = env::var_os(HOST_VARIABLE).filter(|value| !value.is_empty()) {
        return Some(named.into());
    }
    let beside = env::current_exe().ok()?.with_file_name(HOST_NAME);
    beside.is_file().then_some(beside)
}
