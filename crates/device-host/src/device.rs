//! The devices of the one driver in sight.

use std::ptr;

use anyhow::{Context, Result, bail};
use fafnir_fpga_hal::{
    device::{Contract, DeviceInfo},
    extend, pairhmm,
};
use ocl::{
    Device, Platform,
    core::{self, DeviceInfo as Query, DeviceInfoResult as Answer, Status},
    ffi,
};

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
    let text = |query| device.info(query).map(|answer| answer.to_string());
    let (Answer::MaxComputeUnits(compute_units), Answer::GlobalMemSize(memory)) = (
        device.info(Query::MaxComputeUnits)?,
        device.info(Query::GlobalMemSize)?,
    ) else {
        bail!("the driver does not tell the size of device {index}");
    };
    let Answer::MaxMemAllocSize(largest_buffer) = device.info(Query::MaxMemAllocSize)? else {
        bail!("the driver does not tell the largest buffer of device {index}");
    };
    Ok(DeviceInfo {
        index,
        platform: platform.name().context("a platform without a name")?,
        name: device.name()?,
        vendor: device.vendor()?,
        version: text(Query::Version)?,
        driver: text(Query::DriverVersion)?,
        compute_units,
        memory,
        largest_buffer,
        contracts: contracts(device)?,
    })
}

/// Returns the kernels whose contract the device's arithmetic can keep.
fn contracts(device: Device) -> Result<Vec<Contract>> {
    let mut contracts = Vec::new();
    let mut offer = |kernel: &str, version| {
        contracts.push(Contract {
            kernel: kernel.to_owned(),
            version,
        });
    };
    if let Answer::EndianLittle(true) = device.info(Query::EndianLittle)? {
        offer("extend", extend::CONTRACT);
        let needed = core::FP_DENORM | core::FP_ROUND_TO_NEAREST;
        if let Answer::SingleFpConfig(floats) = device.info(Query::SingleFpConfig)?
            && floats.contains(needed)
        {
            offer("pairhmm", pairhmm::CONTRACT);
        }
    }
    Ok(contracts)
}
