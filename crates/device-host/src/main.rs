//! The process that owns an OpenCL device and its driver, so that a crash is its own.
//!
//! `fafnir_fpga_hal::device` starts it, with a socket as standard input and one driver in sight:
//! `list` names that driver's devices, `serve INDEX` opens one and runs batches on it, `compile INDEX`
//! builds its kernels and sends them back. For people there is `probe`, which asks each driver of the
//! machine in a process of its own.

mod device;
mod kernels;
mod pci;
mod sandbox;
mod serve;

use std::{
    env, io, panic,
    process::{self, ExitCode},
};

use anyhow::{Context, Result, bail};
use fafnir_fpga_hal::device::{discover, serve::end_with_parent};

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
            let reports = discover(&env::current_exe()?)?;
            serde_json::to_writer_pretty(io::stdout(), &reports)?;
            println!();
            Ok(())
        }
        ["list"] => {
            confine()?;
            serve::list()
        }
        ["serve", index] => {
            confine()?;
            serve::serve(index)
        }
        ["compile", index] => {
            confine()?;
            serve::compile(index)
        }
        _ => bail!("usage: fafnir-device-host probe (all else is for fafnir itself)"),
    }
}

/// Ties this process to its parent, and leaves it no more than its driver needs.
fn confine() -> Result<()> {
    // A thread that panics would leave the others, and the parent, waiting.
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        tell(panic);
        process::abort();
    }));
    end_with_parent().context("cannot end with the parent")?;
    sandbox::enter();
    Ok(())
}
