//! The kernels on an open device, and the lanes that run batches on them.

mod lane;
mod memory;
mod slices;

use anyhow::{Context as _, Result, bail};
use fafnir_fpga_hal::device::DeviceInfo;
use ocl::{
    Context, Device, DeviceType, Platform, Program, Queue,
    core::{DeviceInfo as Query, DeviceInfoResult as Answer, ProgramInfo, ProgramInfoResult},
};

pub(crate) use self::lane::Lane;

const SOURCES: [&str; 2] = [
    include_str!("../kernels/extend.cl"),
    include_str!("../kernels/pairhmm.cl"),
];

/// Work items that a device takes together; one that chooses itself may take too many for its stack.
const GROUP: usize = 64;

/// The same for processors, whose work items run one after the other: fewer share their cache.
const PROCESSOR_GROUP: usize = 4;

/// A device with its kernels built.
pub(crate) struct Kernels {
    context: Context,
    device: Device,
    program: Program,
    largest_buffer: u64,
    group: usize,
}

impl Kernels {
    /// Builds the kernels from a binary, or from source.
    pub(crate) fn build(
        platform: Platform,
        device: Device,
        info: &DeviceInfo,
        binary: Option<&[u8]>,
    ) -> Result<Self> {
        let context = Context::builder()
            .platform(platform)
            .devices(device)
            .build()?;
        let binaries = binary.map(|binary| [binary]);
        let mut program = Program::builder();
        program.devices(device);
        match &binaries {
            Some(binaries) => program.binaries(binaries),
            None => program.cmplr_opt("-cl-std=CL1.2").source(SOURCES.concat()),
        };
        let program = program.build(&context)?;
        let group = match device.info(Query::Type)? {
            Answer::Type(kind) if kind.contains(DeviceType::CPU) => PROCESSOR_GROUP,
            _ => GROUP,
        };
        Ok(Self {
            context,
            device,
            program,
            largest_buffer: info.largest_buffer,
            group: group.min(device.max_wg_size()?),
        })
    }

    /// Returns the built kernels as the binary that [`Self::build`] takes, for this device and driver.
    pub(crate) fn binary(&self) -> Result<Vec<u8>> {
        let ProgramInfoResult::Binaries(mut binaries) = self.program.info(ProgramInfo::Binaries)?
        else {
            bail!("the driver does not give the kernels' binary");
        };
        binaries.pop().context("the driver gives no binary")
    }

    /// Makes a lane. Lanes of one device may be used by different threads at the same time.
    pub(crate) fn lane(&self) -> Result<Lane> {
        let queue = Queue::new(&self.context, self.device, None)?;
        Ok(Lane::new(
            queue,
            self.program.clone(),
            self.largest_buffer,
            self.group,
        ))
    }
}
