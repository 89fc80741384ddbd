//! From candidates to alignments: gapless where that is surely best, else through the HAL.

use fafnir_fpga_hal::{
    Hal,
    extend::{Batch, Job, Results},
};
use fafnir_io::Reference;

use crate::{
    alignment::{self, Alignments, MATCH, left_align, push_op},
    candidates::Candidate,
    gapless::Flank,
    options::AlignerOptions,
    packed::{PackedReads, Query},
    sketch::{Sketch, Sketcher, cheapest_gap},
};

/// A sketch of a read, and the jobs for those of its sides that a gap may improve.
#[derive(Clone, Copy, Debug)]
struct Draft {
    read: u32,
    sketch: Sketch,
    left: Option<u32>,
    right: Option<u32>,
    /// A gap may improve it, but is not looked for.
    unextended: bool,
}

/// Gathers the extension jobs of a batch of reads and finishes their alignments.
#[derive(Debug)]
pub(crate) struct Extender {
    sketcher: Sketcher,
    drafts: Vec<Draft>,
    jobs: Batch,
    results: Results,
    cigar: Vec<u32>,
    target: Vec<u8>,
}

/// Candidates whose best possible score is this far below the best known are not extended.
const HOPELESS: i32 = 40;
/// Longest end of a read that an extension settles alone: a longer one may belong elsewhere.
const SHORT_END: u32 = 50;
/// Most candidates of a read that are extended.
const MAX_EXTENDED: usize = 32;

