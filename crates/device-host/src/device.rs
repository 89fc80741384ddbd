//! The devices of the one driver in sight.

use std::ptr;

use anyhow::{Context, Result, bail};
use fafnir_fpga_hal::{
    device::{Contract, DeviceInfo, DeviceKind, Withheld},
    extend, pairhmm,
};
use ocl::{
    Device, Platform,
    core::{
        self, DeviceFpConfig as FpConfig, DeviceInfo as Query, DeviceInfoResult as Answer,
        DeviceType, Status,
    },
    ffi,
};

use crate::{pci, sandbox};

/// Returns what each device says of itself.
pub(crate) fn list() -> Result<Vec<DeviceInfo>> {
    let describe = |(index, (platform, device))| describe(index, platform, device);
    devices()?.into_iter().enumerate().map(describe).collect()
}

/// Returns a device and its platform.
pub(crate) fn find(index: usize) -> Result<(Platform, Device, DeviceInfo)> {
    let devices = devices()?;
    let Some(&(platform, device)) = devices.get(index) else {
        bail!(
            "there is no device {index}: the driver has {}",
            devices.len()
        );
    };
    Ok((platform, device, describe(index, platform, device)?))
}

fn devices() -> Result<Vec<(Platform, Device)>> {
    let mut devices = Vec::new();
    if count_platforms()? > 0 {
        for platform in core::get_platform_ids()? {
            let platform = Platform::new(platform);
            // A platform without a device is an error in OpenCL.
            let found = Device::list_all(platform).unwrap_or_default();
            devices.extend(found.into_iter().map(|device| (platform, device)));
        }
    }
    Ok(devices)
}

/// Counts platforms without `ocl`, which tries for ten seconds when there is none, and then panics.
fn count_platforms() -> Result<u32> {
    let mut count = 0;
    // SAFETY: room for no platform is given, and a valid pointer for their number.
    #[allow(unsafe_code)]
    let code = unsafe { ffi::clGetPlatformIDs(0, ptr::null_mut(), &mut count) };
    match code {
        0 => Ok(count),
        code if code == Status::CL_PLATFORM_NOT_FOUND_KHR as i32 => Ok(0),
        code => bail!("the OpenCL loader cannot list platforms: error {code}"),
    }
}

fn describe(index: usize, platform: Platform, device: Device) -> Result<DeviceInfo> {
    let (Answer::MaxComputeUnits(compute_units), Answer::GlobalMemSize(memory)) = (
        device.info(Query::MaxComputeUnits)?,
        device.info(Query::GlobalMemSize)?,
    ) else {
        bail!("the driver does not tell the size of device {index}");
    };
    let Answer::MaxMemAllocSize(largest_buffer) = device.info(Query::MaxMemAllocSize)? else {
        bail!("the driver does not tell the largest buffer of device {index}");
    };
    let (contracts, withheld) = contracts(device)?;
    Ok(DeviceInfo {
        index,
        platform: platform.name().context("a platform without a name")?,
        name: device.name()?,
        vendor: device.vendor()?,
        kind: kind(device)?,
        version: version(device)?,
        driver: device.info(Query::DriverVersion)?.to_string(),
        compute_units,
        memory,
        largest_buffer,
        pci: pci::address(device),
        contracts,
        withheld,
        sandbox: sandbox::guards().to_vec(),
    })
}

/// Returns the version as the driver writes it, of which the bindings drop the driver's name.
fn version(device: Device) -> Result<String> {
    let version = core::get_device_info_raw(device, Query::Version as u32)?;
    let version = String::from_utf8_lossy(&version);
    Ok(version.trim_end_matches('\0').trim().to_owned())
}

fn kind(device: Device) -> Result<DeviceKind> {
    let Answer::Type(kind) = device.info(Query::Type)? else {
        bail!("the driver does not tell the kind of a device");
    };
    // One of the first three may be the platform's default, too.
    Ok(if kind.contains(DeviceType::ACCELERATOR) {
        DeviceKind::Accelerator
    } else if kind.contains(DeviceType::GPU) {
        DeviceKind::Gpu
    } else if kind.contains(DeviceType::CPU) {
        DeviceKind::Cpu
    } else {
        DeviceKind::Other
    })
}

/// Returns the kernels whose contract the device's arithmetic can keep, and those that it cannot.
fn contracts(device: Device) -> Result<(Vec<Contract>, Vec<Withheld>)> {
    let little_endian = matches!(
        device.info(Query::EndianLittle)?,
        Answer::EndianLittle(true)
    );
    let floats = match device.info(Query::SingleFpConfig)? {
        Answer::SingleFpConfig(floats) => floats,
        _ => FpConfig::empty(),
    };
    let byte_order = (little_endian, "little-endian numbers");
    let subnormals = (floats.contains(core::FP_DENORM), "subnormal f32");
    let rounding = (
        floats.contains(core::FP_ROUND_TO_NEAREST),
        "rounding of f32 to nearest",
    );
    let kernels = [
        ("extend", extend::CONTRACT, &[byte_order][..]),
        (
            "pairhmm",
            pairhmm::CONTRACT,
            &[byte_order, subnormals, rounding],
        ),
    ];
    let mut contracts = Vec::new();
    let mut withheld = Vec::new();
    for (kernel, version, needed) in kernels {
        let kernel = kernel.to_owned();
        match needed.iter().find(|(has, _)| !has) {
            None => contracts.push(Contract { kernel, version }),
            Some((_, what)) => withheld.push(Withheld {
                kernel,
                why: format!("the device has no {what}"),
            }),
        }
    }
    Ok((contracts, withheld))
}
