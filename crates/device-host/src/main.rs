//! The process that owns an OpenCL device and its driver, so that a crash is its own.
//!
//! `fafnir_fpga_hal::device` starts it, with a socket as standard input and one driver in sight:
//! `list` names that driver's devices, `serve INDEX` opens one and runs batches on it. For people there
//! is `probe`, which asks each driver of the machine in a process of its own.

mod device;
mod kernels;
mod pci;
mod sandbox;
mod serve;

use std::{env, io, os::fd::AsFd, os::unix::net::UnixStream, process::ExitCode, time::Duration};

use anyhow::{Context, Result, bail};
use fafnir_fpga_hal::device::{Frame, Kind, icds, probe};

/// How long a driver may take to name its devices.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fafnir-device-host: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["probe"] => {
            let reports = probe(&env::current_exe()?, &icds()?, PROBE_LIMIT);
            serde_json::to_writer_pretty(io::stdout(), &reports)?;
            println!();
            Ok(())
        }
        ["list"] => answer(|socket| {
            let devices = serde_json::to_vec(&device::list()?)?;
            Ok(Frame::message(Kind::Devices, devices).write_to(socket)?)
        }),
        ["serve", index] => answer(|socket| serve::serve(socket, index.parse()?)),
        _ => bail!("usage: fafnir-device-host probe (list and serve are for fafnir itself)"),
    }
}

/// Runs `work` on the socket; an error of it is told to the other side.
fn answer(work: impl FnOnce(&mut UnixStream) -> Result<()>) -> Result<()> {
    let socket = io::stdin().as_fd().try_clone_to_owned();
    let mut socket = UnixStream::from(socket.context("no standard input")?);
    sandbox::enter();
    work(&mut socket).or_else(|error| {
        let refusal = Frame::message(Kind::Refused, format!("{error:#}"));
        refusal
            .write_to(&mut socket)
            .context("standard input is not a socket to fafnir")
            .context(error)
    })
}
