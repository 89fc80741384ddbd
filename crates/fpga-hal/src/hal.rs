use std::sync::Arc;

use crate::{
    HalError, Isa,
    arch::Avx2,
    backend::Backend,
    device::Device,
    extend, known_answer,
    pairhmm::{self, Prepared},
    scheduler::{Counts, Extensions, Fleet, Kernel, Ledger, Pairs, Policy},
};

/// Runs batches on the backend that it was made with, and on devices where it was given some.
///
/// Cheap to clone and free to share between threads: each that calls is one lane of the CPU. Working
/// memory belongs to the call or to the results.
#[derive(Clone, Debug)]
pub struct Hal {
    backend: Backend,
    fleet: Option<Arc<Fleet>>,
    /// What the CPU did.
    counts: Arc<Counts>,
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

    /// Lets devices take part. Each is asked the known questions, and how fast it is, first; one that
    /// fails is an incident of the [ledger](Self::ledger), and not used.
    #[must_use]
    pub fn with_devices(self, devices: Vec<Device>, policy: Policy) -> Self {
        Self {
            fleet: Some(Arc::new(Fleet::new(devices, policy, self.backend))),
            ..self
        }
    }

    /// Returns the CPU's instruction set in use.
    pub fn isa(&self) -> Isa {
        match self.backend {
            Backend::Scalar => Isa::Scalar,
            Backend::Avx2(_) => Isa::Avx2,
        }
    }

    /// Returns how devices are used and checked; `None` where there are none.
    pub fn policy(&self) -> Option<&Policy> {
        self.fleet.as_ref().map(|fleet| fleet.policy())
    }

    /// Returns what ran where, and what went wrong, since this was made.
    pub fn ledger(&self) -> Ledger {
        let cpu = self.counts.share(self.isa().name().to_owned());
        let mut ledger = Ledger {
            shares: vec![cpu],
            incidents: Vec::new(),
        };
        if let Some(fleet) = &self.fleet {
            ledger.shares.extend(fleet.shares());
            ledger.incidents = fleet.incidents();
        }
        ledger
    }

    /// Extends every job of `batch`; `out` is overwritten with one result per job, in job order.
    ///
    /// Time is proportional to the cells inside the bands. The contract is in [`extend`].
    pub fn extend(&self, batch: &extend::Batch, out: &mut extend::Results) {
        out.reset(batch.len());
        let on_cpu = match &self.fleet {
            Some(fleet) => fleet.run(self.backend, &mut Extensions { batch, out }),
            None => {
                extend::run(self.backend, batch, 0..batch.len(), out);
                batch.len()
            }
        };
        self.counts.add(Kernel::Extend, on_cpu);
    }

    /// Computes log10 P(read | haplotype) of every pair of `batch`; `out` is overwritten with one
    /// value per pair, in pair order.
    ///
    /// Time is proportional to the sum of read length times haplotype length. The contract is in
    /// [`pairhmm`].
    pub fn pairhmm(&self, batch: &pairhmm::Batch, out: &mut Vec<f64>) {
        let mut sums = vec![0.0; batch.len()];
        let prepared = Prepared::new(batch);
        let on_cpu = match &self.fleet {
            Some(fleet) => fleet.run(
                self.backend,
                &mut Pairs {
                    batch: &prepared,
                    sums: &mut sums,
                },
            ),
            None => {
                pairhmm::run(self.backend, &prepared, 0..batch.len(), &mut sums);
                batch.len()
            }
        };
        self.counts.add(Kernel::Pairhmm, on_cpu);
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
        Ok(Self {
            backend,
            fleet: None,
            counts: Arc::default(),
        })
    }
}
