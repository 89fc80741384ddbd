//! What is called in one tile: variants, phased, and what a gVCF file says of all bases.

use std::ops::Range;

use fafnir_io::{
    ContigId, Reference,
    vcf::{Block, Line, Record},
};
use fafnir_variant_caller::{
    Blocks, Capped, Confidence, HALO, MAX_INDEL, ReferenceConfidence, Scratch, SiteCall, phase,
    uncovered,
};
use rayon::prelude::*;

use super::{
    call::CallPlan,
    features,
    map::Pool,
    tiles::{CallingReads, Window},
};

/// Bases that one job calls. Neighbouring jobs see shared regions alike, so this changes nothing
/// but how evenly the threads are loaded.
const CALL_SPAN: u32 = 32_768;
/// A deletion that begins so far before a base may cover it.
const LONGEST_RECORD: u32 = MAX_INDEL + 1;

/// The calls of a tile: those whose first base lies in it.
#[derive(Default)]
pub(super) struct TileCalls {
    /// The records of the VCF file.
    pub(super) variants: Vec<Record>,
    /// Those of the gVCF file, and the blocks between them.
    detailed: Vec<Record>,
    blocks: Vec<Block>,
    /// Lines of the table of what the variants are judged by, where it is wanted.
    pub(super) features: Option<String>,
    /// Regions of which something was left out.
    pub(super) capped: Capped,
}

/// A stretch that is called by one job.
struct Part {
    span: Range<u32>,
    sites: Vec<SiteCall>,
    capped: Capped,
    confidence: Vec<Confidence>,
}

/// What calling a tile needs.
struct Job<'a> {
    plan: CallPlan<'a>,
    contig: ContigId,
    reads: CallingReads<'a>,
    scratches: &'a Pool<Scratch>,
}

impl TileCalls {
    pub(super) fn new(
        plan: CallPlan<'_>,
        window: &Window,
        reference: &Reference,
        scratches: &Pool<Scratch>,
    ) -> Self {
        let (Some(span), Some(tile)) = (window.span(reference), window.tile.tile) else {
            return Self::default();
        };
        let contig = tile.contig;
        let wanted = |span: &Range<u32>| {
            plan.targets
                .is_none_or(|t| !t.overlapping(contig, span.clone()).is_empty())
        };
        // A deletion may begin as far before a target as calling looks.
        let near_target =
            |span: &Range<u32>| wanted(&(span.start.saturating_sub(HALO)..span.end + HALO));
        if !near_target(&span) {
            return Self::default();
        }
        let before = span.start.saturating_sub(LONGEST_RECORD)..span.start;
        let job = Job {
            plan,
            contig,
            reads: window.calling_reads(&(before.start..span.end)),
            scratches,
        };
        let parts: Vec<Range<u32>> = span
            .clone()
            .step_by(CALL_SPAN as usize)
            .map(|start| start..span.end.min(start + CALL_SPAN))
            .filter(near_target)
            .collect();
        let mut parts: Vec<Part> = parts.into_par_iter().map(|part| job.call(part)).collect();
        let sites = parts.iter_mut().map(|part| std::mem::take(&mut part.sites));
        let mut sites: Vec<SiteCall> = sites.flatten().collect();
        let mut calls = Self::default();
        for part in &parts {
            calls.capped.merge(&part.capped);
        }
        calls.capped.phase_sets = phase(&mut sites);
        for site in sites {
            calls.variants.extend(site.variant);
            calls.detailed.extend(site.detailed);
        }
        for records in [&mut calls.variants, &mut calls.detailed] {
            records.retain(|r| wanted(&(r.position..r.end())));
        }
        if plan.features {
            calls.features = Some(features::lines(&calls.variants, reference));
        }
        if let Some(model) = plan.recalibration {
            let options = plan.caller.options();
            features::recalibrate(calls.records_mut(), reference, model, options);
        }
        if plan.gvcf_header.is_some() {
            let (earlier, _) = job.sites(before);
            let earlier = earlier.iter().filter_map(|site| site.detailed.as_ref());
            let covered: Vec<Range<u32>> = earlier
                .chain(&calls.detailed)
                .map(|record| record.position..record.end())
                .collect();
            let whole = [span.clone()];
            let targets = plan
                .targets
                .map_or(&whole[..], |t| t.overlapping(contig, span.clone()));
            for target in targets {
                let target = target.start.max(span.start)..target.end.min(span.end);
                for gap in uncovered(&target, covered.iter().cloned()) {
                    job.append_blocks(&gap, &parts, reference, &mut calls.blocks);
                }
            }
        }
        calls
    }

