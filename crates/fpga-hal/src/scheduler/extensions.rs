use std::ops::Range;

use super::{Kernel, jobs::Jobs};
use crate::{
    backend::Backend,
    device::{Frame, FrameError},
    extend::{self, Batch, Results},
};

/// A batch of extensions.
pub(crate) struct Extensions<'a> {
    pub(crate) batch: &'a Batch,
    /// Has room for all results.
    pub(crate) out: &'a mut Results,
}

impl Jobs for Extensions<'_> {
    const KERNEL: Kernel = Kernel::Extend;

    fn len(&self) -> usize {
        self.batch.len()
    }

    fn cells(&self, jobs: Range<usize>) -> u64 {
        jobs.map(|index| self.batch.job(index).cells() as u64).sum()
    }

    fn compute(&mut self, backend: Backend, jobs: impl Iterator<Item = usize>) {
        extend::run(backend, self.batch, jobs, self.out);
    }

    fn encode(&self, jobs: Range<usize>) -> Result<Frame, FrameError> {
        extend::wire::encode(self.batch, jobs)
    }

    fn accept(&mut self, jobs: Range<usize>, answer: &Frame) -> Result<Vec<usize>, FrameError> {
        extend::wire::decode_results(self.batch, jobs, answer, self.out)
    }

    fn disagreement(&self, backend: Backend, jobs: &[usize]) -> Option<usize> {
        let mut again = Results::default();
        again.reset(self.batch.len());
        extend::run(backend, self.batch, jobs.iter().copied(), &mut again);
        jobs.iter()
            .copied()
            .find(|&index| !self.out.is_alike(&again, index))
    }
}
