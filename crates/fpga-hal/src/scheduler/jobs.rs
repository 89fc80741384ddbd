use std::ops::Range;

use crate::{
    backend::Backend,
    device::{Frame, FrameError},
};

/// A kernel that devices may offer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kernel {
    Extend,
    Pairhmm,
}

/// A batch whose jobs any backend may compute, each at any time, and room for their results.
pub(crate) trait Jobs {
    const KERNEL: Kernel;

    fn len(&self) -> usize;

    /// Cells of the dynamic programme: what the time is proportional to.
    fn cells(&self, jobs: Range<usize>) -> u64;

    /// Computes jobs on the CPU.
    fn compute(&mut self, backend: Backend, jobs: impl Iterator<Item = usize>);

    /// Makes the question to a device.
    fn encode(&self, jobs: Range<usize>) -> Result<Frame, FrameError>;

    /// Takes a device's results that can be those of their jobs; returns the jobs that it left to the
    /// CPU.
    fn accept(&mut self, jobs: Range<usize>, answer: &Frame) -> Result<Vec<usize>, FrameError>;

    /// Computes jobs again, and returns the first whose accepted result is another.
    fn disagreement(&self, backend: Backend, jobs: &[usize]) -> Option<usize>;
}
