use std::ops::Range;

use super::{Kernel, jobs::Jobs};
use crate::{
    backend::Backend,
    device::{Frame, FrameError},
    pairhmm::{self, Prepared},
};

/// A batch of PairHMM pairs.
pub(crate) struct Pairs<'a> {
    pub(crate) batch: &'a Prepared<'a>,
    /// Scaled likelihoods, one for each pair.
    pub(crate) sums: &'a mut [f32],
}

impl Jobs for Pairs<'_> {
    const KERNEL: Kernel = Kernel::Pairhmm;

    fn len(&self) -> usize {
        self.sums.len()
    }

    fn cells(&self, jobs: Range<usize>) -> u64 {
        jobs.map(|index| self.batch.batch.cells(index)).sum()
    }

    fn compute(&mut self, backend: Backend, jobs: impl Iterator<Item = usize>) {
        pairhmm::run(backend, self.batch, jobs, self.sums);
    }

    fn encode(&self, jobs: Range<usize>) -> Result<Frame, FrameError> {
        pairhmm::wire::encode(self.batch.batch, jobs)
    }

    fn accept(&mut self, jobs: Range<usize>, answer: &Frame) -> Result<Vec<usize>, FrameError> {
        pairhmm::wire::decode_results(self.batch.batch, jobs, answer, self.sums)?;
        Ok(Vec::new())
    }

    fn disagreement(&self, backend: Backend, jobs: &[usize]) -> Option<usize> {
        let mut again = vec![0.0; self.sums.len()];
        pairhmm::run(backend, self.batch, jobs.iter().copied(), &mut again);
        jobs.iter()
            .copied()
            .find(|&index| again[index].to_bits() != self.sums[index].to_bits())
    }
}
