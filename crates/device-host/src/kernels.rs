//! The kernels on an open device.

use anyhow::{Result, bail};
use fafnir_fpga_hal::{
    device::{DeviceInfo, Frame},
    extend, pairhmm,
};
use ocl::{
    Buffer, Context, Device, Kernel, MemFlags, OclPrm, Platform, Program, Queue,
    builders::KernelBuilder,
};

const SOURCES: [&str; 2] = [
    include_str!("../kernels/extend.cl"),
    include_str!("../kernels/pairhmm.cl"),
];

/// Work items that a device takes together; one that chooses itself may take too many for its stack.
const GROUP: usize = 64;

/// Words of working memory for each base of an extension, and floats for each column of a PairHMM.
const EXTEND_CELL: usize = 2;
const PAIRHMM_CELL: usize = 3;

/// A device with its kernels built.
pub(crate) struct Kernels {
    queue: Queue,
    program: Program,
    largest_buffer: u64,
    group: usize,
}

impl Kernels {
    /// Builds the kernels from source.
    pub(crate) fn build(platform: Platform, device: Device, info: &DeviceInfo) -> Result<Self> {
        let context = Context::builder()
            .platform(platform)
            .devices(device)
            .build()?;
        let program = Program::builder()
            .devices(device)
            .cmplr_opt("-cl-std=CL1.2")
            .source(SOURCES.concat())
            .build(&context)?;
        Ok(Self {
            queue: Queue::new(&context, device, None)?,
            program,
            largest_buffer: info.largest_buffer,
            group: GROUP.min(device.max_wg_size()?),
        })
    }

    /// Runs a batch of extensions and returns the frame of its results.
    pub(crate) fn extend(&self, frame: &Frame) -> Result<Frame> {
        let bases = extend::wire::check(frame)?;
        let count = frame.count as usize;
        let mut found = vec![0; extend::wire::result_words(count)];
        if count > 0 {
            let batch = self.input(&frame.payload)?;
            let cells = self.buffer::<i32>(EXTEND_CELL * (bases + count))?;
            let results = self.buffer::<i32>(found.len())?;
            let mut kernel = Kernel::builder();
            kernel
                .name("extend")
                .arg(&batch)
                .arg(frame.count)
                .arg(&cells)
                .arg(&results);
            self.run(&mut kernel, count)?;
            results.read(&mut found).enq()?;
        }
        Ok(extend::wire::encode_results(count, &found)?)
    }

    /// Runs a batch of PairHMM pairs and returns the frame of its results.
    pub(crate) fn pairhmm(&self, frame: &Frame) -> Result<Frame> {
        let columns = pairhmm::wire::check(frame)?;
        let mut sums = vec![0.0; columns.len()];
        if !columns.is_empty() {
            let batch = self.input(&frame.payload)?;
            let mut end = 0;
            let starts = columns.iter().map(|&columns| {
                let start = end;
                end += u64::from(columns);
                start
            });
            let starts = self.input(&starts.collect::<Vec<u64>>())?;
            let cells = self.buffer::<f32>(PAIRHMM_CELL * end as usize)?;
            let results = self.buffer::<f32>(sums.len())?;
            let mut kernel = Kernel::builder();
            kernel
                .name("pairhmm")
                .arg(&batch)
                .arg(frame.count)
                .arg(&starts)
                .arg(&cells)
                .arg(&results);
            self.run(&mut kernel, sums.len())?;
            results.read(&mut sums).enq()?;
        }
        Ok(pairhmm::wire::encode_results(&sums)?)
    }

    fn input<T: OclPrm>(&self, values: &[T]) -> Result<Buffer<T>> {
        let buffer = self.buffer(values.len())?;
        buffer.write(values).enq()?;
        Ok(buffer)
    }

    /// Makes a buffer on the device; OpenCL has none that are empty.
    fn buffer<T: OclPrm>(&self, len: usize) -> Result<Buffer<T>> {
        let bytes = len.max(1) * size_of::<T>();
        if bytes as u64 > self.largest_buffer {
            let largest = self.largest_buffer;
            bail!("the batch needs a buffer of {bytes} bytes, the device has {largest}: split it");
        }
        Ok(Buffer::builder()
            .queue(self.queue.clone())
            .flags(MemFlags::new().read_write())
            .len(len.max(1))
            .build()?)
    }

    /// Runs one work item a job.
    fn run<'a>(&'a self, kernel: &mut KernelBuilder<'a>, jobs: usize) -> Result<()> {
        let kernel = kernel
            .program(&self.program)
            .queue(self.queue.clone())
            .global_work_size(jobs.next_multiple_of(self.group))
            .local_work_size(self.group)
            .build()?;
        // SAFETY: the batch's layout and every index in it were checked, the buffers are as large as
        // the kernel's own description of them says, and work items beyond the jobs return at once.
        #[allow(unsafe_code)]
        unsafe {
            kernel.enq()?;
        }
        Ok(())
    }
}
