//! The OpenCL devices of this machine, each behind a process of its own.

use std::{path::Path, str::FromStr, time::Duration};

use anyhow::{Result, bail};
use fafnir_fpga_hal::device::{self, Device, DeviceInfo, DeviceKind};
use serde::Serialize;

use crate::report::Row;

/// How long a device may take to build its kernels, or for a batch.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

const NO_HOST: &str = "no device: fafnir-device-host is neither beside this program nor named by \
                       FAFNIR_DEVICE_HOST";

/// Which devices to measure.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Choice {
    All,
    None,
    /// Those that answer to this.
    Named(String),
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("give a device's name, all or none".to_owned()),
            "all" => Ok(Self::All),
            "none" => Ok(Self::None),
            name => Ok(Self::Named(
                name.strip_prefix("opencl:").unwrap_or(name).to_owned(),
            )),
        }
    }
}

/// A device, for a reader of the figures.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Identity {
    /// What rows call it: `opencl:` and a name, with a number where several have that name.
    pub(crate) on: String,
    pub(crate) platform: String,
    pub(crate) name: String,
    pub(crate) kind: DeviceKind,
    pub(crate) driver: String,
    pub(crate) compute_units: u32,
    /// Whether it is the CPU in another guise: good for tests of the way to a device, and for nothing
    /// else.
    pub(crate) test_double: bool,
}

impl Identity {
    fn new(info: &DeviceInfo, others: &[OpenDevice]) -> Self {
        let name = format!("opencl:{}", info.selector());
        let is_alike = |other: &&OpenDevice| other.device.info().selector() == info.selector();
        Self {
            on: match others.iter().filter(is_alike).count() {
                0 => name,
                alike => format!("{name} {}", alike + 1),
            },
            platform: info.platform.clone(),
            name: info.name.clone(),
            kind: info.kind,
            driver: info.driver.clone(),
            compute_units: info.compute_units,
            test_double: info.kind == DeviceKind::Cpu,
        }
    }
}

/// The devices to measure, and why there are no others.
#[derive(Debug, Default)]
pub(crate) struct Devices {
    pub(crate) open: Vec<OpenDevice>,
    /// One for each driver that failed, or for none at all.
    pub(crate) notes: Vec<Row>,
}

/// A device whose kernels are built.
#[derive(Debug)]
pub(crate) struct OpenDevice {
    pub(crate) identity: Identity,
    pub(crate) device: Device,
}

impl Devices {
    /// Finds and opens devices by the program `host`, if there is one.
    ///
    /// # Errors
    ///
    /// If a device was named and none of the name is there.
    pub(crate) fn open(choice: &Choice, host: Option<&Path>) -> Result<Self> {
        let mut devices = Self::default();
        if *choice == Choice::None {
            return Ok(devices);
        }
        match host {
            Some(host) => devices.open_with(choice, host),
            None => devices.note("none", NO_HOST),
        }
        if let (Choice::Named(name), []) = (choice, devices.open.as_slice()) {
            let notes = devices.notes.iter().map(|row| {
                let note = row.note.as_deref().unwrap_or_default();
                format!("\n{}: {note}", row.on)
            });
            bail!(
                "no OpenCL device is called {name}{}",
                notes.collect::<String>()
            );
        }
        Ok(devices)
    }

    pub(crate) fn identities(&self) -> Vec<Identity> {
        self.open
            .iter()
            .map(|device| device.identity.clone())
            .collect()
    }

    fn open_with(&mut self, choice: &Choice, host: &Path) {
        let reports = match device::discover(host) {
            Ok(reports) if reports.is_empty() => {
                return self.note("none", "no device: no OpenCL driver is installed");
            }
            Ok(reports) => reports,
            Err(error) => return self.note("none", format!("drivers cannot be listed: {error}")),
        };
        for report in reports {
            let icd = report.icd.file_name().unwrap_or_default();
            match report.error {
                Some(error) => self.note(icd.to_string_lossy(), error),
                None if report.devices.is_empty() => {
                    self.note(icd.to_string_lossy(), "the driver has no device");
                }
                None => (),
            }
            for info in &report.devices {
                self.open_one(choice, host, &report.icd, info);
            }
        }
    }

    fn open_one(&mut self, choice: &Choice, host: &Path, icd: &Path, info: &DeviceInfo) {
        let identity = Identity::new(info, &self.open);
        if let Choice::Named(name) = choice
            && !info.answers_to(name)
        {
            return self.note(identity.on, format!("{}: not asked for", info.name));
        }
        match Device::open(host, icd, info.index, None, LIMIT) {
            Ok(device) => self.open.push(OpenDevice { identity, device }),
            Err(error) => self.note(identity.on, error.to_string()),
        }
    }

    fn note(&mut self, on: impl Into<String>, text: impl Into<String>) {
        self.notes.push(Row::without_figures(on).note(text));
    }
}
