//! From candidates to alignments: gapless where that is surely best, else through the HAL.

use fafnir_fpga_hal::{
    Hal,
    extend::{Batch, Job, Results},
};
use fafnir_io::{ContigId, Reference};

use crate::{
    alignment::{self, Alignments, MATCH, contig_at, left_align, push_op},
    candidates::Candidate,
    gapless::{Flank, Mismatches},
    options::AlignerOptions,
    packed::{PackedReads, Query},
};

/// A candidate with its anchor and both sides of it, before the jobs for its sides have run.
#[derive(Clone, Copy, Debug)]
struct Draft {
    read: u32,
    reverse: bool,
    disjoint: u32,
    contig: ContigId,
    contig_start: i64,
    contig_end: i64,
    diagonal: i64,
    start: u32,
    end: u32,
    anchor_score: i32,
    left: Side,
    right: Side,
}

#[derive(Clone, Copy, Debug)]
enum Side {
    Gapless(Flank),
    Job(u32),
}

/// Gathers the extension jobs of a batch of reads and finishes their alignments.
#[derive(Debug)]
pub(crate) struct Extender {
    mismatches: Mismatches,
    drafts: Vec<Draft>,
    sketches: Vec<Sketch>,
    jobs: Batch,
    results: Results,
    cigar: Vec<u32>,
    target: Vec<u8>,
}

/// A candidate compared without gaps.
#[derive(Clone, Copy, Debug)]
struct Sketch {
    draft: Draft,
    left: Flank,
    right: Flank,
    linked_left: bool,
    linked_right: bool,
    spare: bool,
}

/// Shortest stretch that may be an anchor.
const MIN_ANCHOR: u32 = 11;
/// Candidates whose best possible score is this far below the best known are not extended.
const HOPELESS: i32 = 40;
/// Most candidates of a read that are extended.
const MAX_EXTENDED: usize = 10;

impl Sketch {
    fn score(&self) -> i32 {
        self.draft.anchor_score + self.left.score + self.right.score
    }

    /// The best that extension could make of it.
    fn bound(&self, gap: i32) -> i32 {
        let gain = |flank: &Flank| (flank.loss - gap).max(0);
        self.score() + gain(&self.left) + gain(&self.right)
    }
}

