use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::{DeviceError, DeviceInfo, Kind, client::read_json, deadline::Deadline, host::Host};

/// Builds the kernels from source, for device `index` of the driver that the file `icd` names, in a
/// process of the program `host`; returns the device and the program that
/// [`Device::open`](super::Device::open) takes for devices like it.
///
/// # Errors
///
/// Those of [`Device::open`](super::Device::open).
pub fn compile(
    host: &Path,
    icd: &Path,
    index: usize,
    limit: Duration,
) -> Result<(DeviceInfo, Vec<u8>), DeviceError> {
    let deadline = Deadline::new(Instant::now(), limit);
    let host = Host::start(host, &["compile", &index.to_string()], icd)?;
    host.send_program(&[])?;
    let info = read_json(&host, Kind::Hello, deadline)?;
    let binary = host.expect(Kind::Binary, deadline)?;
    Ok((info, binary.payload))
}
