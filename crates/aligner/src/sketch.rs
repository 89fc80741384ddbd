//! Candidates compared with the reference along their diagonals.

use fafnir_io::{ContigId, Reference};

use crate::{
    alignment::contig_at,
    candidates::Candidate,
    gapless::{Flank, Mismatches},
    options::AlignerOptions,
    packed::Query,
};

/// A dense stretch of a candidate's diagonal, its anchor, with both sides of it without gaps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sketch {
    pub(crate) reverse: bool,
    pub(crate) disjoint: u32,
    pub(crate) contig: ContigId,
    /// Where the contig starts, concatenated.
    pub(crate) contig_start: i64,
    pub(crate) contig_end: i64,
    /// Where base 0 of the oriented read falls, concatenated.
    pub(crate) diagonal: i64,
    /// First base of the anchor on the oriented read.
    pub(crate) start: u32,
    /// End of the anchor on the oriented read.
    pub(crate) end: u32,
    pub(crate) anchor_score: i32,
    pub(crate) left: Flank,
    pub(crate) right: Flank,
    pub(crate) linked_left: bool,
    pub(crate) linked_right: bool,
    pub(crate) spare: bool,
}

/// Makes the sketches of one read after the other.
#[derive(Debug, Default)]
pub(crate) struct Sketcher {
    mismatches: Mismatches,
    sketches: Vec<Sketch>,
}

/// Shortest stretch that may be an anchor.
const MIN_ANCHOR: u32 = 11;

impl Sketch {
    pub(crate) fn score(&self) -> i32 {
        self.anchor_score + self.left.score + self.right.score
    }

    /// The best that extension could make of it, if a gap costs at least `gap`.
    pub(crate) fn bound(&self, gap: i32) -> i32 {
        let gain = |flank: &Flank| (flank.loss - gap).max(0);
        self.score() + gain(&self.left) + gain(&self.right)
    }
}

impl Sketcher {
    pub(crate) fn clear(&mut self) {
        self.sketches.clear();
    }

    /// All sketches since the last [`Self::clear`].
    pub(crate) fn sketches(&self) -> &[Sketch] {
        &self.sketches
    }

    /// Compares a candidate along its diagonal. Where its seeds lie on two contigs, or are parted by
    /// more than a gap would cost, each part is a sketch of its own.
    pub(crate) fn add(
        &mut self,
        reference: &Reference,
        candidate: &Candidate,
        query: &Query<'_>,
        options: &AlignerOptions,
    ) {
        let diagonal = candidate.diagonal;
        self.mismatches.compare(reference.words(), diagonal, query);
        self.mismatches
            .mark_unknown(reference, diagonal, query.len());
        let mut rest = *candidate;
        while rest.start < rest.end {
            let Some((_, _, contig_end)) = contig_at(reference, diagonal + i64::from(rest.start))
            else {
                return;
            };
            let border = (contig_end - diagonal).min(i64::from(rest.end)) as u32;
            let part = Candidate {
                end: border,
                ..rest
            };
            self.add_dense(reference, &part, query, options);
            // The next contig begins at the next whole word of the packed reference.
            let next = (contig_end + 31) / 32 * 32 - diagonal;
            rest = Candidate {
                start: next.max(0) as u32,
                spare: true,
                ..rest
            };
        }
    }

    /// Sketches the densest stretch of the anchor, and what lies left and right of that.
    fn add_dense(
        &mut self,
        reference: &Reference,
        part: &Candidate,
        query: &Query<'_>,
        options: &AlignerOptions,
    ) {
        let drop = 2 * cheapest_gap(options);
        let mut push = |part: Candidate| {
            let dense = self
                .mismatches
                .densest(part.start..part.end, drop, query, options);
            let anchor = Candidate {
                start: dense.start,
                end: dense.end,
                linked_left: part.linked_left || dense.start > part.start,
                linked_right: part.linked_right || dense.end < part.end,
                ..part
            };
            if dense.end - dense.start >= MIN_ANCHOR
                && let Some(sketch) = self.sketch(reference, &anchor, query, options)
            {
                self.sketches.push(sketch);
            }
            dense
        };
        let dense = push(*part);
        if dense.start >= part.start + MIN_ANCHOR {
            push(Candidate {
                end: dense.start,
                spare: true,
                ..*part
            });
        }
        if dense.end + MIN_ANCHOR <= part.end {
            push(Candidate {
                start: dense.end,
                spare: true,
                ..*part
            });
        }
    }

    fn sketch(
        &self,
        reference: &Reference,
        candidate: &Candidate,
        query: &Query<'_>,
        options: &AlignerOptions,
    ) -> Option<Sketch> {
        let place = candidate.diagonal + i64::from(candidate.start);
        let (contig, contig_start, contig_end) = contig_at(reference, place)?;
        // What hangs over the contig's ends cannot be aligned.
        let low = (contig_start - candidate.diagonal).max(0) as u32;
        let high = (contig_end - candidate.diagonal).min(i64::from(query.len())) as u32;
        let m = &self.mismatches;
        let (start, end) = (candidate.start.max(low), candidate.end.min(high));
        let left = m.extend_left(start, low, query, options);
        let right = m.extend_right(end, high, query, options);
        Some(Sketch {
            reverse: candidate.reverse,
            disjoint: candidate.disjoint,
            contig,
            contig_start,
            contig_end,
            diagonal: candidate.diagonal,
            start,
            end,
            anchor_score: m.score(start..end, query, options),
            left,
            right,
            linked_left: candidate.linked_left,
            linked_right: candidate.linked_right,
            spare: candidate.spare,
        })
    }
}

/// What the cheapest gap costs: a flank that loses more may be beaten by one with a gap.
pub(crate) fn cheapest_gap(options: &AlignerOptions) -> i32 {
    i32::from(options.scoring.gap_open) + i32::from(options.scoring.gap_extend)
}
