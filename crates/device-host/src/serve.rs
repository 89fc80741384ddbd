use std::{sync::mpsc, thread};

use anyhow::{Context, Result};
use fafnir_fpga_hal::device::{
    DeviceInfo, Frame, SLOTS,
    serve::{self, Connection},
    slot_of,
};

use crate::{
    device,
    kernels::{Kernels, Lane},
};

const NO_PARENT: &str = "standard input is not a socket to fafnir";

/// Names the driver's devices.
pub(crate) fn list() -> Result<()> {
    let devices = device::list().map_err(|error| format!("{error:#}"));
    serve::list(devices).context(NO_PARENT)
}

/// Builds the kernels for a device and sends them as binary.
pub(crate) fn compile(index: &str) -> Result<()> {
    let Some((connection, kernels)) = accept(index)? else {
        return Ok(());
    };
    match kernels.binary() {
        Ok(binary) => connection.binary(binary)?,
        Err(error) => connection.refuse(0, format!("{error:#}"))?,
    }
    Ok(())
}

/// Opens a device and runs batches on it, each slot's on a lane of its own, until the other side says
/// goodbye or is gone.
pub(crate) fn serve(index: &str) -> Result<()> {
    let Some((connection, kernels)) = accept(index)? else {
        return Ok(());
    };
    thread::scope(|scope| {
        let mut lanes = Vec::new();
        for _ in 0..SLOTS {
            let mut lane = kernels.lane()?;
            let (ask, asked) = mpsc::channel::<(u32, Frame)>();
            let connection = &connection;
            scope.spawn(move || {
                // An answer that cannot be sent has no reader: the thread below learns of it.
                while let Ok((number, batch)) = asked.recv()
                    && answer(connection, &mut lane, number, &batch).is_ok()
                {}
            });
            lanes.push(ask);
        }
        while let Some(question) = connection.next()? {
            if lanes[slot_of(question.0)].send(question).is_err() {
                break;
            }
        }
        Ok(())
    })
}

fn answer(connection: &Connection, lane: &mut Lane, number: u32, batch: &Frame) -> Result<()> {
    match lane.run(batch) {
        Ok(results) => connection.answer(number, &results)?,
        Err(error) => connection.refuse(number, format!("{error:#}"))?,
    }
    Ok(())
}

/// Takes the program from the parent and opens the device with it, or says why that cannot be.
fn accept(index: &str) -> Result<Option<(Connection, Kernels)>> {
    let (connection, program) = Connection::accept().context(NO_PARENT)?;
    match open(index, &program) {
        Ok((kernels, info)) => {
            connection.hello(&info)?;
            Ok(Some((connection, kernels)))
        }
        Err(error) => {
            connection.refuse(0, format!("{error:#}"))?;
            Ok(None)
        }
    }
}

fn open(index: &str, program: &[u8]) -> Result<(Kernels, DeviceInfo)> {
    let binary = (!program.is_empty()).then_some(program);
    let (platform, device, info) = device::find(index.parse()?)?;
    Ok((Kernels::build(platform, device, &info, binary)?, info))
}
