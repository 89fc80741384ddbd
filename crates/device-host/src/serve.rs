use std::os::unix::net::UnixStream;

use anyhow::Result;
use fafnir_fpga_hal::device::{Frame, FrameError, Kind};

use crate::{device, kernels::Kernels};

/// Opens a device and runs batches on it until the other side says goodbye or is gone.
pub(crate) fn serve(socket: &mut UnixStream, index: usize) -> Result<()> {
    let (platform, device, info) = device::find(index)?;
    let mut lane = Kernels::build(platform, device, &info, None)?.lane()?;
    Frame::message(Kind::Hello, serde_json::to_vec(&info)?).write_to(socket)?;
    loop {
        let frame = match Frame::read_from(socket) {
            Err(FrameError::Closed) => return Ok(()),
            frame => frame?,
        };
        let results = match frame.kind {
            Kind::Bye => return Ok(()),
            _ => lane.run(&frame),
        };
        results
            .unwrap_or_else(|error| Frame::message(Kind::Refused, format!("{error:#}")))
            .write_to(socket)?;
    }
}
