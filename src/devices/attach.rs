//! Opens the devices that a run may use.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use fafnir_attest::{InputProof, Verified, key::VerifyingKey};
use fafnir_fpga_hal::{
    Checked, Hal, Policy, Usage,
    device::{self, Device, DeviceInfo, DeviceKind},
};

use super::{
    host_program,
    package::{KernelPackage, LoadedPackage},
};
use crate::{
    error::Error,
    options::{DeviceChoice, DeviceOptions},
};

/// How long a device may take to build its kernels; a card is programmed in seconds.
const OPEN_LIMIT: Duration = Duration::from_secs(120);

/// Backends with their devices, and how that went.
pub(crate) struct Attached {
    pub(crate) hal: Hal,
    /// Of the kernel packages in use.
    pub(crate) proofs: Vec<InputProof>,
    /// Why devices that might have been used are not.
    pub(crate) warnings: Vec<String>,
}

/// Gives `hal` the devices that `options` choose. A device that is not there, or cannot be opened, is
/// a warning: the CPU does its work.
///
/// # Errors
///
/// A kernel package that is not what it must be, or not signed by a trusted key.
pub(crate) fn attach(hal: Hal, options: &DeviceOptions) -> Result<Attached, Error> {
    let mut attached = Attached {
        hal,
        proofs: Vec::new(),
        warnings: Vec::new(),
    };
    let packages = open_packages(options)?;
    if options.choice == DeviceChoice::Cpu {
        return Ok(attached);
    }
    let named = match &options.choice {
        DeviceChoice::OpenCl(name) => Some(name.as_str()),
        _ => None,
    };
    let Some(host) = options.host.clone().or_else(host_program) else {
        if named.is_some() {
            attached.warnings.push(
                "no device is used: the program fafnir-device-host is not beside this one; install \
                 it there, or name it in FAFNIR_DEVICE_HOST"
                    .into(),
            );
        }
        return Ok(attached);
    };
    let found = find(&host, named, &mut attached.warnings);
    let mut devices = Vec::new();
    for (icd, info) in found {
        let package = packages
            .iter()
            .find(|package| package.get().description().matches(&info));
        // Nothing can be built for these but by their makers' tools, hours before.
        if info.kind == DeviceKind::Accelerator && package.is_none() {
            attached.warnings.push(format!(
                "opencl:{} is not used: none of the kernel packages is for it",
                info.name
            ));
            continue;
        }
        let binary = package.map(|package| package.get().binary());
        match Device::open(&host, &icd, info.index, binary, OPEN_LIMIT) {
            Ok(device) => {
                devices.push(device);
                attached
                    .proofs
                    .extend(package.map(|package| package.proof().clone()));
            }
            Err(error) => attached
                .warnings
                .push(format!("opencl:{} is not used: {error}", info.name)),
        }
    }
    if !devices.is_empty() {
        attached.hal = attached.hal.with_devices(devices, policy(options));
    }
    Ok(attached)
}

fn policy(options: &DeviceOptions) -> Policy {
    Policy {
        usage: match options.choice {
            DeviceChoice::OpenCl(_) => Usage::Always,
            _ => Usage::WhenFaster,
        },
        checked: match options.paranoid {
            true => Checked::All,
            false => Checked::Sampled,
        },
        ..Policy::default()
    }
}

fn open_packages(options: &DeviceOptions) -> Result<Vec<Verified<LoadedPackage>>, Error> {
    if options.packages.is_empty() {
        return Ok(Vec::new());
    }
    let keys = VerifyingKey::load_trusted(&options.package_keys)?;
    let open = |folder: &PathBuf| KernelPackage::open(folder, &keys);
    options.packages.iter().map(open).collect()
}

/// Returns the devices of that name, or all that are not a processor: for those there is better than
/// OpenCL.
fn find(
    host: &Path,
    named: Option<&str>,
    warnings: &mut Vec<String>,
) -> Vec<(PathBuf, DeviceInfo)> {
    let reports = device::discover(host).unwrap_or_else(|error| {
        warnings.push(format!(
            "no device is used: cannot list OpenCL drivers: {error}"
        ));
        Vec::new()
    });
    let mut found = Vec::new();
    for report in reports {
        if let Some(error) = report.error {
            let icd = report.icd.display();
            warnings.push(format!("the OpenCL driver {icd} is not used: {error}"));
        }
        let wanted = |info: &DeviceInfo| match named {
            Some(name) => info.answers_to(name),
            None => info.kind != DeviceKind::Cpu,
        };
        let devices = report.devices.into_iter().filter(wanted);
        found.extend(devices.map(|info| (report.icd.clone(), info)));
    }
    if let (Some(name), true) = (named, found.is_empty()) {
        warnings.push(format!(
            "opencl:{name} is not used: there is no such device; see fafnir devices"
        ));
    }
    found
}
