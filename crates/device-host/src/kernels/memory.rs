use anyhow::{Result, bail};
use ocl::{Buffer, MemFlags, OclPrm, Queue};

/// Memory of a lane on the device: grown when needed, kept from batch to batch, and zeroed before it is
/// given back, since reads are personal data.
pub(super) struct Memory<T: OclPrm> {
    queue: Queue,
    largest: usize,
    buffer: Option<Buffer<T>>,
}

impl<T: OclPrm> Memory<T> {
    /// Makes one without memory, that will have `largest` bytes at most.
    pub(super) fn new(queue: &Queue, largest: u64) -> Self {
        Self {
            queue: queue.clone(),
            largest: usize::try_from(largest).unwrap_or(usize::MAX) / size_of::<T>(),
            buffer: None,
        }
    }

    /// Returns a buffer of `len` values or more, which hold anything.
    pub(super) fn room(&mut self, len: usize) -> Result<&Buffer<T>> {
        let buffer = match self.buffer.take() {
            Some(buffer) if buffer.len() >= len => buffer,
            old => {
                self.buffer = old;
                self.clear()?;
                self.allocate(len)?
            }
        };
        Ok(self.buffer.insert(buffer))
    }

    /// Returns a buffer that starts with `values`.
    pub(super) fn write(&mut self, values: &[T]) -> Result<&Buffer<T>> {
        let buffer = self.room(values.len())?;
        if !values.is_empty() {
            buffer.write(values).enq()?;
        }
        Ok(buffer)
    }

    fn allocate(&self, len: usize) -> Result<Buffer<T>> {
        if len > self.largest {
            let size = size_of::<T>();
            bail!(
                "the batch needs a buffer of {} bytes, the device has {}: split it",
                len * size,
                self.largest * size
            );
        }
        // OpenCL has no empty buffers; the next batch may be a little larger.
        let len = len.max(1).saturating_add(len / 4).min(self.largest);
        Ok(Buffer::builder()
            .queue(self.queue.clone())
            .flags(MemFlags::new().read_write())
            .len(len)
            .build()?)
    }

    fn clear(&mut self) -> Result<()> {
        if let Some(buffer) = self.buffer.take() {
            buffer.cmd().fill(T::default(), None).enq()?;
            self.queue.finish()?;
        }
        Ok(())
    }
}

impl<T: OclPrm> Drop for Memory<T> {
    fn drop(&mut self) {
        // A device that fails here is lost, and its driver clears what it had.
        let _ = self.clear();
    }
}