    /// All records, of either file.
    pub(super) fn records_mut(&mut self) -> impl Iterator<Item = &mut Record> {
        self.variants.iter_mut().chain(&mut self.detailed)
    }

    /// The lines of the gVCF file, by position.
    pub(super) fn lines(&self) -> Vec<Line<'_>> {
        let records = self.detailed.iter().map(Line::Record);
        let mut lines: Vec<_> = records.chain(self.blocks.iter().map(Line::Block)).collect();
        lines.sort_by_key(Line::position);
        lines
    }
}

impl Job<'_> {
    fn call(&self, span: Range<u32>) -> Part {
        let confidence = match self.plan.gvcf_header {
            Some(_) if self.reads.is_empty() => vec![Confidence::default(); span.len()],
            Some(_) => {
                let near = self.reads.around(&span);
                self.plan
                    .caller
                    .confidence(self.contig, span.clone(), &near)
            }
            None => Vec::new(),
        };
        let (sites, capped) = self.sites(span.clone());
        Part {
            span,
            sites,
            capped,
            confidence,
        }
    }

    fn sites(&self, span: Range<u32>) -> (Vec<SiteCall>, Capped) {
        if self.reads.is_empty() && !self.plan.caller.forces(self.contig, &span) {
            return Default::default();
        }
        let near = self.reads.around(&span);
        let mut scratch = self.scratches.take_or(Default::default);
        let caller = self.plan.caller;
        let called = caller.call_sites(self.contig, span, &near, &mut scratch);
        let capped = scratch.take_capped();
        self.scratches.give(scratch);
        (called, capped)
    }

    /// Appends the blocks of `gap`, which `parts` cover.
    fn append_blocks(
        &self,
        gap: &Range<u32>,
        parts: &[Part],
        reference: &Reference,
        out: &mut Vec<Block>,
    ) {
        let mut borders = vec![gap.start];
        borders.extend(self.plan.caller.ploidies().borders(self.contig));
        borders.retain(|border| gap.contains(border));
        borders.push(gap.end);
        borders.dedup();
        for piece in borders.windows(2) {
            self.append_piece(&(piece[0]..piece[1]), parts, reference, out);
        }
    }

    /// The same where the ploidy is one.
    fn append_piece(
        &self,
        piece: &Range<u32>,
        parts: &[Part],
        reference: &Reference,
        out: &mut Vec<Block>,
    ) {
        let caller = self.plan.caller;
        let options = caller.options();
        let blocks = Blocks {
            contig: self.contig,
            single: options.reference_confidence == ReferenceConfidence::BasePair,
            bands: &options.gvcf_bands,
            ploidy: caller.ploidies().at(self.contig, piece.start),
        };
        let first = parts.partition_point(|part| part.span.end <= piece.start);
        let of_part = |part: &Part| {
            let start = piece.start.max(part.span.start) - part.span.start;
            let end = piece.end.min(part.span.end) - part.span.start;
            part.confidence[start as usize..end as usize].to_vec()
        };
        let near = parts[first..]
            .iter()
            .take_while(|p| p.span.start < piece.end);
        let confidence: Vec<Confidence> = near.flat_map(of_part).collect();
        let mut bases = Vec::new();
        reference.bases(self.contig, piece.clone(), &mut bases);
        blocks.append(piece.start, &bases, &confidence, out);
    }
}
