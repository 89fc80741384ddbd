//! What trimming did, in whole numbers.

use super::{Tool, cut::Cuts};

/// Reads that were cut and bases that were cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CutCounts {
    /// Reads.
    pub reads: u64,
    /// Bases.
    pub bases: u64,
}

/// What trimming did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrimCounts {
    /// First (or only) and second reads that came.
    pub reads: [u64; 2],
    /// Their bases.
    pub bases: [u64; 2],
    /// Reads that were cut by whatever tool, and all bases that were cut off.
    pub trimmed: CutCounts,
    /// First and second reads that were filtered.
    pub filtered: [u64; 2],
    /// By [`slot`].
    cuts: [CutCounts; SLOTS],
}

const SLOTS: usize = Tool::ALL.len() << 4;

fn slot(tool: Tool, soft: bool, end: usize, side: usize, filtered: bool) -> usize {
    (tool as usize) << 4 | usize::from(soft) << 3 | end << 2 | side << 1 | usize::from(filtered)
}

impl Default for TrimCounts {
    fn default() -> Self {
        Self {
            reads: [0; 2],
            bases: [0; 2],
            trimmed: CutCounts::default(),
            filtered: [0; 2],
            cuts: [CutCounts::default(); SLOTS],
        }
    }
}

impl TrimCounts {
    /// What `tool` did, hard or softly, to first reads (`end` 0) or second ones (1), at their 5' end
    /// (`side` 0) or 3' end (1), where reads were then filtered or not.
    pub fn of(&self, tool: Tool, soft: bool, end: usize, side: usize, filtered: bool) -> CutCounts {
        self.cuts[slot(tool, soft, end, side, filtered)]
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Self) {
        for end in 0..2 {
            self.reads[end] += other.reads[end];
            self.bases[end] += other.bases[end];
            self.filtered[end] += other.filtered[end];
        }
        self.trimmed.merge(other.trimmed);
        for (ours, theirs) in self.cuts.iter_mut().zip(other.cuts) {
            ours.merge(theirs);
        }
    }

    pub(super) fn add(&mut self, end: usize, bases: usize, cuts: &Cuts, filtered: bool) {
        self.reads[end] += 1;
        self.bases[end] += bases as u64;
        self.filtered[end] += u64::from(filtered);
        let mut all = 0;
        for (soft, cuts) in [(false, &cuts.hard), (true, &cuts.soft)] {
            for tool in Tool::ALL {
                for (side, cut) in cuts[tool as usize].into_iter().enumerate() {
                    self.cuts[slot(tool, soft, end, side, filtered)].add(cut);
                    all += cut;
                }
            }
        }
        self.trimmed.add(all);
    }
}

impl CutCounts {
    fn add(&mut self, bases: usize) {
        self.reads += u64::from(bases > 0);
        self.bases += bases as u64;
    }

    fn merge(&mut self, other: Self) {
        self.reads += other.reads;
        self.bases += other.bases;
    }
}
