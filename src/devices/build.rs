//! Kernel packages built here, by a device's own driver.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use fafnir_attest::key::SigningKey;
use fafnir_fpga_hal::device::{DeviceInfo, compile, discover};

use super::{
    host_program,
    package::{DevicePattern, KernelPackage, refuse_existing},
};
use crate::{Class, Error, VERSION};

/// How long a driver may take to build the kernels.
const BUILD_LIMIT: Duration = Duration::from_secs(300);

/// Builds the kernels from source for the device that `name` means, `opencl:` before it or not, and
/// writes a package for devices of that name, platform and driver version as the new folder `folder`.
///
/// # Errors
///
/// [`Class::Usage`] for a name of several devices, and those of [`KernelPackage::write`];
/// [`Class::Elsewhere`] without a device host or such a device, or if its driver fails.
pub fn build_kernels(name: &str, folder: &Path, key: &SigningKey) -> Result<KernelPackage, Error> {
    let elsewhere = |message| Error::new(Class::Elsewhere, message);
    let host = host_program().ok_or_else(|| {
        elsewhere(
            "no fafnir-device-host beside this program; install it there, or name it in \
             FAFNIR_DEVICE_HOST"
                .to_owned(),
        )
    })?;
    refuse_existing(folder)?;
    let (icd, device) = find(&host, name)?;
    let (device, binary) = compile(&host, &icd, device.index, BUILD_LIMIT).map_err(|error| {
        elsewhere(format!(
            "{}: cannot build the kernels: {error}",
            device.name
        ))
    })?;
    let pattern = DevicePattern {
        name: device.name,
        platform: Some(device.platform),
        driver: Some(device.driver),
    };
    let mut package = KernelPackage::new("kernels.bin", &binary, pattern, device.contracts)?;
    package.tools = [
        ("fafnir".to_owned(), VERSION.to_owned()),
        ("opencl".to_owned(), device.version),
    ]
    .into();
    package.write(&binary, folder, key)
}

/// Finds the device that answers to a name, and its driver. Of several that one package fits, the
/// first.
fn find(host: &Path, name: &str) -> Result<(PathBuf, DeviceInfo), Error> {
    let name = name.strip_prefix("opencl:").unwrap_or(name);
    let reports = discover(host).map_err(|error| {
        Error::new(
            Class::Elsewhere,
            format!("cannot list the OpenCL drivers: {error}"),
        )
    })?;
    let mut found: Vec<(PathBuf, DeviceInfo)> = Vec::new();
    let mut others = Vec::new();
    for report in reports {
        if let Some(error) = report.error {
            others.push(format!("{}: {error}", report.icd.display()));
        }
        for device in report.devices {
            if device.answers_to(name) {
                found.push((report.icd.clone(), device));
            } else {
                others.push(device.name);
            }
        }
    }
    let alike = |a: &DeviceInfo, b: &DeviceInfo| {
        (&a.name, &a.platform, &a.driver) == (&b.name, &b.platform, &b.driver)
    };
    if let Some((_, other)) = found.iter().find(|(_, device)| !alike(device, &found[0].1)) {
        return Err(Error::usage(format!(
            "{name:?} means {:?} and {:?}; give more of the name",
            found[0].1.name, other.name
        )));
    }
    found.into_iter().next().ok_or_else(|| {
        let message = format!("no OpenCL device {name:?}; found: [{}]", others.join("; "));
        Error::new(Class::Elsewhere, message)
    })
}
