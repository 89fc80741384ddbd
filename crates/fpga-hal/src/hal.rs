use crate::{HalError, Isa, arch::Avx2, extend, known_answer, pairhmm};

/// Runs batches on the backend that it was made with.
///
/// Cheap to clone and free to share between threads: it holds no memory and no lock. Working memory
/// belongs to the call or to the results.
#[derive(Clone, Debug)]
pub struct Hal {
    backend: Backend,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Backend {
    Scalar,
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    Avx2(Avx2),
}

impl Hal {
    /// Makes one with [`Isa::detect`].
    ///
    /// # Errors
    ///
    /// Those of [`Isa::detect`].
    pub fn new() -> Result<Self, HalError> {
        Isa::detect().and_then(Self::unchecked)
    }

    /// Makes one with the given instruction set.
    ///
    /// # Errors
    ///
    /// [`HalError::IsaUnavailable`], or [`HalError::KnownAnswer`] if its kernels compute wrongly.
    pub fn with_isa(isa: Isa) -> Result<Self, HalError> {
        known_answer::check(isa)?;
        Self::unchecked(isa)
    }

    /// Returns the instruction set in use.
    pub fn isa(&self) -> Isa {
        match self.backend {
            Backend::Scalar => Isa::Scalar,
            Backend::Avx2(_) => Isa::Avx2,
        }
    }

    /// Extends every job of `batch`; `out` is overwritten with one result per job, in job order.
    ///
    /// Time is proportional to the cells inside the bands. The contract is in [`extend`].
    pub fn extend(&self, batch: &extend::Batch, out: &mut extend::Results) {
        out.reset(batch.len());
        extend::run(self.backend, batch, 0..batch.len(), out);
    }

    /// Computes log10 P(read | haplotype) of every pair of `batch`; `out` is overwritten with one
    /// value per pair, in pair order.
    ///
    /// Time is proportional to the sum of read length times haplotype length. The contract is in
    /// [`pairhmm`].
    pub fn pairhmm(&self, batch: &pairhmm::Batch, out: &mut Vec<f64>) {
        let mut sums = vec![0.0; batch.len()];
        pairhmm::run(self.backend, batch, 0..batch.len(), &mut sums);
        pairhmm::finish(batch, &sums, out);
    }

    /// Makes one without asking the known questions.
    pub(crate) fn unchecked(isa: Isa) -> Result<Self, HalError> {
        let backend = match isa {
            Isa::Scalar => Backend::Scalar,
            Isa::Avx2 => Avx2::new()
                .map(Backend::Avx2)
                .ok_or(HalError::IsaUnavailable { isa })?,
        };
        Ok(Self { backend })
    }
}
