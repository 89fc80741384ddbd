//! Where a read would show an indel: not where it ends within a repeat that an indel could slide along.

use std::ops::Range;

/// Longest indel that a read is asked about (GATK).
const LONGEST_INDEL: usize = 10;
/// A repeat is followed this far; beyond, reads are taken to tell.
const LONGEST_REPEAT: usize = 300;
/// Bases after a position that decide.
pub(super) const LOOK_AHEAD: u32 = (1 + LONGEST_REPEAT + LONGEST_INDEL) as u32;

/// For each base of a stretch of the reference, where a read must end to show an indel after that base.
pub(super) struct Informative {
    start: u32,
    /// The last position that such a read must cover; never falls from one base to the next.
    last: Vec<u32>,
}

impl Informative {
    /// `bases` are the reference's codes from `start` on. Ends within [`LOOK_AHEAD`] of their end are
    /// too small.
    pub(super) fn new(bases: &[u8], start: u32) -> Self {
        let mut last = vec![0; bases.len()];
        // Of each length, the first base from `at + 1` on that differs from the one so much farther.
        let mut differs = [bases.len(); LONGEST_INDEL];
        for at in (0..bases.len()).rev() {
            let mut most = 0;
            for (differs, length) in differs.iter_mut().zip(1..) {
                let next = at + 1;
                if next < bases.len() && bases.get(next + length) != Some(&bases[next]) {
                    *differs = next;
                }
                let reached = (*differs).min(next + LONGEST_REPEAT);
                most = most.max(reached + length);
            }
            last[at] = start + most as u32;
        }
        Self { start, last }
    }

    /// The positions after which a read that is aligned without gaps to `span` would show an indel.
    pub(super) fn within(&self, span: &Range<u32>) -> Range<u32> {
        let count = self.last.partition_point(|&last| last < span.end);
        let end = (self.start + count as u32).min(span.end);
        span.start.min(end)..end
    }
}
