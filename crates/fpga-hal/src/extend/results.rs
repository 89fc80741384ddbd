use std::ops::Range;

use super::{batch::Job, scalar};

/// The end-to-end score of a job whose last query base could not be reached.
pub const NOT_REACHED: i32 = i32::MIN;

/// The alignment that was chosen for a job.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Extension {
    /// Its score, without the end bonus.
    pub score: i32,
    /// Query bases consumed, in the direction of extension.
    pub query_end: u16,
    /// Target bases consumed, in the direction of extension.
    pub target_end: u16,
    /// Whether it is the end-to-end alignment.
    pub to_end: bool,
}

/// One result per job, in job order: a reusable structure of arrays.
///
/// Methods that take an index take that of [`Batch::push`](super::Batch::push), and panic as slices
/// do if the batch that was run last had no such job.
#[derive(Clone, Debug, Default)]
pub struct Results {
    scores: Vec<i32>,
    query_ends: Vec<u16>,
    target_ends: Vec<u16>,
    end_to_end_scores: Vec<i32>,
    end_to_end_targets: Vec<u16>,
    chosen: Vec<Extension>,
    /// Each job's operations in `operations`; jobs are recorded in the backend's order.
    cigars: Vec<Range<usize>>,
    operations: Vec<u32>,
    pub(super) scratch: Scratch,
}

/// Working memory of the backends, kept between runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    pub(super) scalar: scalar::Scratch,
    #[cfg(target_arch = "x86_64")]
    pub(super) avx2: super::avx2::Scratch,
}

/// What a backend found for one job, before the choice between its two alignments.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Found {
    pub(super) score: i32,
    pub(super) query_end: u16,
    pub(super) target_end: u16,
    pub(super) end_to_end_score: i32,
    pub(super) end_to_end_target: u16,
}

impl Results {
    /// Returns the number of jobs of the batch that was run last.
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    /// Returns whether the batch that was run last was empty.
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// Returns the local best score: at least 0, and 0 with both ends 0 if nothing scores above.
    pub fn score(&self, index: usize) -> i32 {
        self.scores[index]
    }

    /// Returns the query bases that the local best consumes, in the direction of extension.
    pub fn query_end(&self, index: usize) -> u16 {
        self.query_ends[index]
    }

    /// Returns the target bases that the local best consumes, in the direction of extension.
    pub fn target_end(&self, index: usize) -> u16 {
        self.target_ends[index]
    }

    /// Returns the best score that consumes the whole query, or [`NOT_REACHED`].
    pub fn end_to_end_score(&self, index: usize) -> i32 {
        self.end_to_end_scores[index]
    }

    /// Returns the target bases that the end-to-end alignment consumes; 0 if not reached.
    pub fn end_to_end_target(&self, index: usize) -> u16 {
        self.end_to_end_targets[index]
    }

    /// Returns the chosen alignment: end-to-end if its score + end bonus >= the local best.
    pub fn chosen(&self, index: usize) -> Extension {
        self.chosen[index]
    }

    /// Returns the chosen alignment's CIGAR as BAM stores it, `length << 4 | operation` with
    /// M = 0, I = 1, D = 2 (SAMv1 section 4.2, 2024), in forward orientation of the sequences. Empty
    /// for a job without traceback.
    pub fn cigar(&self, index: usize) -> &[u32] {
        &self.operations[self.cigars[index].clone()]
    }

    /// Returns whether a job has the same result in both.
    pub(crate) fn is_alike(&self, other: &Self, index: usize) -> bool {
        let found = |results: &Self| {
            (
                results.score(index),
                results.query_end(index),
                results.target_end(index),
                results.end_to_end_score(index),
                results.end_to_end_target(index),
            )
        };
        found(self) == found(other)
            && self.chosen(index) == other.chosen(index)
            && self.cigar(index) == other.cigar(index)
    }

    /// Makes room for `len` results.
    pub(crate) fn reset(&mut self, len: usize) {
        self.scores.resize(len, 0);
        self.query_ends.resize(len, 0);
        self.target_ends.resize(len, 0);
        self.end_to_end_scores.resize(len, 0);
        self.end_to_end_targets.resize(len, 0);
        self.chosen.resize(len, Extension::default());
        self.cigars.clear();
        self.cigars.resize(len, 0..0);
        self.operations.clear();
    }

    /// Stores what was found for a job, and the path that `walk` appends to the operations, the last
    /// of the extension first.
    pub(super) fn record(
        &mut self,
        index: usize,
        job: &Job<'_>,
        found: Found,
        walk: impl FnOnce(&Extension, &mut Vec<u32>),
    ) {
        let chosen = found.choose(job);
        self.scores[index] = found.score;
        self.query_ends[index] = found.query_end;
        self.target_ends[index] = found.target_end;
        self.end_to_end_scores[index] = found.end_to_end_score;
        self.end_to_end_targets[index] = found.end_to_end_target;
        self.chosen[index] = chosen;
        if job.traceback {
            let start = self.operations.len();
            walk(&chosen, &mut self.operations);
            if !job.reversed {
                self.operations[start..].reverse();
            }
            self.cigars[index] = start..self.operations.len();
        }
    }
}

impl Found {
    /// Returns the alignment that the contract chooses.
    pub(super) fn choose(&self, job: &Job<'_>) -> Extension {
        let to_end = self.end_to_end_score != NOT_REACHED
            && self.end_to_end_score + i32::from(job.end_bonus) >= self.score;
        if to_end {
            Extension {
                score: self.end_to_end_score,
                query_end: job.query_length(),
                target_end: self.end_to_end_target,
                to_end,
            }
        } else {
            Extension {
                score: self.score,
                query_end: self.query_end,
                target_end: self.target_end,
                to_end,
            }
        }
    }
}
