use anyhow::{Result, bail};
use fafnir_fpga_hal::{
    device::{Frame, Kind},
    extend::wire::{self as extend, LEFT, PATH_SLOT, RESULT_FIELDS},
    pairhmm::wire as pairhmm,
};
use ocl::{Buffer, Kernel, Program, Queue, builders::KernelBuilder, prm::Int2};

use super::{
    memory::Memory,
    slices::{Item, Limits, Slice, slices},
};

/// The most working memory of a slice and kind, in bytes.
const BUDGET: u64 = 256 << 20;

/// The most rows and directions a row of an extension with traceback; larger ones are left to the
/// processor. A work-group of such has 32 MiB of directions.
const MAX_PATH_ROWS: usize = 1024;
const MAX_PATH_WIDTH: usize = 512;

/// The most cells of an extension: one work item computes them all, at perhaps 10^8 a second.
const MAX_CELLS: usize = 1 << 24;

/// Floats for each column of a PairHMM.
const PAIRHMM_COLUMN: usize = 3;

/// A queue of a device with memory of its own.
pub(crate) struct Lane {
    queue: Queue,
    program: Program,
    group: usize,
    budget: usize,
    batch: Memory<u8>,
    order: Memory<u32>,
    groups: Memory<u32>,
    columns: Memory<Int2>,
    directions: Memory<u8>,
    found: Memory<i32>,
    paths: Memory<u32>,
    floats: Memory<f32>,
    sums: Memory<f32>,
}

impl Lane {
    /// Makes one that runs `group` work items together.
    pub(super) fn new(queue: Queue, program: Program, largest_buffer: u64, group: usize) -> Self {
        Self {
            program,
            group,
            budget: largest_buffer.min(BUDGET) as usize,
            batch: Memory::new(&queue, largest_buffer),
            order: Memory::new(&queue, largest_buffer),
            groups: Memory::new(&queue, largest_buffer),
            columns: Memory::new(&queue, largest_buffer),
            directions: Memory::new(&queue, largest_buffer),
            found: Memory::new(&queue, largest_buffer),
            paths: Memory::new(&queue, largest_buffer),
            floats: Memory::new(&queue, largest_buffer),
            sums: Memory::new(&queue, largest_buffer),
            queue,
        }
    }

    /// Runs a batch and returns the frame of its results.
    pub(crate) fn run(&mut self, frame: &Frame) -> Result<Frame> {
        match frame.kind {
            Kind::Extend => self.extend(frame),
            Kind::Pairhmm => self.pairhmm(frame),
            kind => bail!("a host is not sent {kind:?}"),
        }
    }

    fn extend(&mut self, frame: &Frame) -> Result<Frame> {
        let sizes = extend::check(frame)?;
        let count = sizes.len();
        let has_paths = sizes.iter().any(|size| size.traceback);
        let mut found = vec![0; RESULT_FIELDS * count];
        let mut paths = vec![0; if has_paths { PATH_SLOT * count } else { 0 }];
        let mut items = Vec::with_capacity(count);
        let mut left = Vec::new();
        for (job, size) in (0..).zip(&sizes) {
            if fits(size) {
                items.push(Item {
                    job,
                    rows: size.rows,
                    columns: size.columns + 1,
                    directions: if size.traceback { size.width } else { 0 },
                });
            } else {
                left.push(job as usize);
            }
        }
        let limits = Limits {
            columns: self.budget / size_of::<Int2>(),
            directions: self.budget,
        };
        let batch = self.batch.write(&frame.payload)?;
        let all_found = self.found.room(found.len())?;
        let all_paths = self.paths.room(paths.len())?;
        for slice in slices(items, self.group, limits) {
            let mut kernel = Kernel::builder();
            kernel
                .program(&self.program)
                .queue(self.queue.clone())
                .name("extend")
                .arg(batch)
                .arg(frame.count)
                .arg(self.order.write(&slice.order)?)
                .arg(slice.order.len() as u32)
                .arg(self.groups.write(&slice.groups)?)
                .arg(self.columns.room(self.group * slice.columns)?)
                .arg(self.directions.room(self.group * slice.directions)?)
                .arg(all_found)
                .arg(all_paths);
            start(&mut kernel, &slice, self.group)?;
        }
        read(all_found, &mut found)?;
        read(all_paths, &mut paths)?;
        let operations = &mut found[(RESULT_FIELDS - 1) * count..];
        for job in left {
            operations[job] = LEFT;
        }
        Ok(extend::encode_results(&found, &paths)?)
    }

    fn pairhmm(&mut self, frame: &Frame) -> Result<Frame> {
        let sizes = pairhmm::check(frame)?;
        let mut sums = vec![0.0; sizes.len()];
        let items = (0..).zip(&sizes).map(|(job, size)| Item {
            job,
            rows: size.rows,
            columns: size.columns,
            directions: 0,
        });
        let limits = Limits {
            columns: self.budget / (PAIRHMM_COLUMN * size_of::<f32>()),
            directions: 0,
        };
        let batch = self.batch.write(&frame.payload)?;
        let all_sums = self.sums.room(sums.len())?;
        for slice in slices(items.collect(), self.group, limits) {
            let floats = PAIRHMM_COLUMN * self.group * slice.columns;
            let mut kernel = Kernel::builder();
            kernel
                .program(&self.program)
                .queue(self.queue.clone())
                .name("pairhmm")
                .arg(batch)
                .arg(frame.count)
                .arg(self.order.write(&slice.order)?)
                .arg(slice.order.len() as u32)
                .arg(self.groups.write(&slice.groups)?)
                .arg(self.floats.room(floats)?)
                .arg(all_sums);
            start(&mut kernel, &slice, self.group)?;
        }
        read(all_sums, &mut sums)?;
        Ok(pairhmm::encode_results(&sums)?)
    }
}

/// Returns whether the device computes an extension of this size.
fn fits(size: &extend::Size) -> bool {
    size.rows * size.width <= MAX_CELLS
        && (!size.traceback || (size.rows <= MAX_PATH_ROWS && size.width <= MAX_PATH_WIDTH))
}

/// Starts a kernel, one work item a job.
fn start(kernel: &mut KernelBuilder<'_>, slice: &Slice, group: usize) -> Result<()> {
    let kernel = kernel
        .global_work_size(slice.order.len().next_multiple_of(group))
        .local_work_size(group)
        .build()?;
    // SAFETY: the batch's layout and every index in it were checked, the buffers are as large as the
    // kernel's own description of them says, and work items beyond the jobs return at once.
    #[allow(unsafe_code)]
    unsafe {
        kernel.enq()?;
    }
    Ok(())
}

/// Waits for the kernels before it and reads the start of a buffer.
fn read<T: ocl::OclPrm>(buffer: &Buffer<T>, values: &mut [T]) -> Result<()> {
    if !values.is_empty() {
        buffer.read(values).enq()?;
    }
    Ok(())
}
