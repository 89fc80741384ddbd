use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::Serialize;

use super::Kernel;

/// What ran where, and what went wrong: for a run's statement.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Ledger {
    /// What each backend computed, the CPU first.
    pub shares: Vec<Share>,
    /// What went wrong, in the order in which it was noticed. None of it is in a result.
    pub incidents: Vec<Incident>,
}

/// What a backend computed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Share {
    /// The CPU's instruction set, or `opencl:` and the device's name.
    pub backend: String,
    /// Extension jobs.
    pub extend: u64,
    /// PairHMM pairs.
    pub pairhmm: u64,
}

/// Something that a device did wrong.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Incident {
    /// Who.
    pub backend: String,
    /// What.
    pub what: String,
    /// Whether it was not used any more.
    pub quarantined: bool,
}

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { backend, what, .. } = self;
        write!(f, "{backend}: {what}; ")?;
        f.write_str(match self.quarantined {
            true => "it is not used any more, the CPU does its work",
            false => "the CPU computed this batch",
        })
    }
}

impl Ledger {
    /// Returns what was added since `earlier`, a former state of the same ledger.
    pub fn since(mut self, earlier: &Self) -> Self {
        for (share, before) in self.shares.iter_mut().zip(&earlier.shares) {
            share.extend -= before.extend;
            share.pairhmm -= before.pairhmm;
        }
        self.incidents.drain(..earlier.incidents.len());
        self
    }
}

/// Counts jobs of one backend.
#[derive(Debug, Default)]
pub(crate) struct Counts([AtomicU64; 2]);

impl Counts {
    pub(crate) fn add(&self, kernel: Kernel, jobs: usize) {
        self.0[kernel as usize].fetch_add(jobs as u64, Ordering::Relaxed);
    }

    pub(crate) fn share(&self, backend: String) -> Share {
        let count = |kernel: Kernel| self.0[kernel as usize].load(Ordering::Relaxed);
        Share {
            backend,
            extend: count(Kernel::Extend),
            pairhmm: count(Kernel::Pairhmm),
        }
    }
}

/// Incidents as they come.
#[derive(Debug, Default)]
pub(super) struct Incidents(Mutex<Vec<Incident>>);

impl Incidents {
    pub(super) fn add(&self, incident: Incident) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(incident);
    }

    pub(super) fn all(&self) -> Vec<Incident> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.clone()
    }
}