impl Extender {
    pub(crate) fn new(options: &AlignerOptions) -> Self {
        Self {
            mismatches: Mismatches::default(),
            drafts: Vec::new(),
            sketches: Vec::new(),
            jobs: Batch::new(options.scoring),
            results: Results::default(),
            cigar: Vec::new(),
            target: Vec::new(),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.drafts.clear();
        self.jobs.clear();
    }

    /// Compares the candidates of `read` with the reference and, if `extend`, pushes the jobs they need.
    pub(crate) fn add(
        &mut self,
        reference: &Reference,
        reads: &PackedReads,
        read: usize,
        candidates: &[Candidate],
        (extend, options): (bool, &AlignerOptions),
    ) {
        let gap = cheapest_gap(options);
        self.sketches.clear();
        for candidate in candidates {
            let query = reads.query(read, candidate.reverse);
            self.compare(reference, read, candidate, &query, options);
        }
        let best = self.sketches.iter().map(Sketch::score).max().unwrap_or(0);
        let mut extended = 0;
        for i in 0..self.sketches.len() {
            let s = self.sketches[i];
            let query = reads.query(read, s.draft.reverse);
            let promising =
                extend && !s.spare && s.bound(gap) + HOPELESS > best && extended < MAX_EXTENDED;
            let wants = |flank: &Flank, linked: bool| flank.loss > gap || linked && flank.loss > 0;
            let mut draft = s.draft;
            draft.left = Side::Gapless(s.left);
            draft.right = Side::Gapless(s.right);
            if promising && wants(&s.left, s.linked_left) {
                draft.left = self
                    .push_job(reference, &draft, &query, true, options)
                    .unwrap_or(draft.left);
            }
            if promising && wants(&s.right, s.linked_right) {
                draft.right = self
                    .push_job(reference, &draft, &query, false, options)
                    .unwrap_or(draft.right);
            }
            extended += usize::from(
                matches!(draft.left, Side::Job(_)) || matches!(draft.right, Side::Job(_)),
            );
            self.drafts.push(draft);
        }
    }

    /// Compares a candidate along its diagonal. Where its seeds lie on two contigs, or are parted by
    /// more than a gap would cost, each part is a sketch of its own.
    fn compare(
        &mut self,
        reference: &Reference,
        read: usize,
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
            self.sketch_dense(reference, read, &part, query, options);
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
    fn sketch_dense(
        &mut self,
        reference: &Reference,
        read: usize,
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
                && let Some(sketch) = self.sketch(reference, read, &anchor, query, options)
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
        read: usize,
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
        let draft = Draft {
            read: read as u32,
            reverse: candidate.reverse,
            disjoint: candidate.disjoint,
            contig,
            contig_start,
            contig_end,
            diagonal: candidate.diagonal,
            start,
            end,
            anchor_score: m.score(start..end, query, options),
            left: Side::Gapless(left),
            right: Side::Gapless(right),
        };
        Some(Sketch {
            draft,
            left,
            right,
            linked_left: candidate.linked_left,
            linked_right: candidate.linked_right,
            spare: candidate.spare,
        })
    }

    /// A job for what lies left or right of the anchor.
    fn push_job(
        &mut self,
        reference: &Reference,
        draft: &Draft,
        query: &Query<'_>,
        left: bool,
        options: &AlignerOptions,
    ) -> Option<Side> {
        let bases = if left {
            &query.codes[..draft.start as usize]
        } else {
            &query.codes[draft.end as usize..]
        };
        // No gap longer than what a perfect flank would pay for.
        let band = (bases.len() as u16)
            .saturating_sub(5)
            .clamp(2, options.band.max(2));
        let reach = bases.len() as i64 + i64::from(band);
        let span = if left {
            let end = draft.diagonal + i64::from(draft.start);
            (end - reach).max(draft.contig_start)..end
        } else {
            let start = draft.diagonal + i64::from(draft.end);
            start..(start + reach).min(draft.contig_end)
        };
        self.target.clear();
        let on_contig =
            (span.start - draft.contig_start) as u32..(span.end - draft.contig_start) as u32;
        reference.bases(draft.contig, on_contig, &mut self.target);
        let job = Job {
            query: bases,
            target: &self.target,
            reversed: left,
            band,
            z_drop: options.z_drop,
            end_bonus: options.clip_penalty,
            traceback: true,
        };
        // A read too long for the kernel keeps its gapless flank.
        self.jobs
            .push(job)
            .ok()
            .map(|index| Side::Job(index as u32))
    }

    /// Runs the jobs and appends the finished alignments to `out`.
    pub(crate) fn finish(
        &mut self,
        hal: &Hal,
        reference: &Reference,
        reads: &PackedReads,
        out: &mut Alignments,
    ) {
        hal.extend(&self.jobs, &mut self.results);
        for i in 0..self.drafts.len() {
            let draft = self.drafts[i];
            self.finish_one(&draft, reference, reads, out);
        }
    }

    fn finish_one(
        &mut self,
        draft: &Draft,
        reference: &Reference,
        reads: &PackedReads,
        out: &mut Alignments,
    ) {
        self.cigar.clear();
        let (left_query, left_target, left_score) = self.append(draft.left);
        push_op(&mut self.cigar, MATCH, draft.end - draft.start);
        let (right_query, right_target, right_score) = self.append(draft.right);
        let offset = draft.diagonal - draft.contig_start;
        let start = (offset + i64::from(draft.start) - i64::from(left_target)) as u32;
        let end = (offset + i64::from(draft.end) + i64::from(right_target)) as u32;
        let query_start = draft.start - left_query;
        if self.cigar.len() > 1 {
            self.target.clear();
            reference.bases(draft.contig, start..end, &mut self.target);
            let query = reads.query(draft.read as usize, draft.reverse);
            left_align(&mut self.cigar, &query, query_start, &self.target);
        }
        let found = alignment::new(
            draft.reverse,
            draft.contig,
            (start, end),
            (query_start, draft.end + right_query),
            draft.anchor_score + left_score + right_score,
            draft.disjoint,
        );
        out.push(draft.read as usize, found, &self.cigar);
    }

    /// Appends a side's operations; its bases on the read and on the reference, and its score.
    fn append(&mut self, side: Side) -> (u32, u32, i32) {
        match side {
            Side::Gapless(flank) => {
                push_op(&mut self.cigar, MATCH, flank.length);
                (flank.length, flank.length, flank.score)
            }
            Side::Job(index) => {
                let index = index as usize;
                let chosen = self.results.chosen(index);
                for op in self.results.cigar(index) {
                    push_op(&mut self.cigar, op & 15, op >> 4);
                }
                (
                    u32::from(chosen.query_end),
                    u32::from(chosen.target_end),
                    chosen.score,
                )
            }
        }
    }
}

/// What the cheapest gap costs: a flank that loses more may be beaten by one with a gap.
fn cheapest_gap(options: &AlignerOptions) -> i32 {
    i32::from(options.scoring.gap_open) + i32::from(options.scoring.gap_extend)
}
