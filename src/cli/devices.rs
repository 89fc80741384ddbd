//! `fafnir devices`

mod listing;
mod text;

use std::io;

use clap::Args;
use fafnir::{Class, Error, host_program};
use fafnir_fpga_hal::device::{PROBE_LIMIT, icds, probe, vendors};

use self::listing::{Cpu, Driver, Listing};
use super::say;

/// List the processor and OpenCL devices, and what each can do
///
/// Each driver is asked alone, in a process that cannot harm this one, for at most ten seconds: one
/// that crashes or hangs is reported and hides no other. FAFNIR_DRIVER_PATHS names files and
/// folders, with colons between, that drivers may use beside system libraries and cards.
#[derive(Args, Debug)]
pub(super) struct Devices {
    /// Write JSON
    ///
    /// {"format": 1, "cpu": {"model", "architecture", "cores", "instruction_sets": [{"name", "state":
    /// passed|failed|absent}], "telemetry"}, "note": why no driver could be asked, or null,
    /// "drivers": [{"icd": the file that registers it, "error": why it has no devices, or null,
    /// "devices": [{"selector": the name to use as --device opencl:NAME, "index", "platform", "name",
    /// "vendor", "kind": cpu|gpu|accelerator|other, "version", "driver", "compute_units", "memory"
    /// and "largest_buffer" in bytes, "pci": address or null, "contracts": [{"kernel", "version"}],
    /// "withheld": [{"kernel", "why"}], "sandbox": of landlock and seccomp, "telemetry",
    /// "self_test": null or {"state": passed|failed|impossible, "why": null or text}}]}]}, where
    /// "telemetry" is {"temperature_celsius", "power_watts", "energy_joules"}, each a number or null.
    /// Later versions may add keys.
    #[arg(long, verbatim_doc_comment)]
    json: bool,

    /// Open each device, build its kernels and ask questions with known answers; exit status 20 if
    /// one answers wrongly
    #[arg(long)]
    self_test: bool,
}

impl Devices {
    pub(super) fn run(&self) -> Result<(), Error> {
        let listing = self.list();
        if self.json {
            let written = serde_json::to_string_pretty(&listing);
            say(written.map_err(|error| Error::new(Class::Bug, error.to_string()))?);
        } else {
            say(text::table(&listing).trim_end());
        }
        if !self.self_test {
            return Ok(());
        }
        let failed = listing.failed();
        if failed.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            Class::Elsewhere,
            format!("wrong answers from {}: do not use it", failed.join(", ")),
        ))
    }

    fn list(&self) -> Listing {
        let cpu = Cpu::detect();
        let (drivers, note) = match self.drivers() {
            Ok(drivers) => (drivers, None),
            Err(note) => (Vec::new(), Some(note)),
        };
        Listing {
            format: listing::FORMAT,
            cpu,
            note,
            drivers,
        }
    }

    /// Asks all drivers; or returns why there are none to ask.
    fn drivers(&self) -> Result<Vec<Driver>, String> {
        let at = vendors();
        let icds = icds().map_err(|error: io::Error| {
            format!(
                "{}: cannot read the registered drivers: {error}",
                at.display()
            )
        })?;
        if icds.is_empty() {
            return Err(format!(
                "no OpenCL driver is registered in {}",
                at.display()
            ));
        }
        let host = host_program().ok_or(
            "no fafnir-device-host beside this program: install it there, or name it in \
             FAFNIR_DEVICE_HOST",
        )?;
        let mut drivers: Vec<Driver> = probe(&host, &icds, PROBE_LIMIT)
            .into_iter()
            .map(Driver::new)
            .collect();
        if self.self_test {
            listing::test(&host, &mut drivers);
        }
        Ok(drivers)
    }
}