impl Extender {
    pub(crate) fn new(options: &AlignerOptions) -> Self {
        Self {
            sketcher: Sketcher::default(),
            drafts: Vec::new(),
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

    /// Compares the candidates of `read` with the reference and, if `extend`, pushes the jobs they
    /// need.
    pub(crate) fn add(
        &mut self,
        reference: &Reference,
        reads: &PackedReads,
        read: usize,
        candidates: &[Candidate],
        (extend, options): (bool, &AlignerOptions),
    ) {
        let gap = cheapest_gap(options);
        self.sketcher.clear();
        for candidate in candidates {
            let query = reads.query(read, candidate.reverse);
            self.sketcher.add(reference, candidate, &query, options);
        }
        let best = self
            .sketcher
            .sketches()
            .iter()
            .map(Sketch::score)
            .max()
            .unwrap_or(0);
        let mut extended = 0;
        for i in 0..self.sketcher.sketches().len() {
            let sketch = self.sketcher.sketches()[i];
            let query = reads.query(read, sketch.reverse);
            let promising = extend
                && !sketch.spare
                && sketch.bound(gap) + HOPELESS > best
                && extended < MAX_EXTENDED;
            let draft = self.draft(reference, (read, &query), &sketch, promising, options);
            extended += usize::from(draft.left.is_some() || draft.right.is_some());
            self.drafts.push(draft);
        }
    }

    /// Takes `candidate` for the only place of `read` if it lies there in one piece, but for short
    /// ends that, if `extend`, a gap may improve. Returns whether it does.
    pub(crate) fn add_whole(
        &mut self,
        reference: &Reference,
        reads: &PackedReads,
        read: usize,
        candidate: &Candidate,
        (extend, options): (bool, &AlignerOptions),
    ) -> bool {
        let gap = cheapest_gap(options);
        let query = reads.query(read, candidate.reverse);
        self.sketcher.clear();
        self.sketcher.add(reference, candidate, &query, options);
        let &[sketch] = self.sketcher.sketches() else {
            return false;
        };
        let good = |flank: &Flank, linked: bool, bases: u32| {
            !linked && (flank.loss <= gap || extend && bases <= SHORT_END)
        };
        let whole = good(&sketch.left, sketch.linked_left, sketch.start)
            && good(&sketch.right, sketch.linked_right, query.len() - sketch.end);
        if whole {
            let draft = self.draft(reference, (read, &query), &sketch, extend, options);
            self.drafts.push(draft);
        }
        whole
    }

    /// A draft of a sketch, with jobs for the sides that a gap may improve if it is `promising`.
    fn draft(
        &mut self,
        reference: &Reference,
        (read, query): (usize, &Query<'_>),
        sketch: &Sketch,
        promising: bool,
        options: &AlignerOptions,
    ) -> Draft {
        let gap = cheapest_gap(options);
        let wants = |flank: &Flank, linked: bool| flank.loss > gap || linked && flank.loss > 0;
        let wanted = [
            wants(&sketch.left, sketch.linked_left),
            wants(&sketch.right, sketch.linked_right),
        ];
        let mut job = |left: bool| self.push_job(reference, sketch, query, left, options);
        let left = (promising && wanted[0]).then(|| job(true)).flatten();
        let right = (promising && wanted[1]).then(|| job(false)).flatten();
        Draft {
            read: read as u32,
            sketch: *sketch,
            left,
            right,
            unextended: !promising && wanted.contains(&true),
        }
    }

    /// A job for what lies left or right of the anchor.
    fn push_job(
        &mut self,
        reference: &Reference,
        sketch: &Sketch,
        query: &Query<'_>,
        left: bool,
        options: &AlignerOptions,
    ) -> Option<u32> {
        let bases = if left {
            &query.codes[..sketch.start as usize]
        } else {
            &query.codes[sketch.end as usize..]
        };
        // No gap longer than what a perfect flank would pay for.
        let band = (bases.len() as u16)
            .saturating_sub(5)
            .clamp(2, options.band.max(2));
        let reach = bases.len() as i64 + i64::from(band);
        let span = if left {
            let end = sketch.diagonal + i64::from(sketch.start);
            (end - reach).max(sketch.contig_start)..end
        } else {
            let start = sketch.diagonal + i64::from(sketch.end);
            start..(start + reach).min(sketch.contig_end)
        };
        self.target.clear();
        let on_contig =
            (span.start - sketch.contig_start) as u32..(span.end - sketch.contig_start) as u32;
        reference.bases(sketch.contig, on_contig, &mut self.target);
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
        self.jobs.push(job).ok().map(|index| index as u32)
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
        let sketch = &draft.sketch;
        let (left_query, left_target, left_score) = self.append(draft.left, &sketch.left);
        push_op(&mut self.cigar, MATCH, sketch.end - sketch.start);
        let (right_query, right_target, right_score) = self.append(draft.right, &sketch.right);
        let offset = sketch.diagonal - sketch.contig_start;
        let start = (offset + i64::from(sketch.start) - i64::from(left_target)) as u32;
        let end = (offset + i64::from(sketch.end) + i64::from(right_target)) as u32;
        let query_start = sketch.start - left_query;
        if self.cigar.len() > 1 {
            self.target.clear();
            reference.bases(sketch.contig, start..end, &mut self.target);
            let query = reads.query(draft.read as usize, sketch.reverse);
            left_align(&mut self.cigar, &query, query_start, &self.target);
        }
        let mut found = alignment::new(
            sketch.reverse,
            sketch.contig,
            (start, end),
            (query_start, sketch.end + right_query),
            sketch.anchor_score + left_score + right_score,
            sketch.disjoint,
        );
        found.unextended = draft.unextended;
        out.push(draft.read as usize, found, &self.cigar);
    }

    /// Appends a side's operations; its bases on the read and on the reference, and its score.
    fn append(&mut self, job: Option<u32>, flank: &Flank) -> (u32, u32, i32) {
        let Some(job) = job else {
            push_op(&mut self.cigar, MATCH, flank.length);
            return (flank.length, flank.length, flank.score);
        };
        let job = job as usize;
        let chosen = self.results.chosen(job);
        for op in self.results.cigar(job) {
            push_op(&mut self.cigar, op & 15, op >> 4);
        }
        let (query, target) = (chosen.query_end, chosen.target_end);
        (u32::from(query), u32::from(target), chosen.score)
    }
}
