//! The caller: regions of a span, and the records of a region.

mod around;
mod sites;

use std::ops::Range;
use std::sync::Arc;

use fafnir_fpga_hal::{Hal, pairhmm};
use fafnir_io::bam::RecordView;
use fafnir_io::{ContigId, Reference, vcf};

use crate::evidence::{BESIDE_REACH, MOST_SHIFT, TRACT_REACH, active_places, walk};
use crate::forced::{self, ForcedAlleles};
use crate::haplotype::MOST_INSERTED;
use crate::likelihood::{self, MARGIN};
use crate::reads::ReadIndex;
use crate::record::{GVCF_HEADER, HEADER, Header};
use crate::region::{self, HORIZON, LONGEST_PLACE, Region, SPREAD};
use crate::{
    CallerOptions, Capped, Confidence, HALO, MAX_INDEL, Model, Ploidies, SiteCall, confidence,
};

use around::Around;
use sites::{ASSEMBLY_PADDING, COMPARISON_PADDING};

/// Evidence is gathered this far beyond a span: places within [`HORIZON`] of it are found whole, with
/// the bases that their events were shifted over and what stands beside them.
const EVIDENCE_REACH: u32 = HORIZON + LONGEST_PLACE + BESIDE_REACH + MOST_SHIFT + 1;
/// Reference bases on both sides of a region at hand: all that a read can be compared with.
const REFERENCE_REACH: u32 = EVENT_REACH + MAX_INDEL + 1 + MARGIN;
/// Reads are compared this far beyond a region's active bases: over the tract of an event that ends
/// with the assembled bases, and over what repeats beside it.
const EVENT_REACH: u32 = ASSEMBLY_PADDING + 2 * TRACT_REACH + 1 + COMPARISON_PADDING;

// Reads of the halo show all that a span's regions look at.
const _: () = assert!(EVIDENCE_REACH <= HALO && SPREAD + EVENT_REACH <= HALO);
// The HAL takes every haplotype and every read.
const _: () = assert!(
    ((SPREAD + 2 * REFERENCE_REACH + MOST_INSERTED) as usize) < pairhmm::MAX_LENGTH
        && ((SPREAD + 2 * EVENT_REACH + MAX_INDEL) as usize) < pairhmm::MAX_LENGTH
);

/// Calls germline variants; shared between threads.
#[derive(Clone, Debug)]
pub struct Caller {
    options: CallerOptions,
    reference: Arc<Reference>,
    model: Model,
    hal: Hal,
    ploidies: Ploidies,
    forced: Arc<ForcedAlleles>,
}

/// Buffers of one thread.
#[derive(Debug, Default)]
pub struct Scratch {
    work: likelihood::Workspace,
    /// What the region at hand reached, each 0 or 1.
    reached: Capped,
    capped: Capped,
}

impl Scratch {
    /// PairHMM cells (read bases by haplotype bases) asked for so far.
    pub fn pairhmm_cells(&self) -> u64 {
        self.work.cells
    }

    /// Gives the regions that reached a limit since this was last asked: what was beyond it was left out.
    pub fn take_capped(&mut self) -> Capped {
        std::mem::take(&mut self.capped)
    }
}

impl Caller {
    /// A caller of the sample that `options` names.
    pub fn new(options: CallerOptions, reference: Arc<Reference>, model: Model, hal: Hal) -> Self {
        Self {
            ploidies: Ploidies::uniform(options.ploidy),
            options,
            reference,
            model,
            hal,
            forced: Arc::default(),
        }
    }

    /// The same caller that genotypes these alleles too, whether reads show them or not. Calls near them
    /// are made together with them.
    #[must_use]
    pub fn with_forced(self, forced: ForcedAlleles) -> Self {
        Self {
            forced: Arc::new(forced),
            ..self
        }
    }

    /// Whether records may begin in `span` where there is no read.
    pub fn forces(&self, contig: ContigId, span: &Range<u32>) -> bool {
        !self.forced.within(contig, span).is_empty()
    }

    /// The same caller for a sample with so many copies of each base.
    #[must_use]
    pub fn with_ploidies(self, ploidies: Ploidies) -> Self {
        Self { ploidies, ..self }
    }

    /// The same caller with another model.
    #[must_use]
    pub fn with_model(self, model: Model) -> Self {
        Self { model, ..self }
    }

    /// How many copies of each base the sample has.
    pub fn ploidies(&self) -> &Ploidies {
        &self.ploidies
    }

    /// The options.
    pub fn options(&self) -> &CallerOptions {
        &self.options
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The header lines that the records refer to.
    pub fn header(&self) -> Header {
        Header {
            filters: self.options.filters.lines(),
            ..HEADER
        }
    }

    /// The header lines that the records of a gVCF file refer to beside those of [`Self::header`].
    pub fn gvcf_header(&self) -> Header {
        GVCF_HEADER
    }

    /// Finds the regions that overlap the 0-based half-open `span`, by position. `reads` are the
    /// sorted records that overlap the span widened by [`HALO`].
    pub fn find_regions(
        &self,
        contig: ContigId,
        span: Range<u32>,
        reads: &[RecordView<'_>],
    ) -> Vec<Region> {
        let index = ReadIndex::new(reads, contig.0, &self.options);
        self.regions_of(contig, &span, &index)
    }

    /// Calls the variants that begin in `region.span()`. `reads` are sorted records, among them all
    /// that overlap the region widened by [`HALO`].
    pub fn call_region(
        &self,
        region: &Region,
        reads: &[RecordView<'_>],
        scratch: &mut Scratch,
    ) -> Vec<vcf::Record> {
        let index = ReadIndex::new(reads, region.contig.0, &self.options);
        let sites = self.call_indexed(region, &index, scratch);
        scratch.capped.merge(&scratch.reached.of_region());
        sites.into_iter().filter_map(|site| site.variant).collect()
    }

    /// Calls the variants whose POS lies in the 0-based half-open `span`, by position. `reads` are
    /// the sorted records that overlap the span widened by [`HALO`].
    pub fn call_span(
        &self,
        contig: ContigId,
        span: Range<u32>,
        reads: &[RecordView<'_>],
        scratch: &mut Scratch,
    ) -> Vec<vcf::Record> {
        let sites = self.call_sites(contig, span, reads, scratch);
        sites.into_iter().filter_map(|site| site.variant).collect()
    }

    /// As [`Self::call_span`], with what [`phase`](fn@crate::phase) and a gVCF file need.
    pub fn call_sites(
        &self,
        contig: ContigId,
        span: Range<u32>,
        reads: &[RecordView<'_>],
        scratch: &mut Scratch,
    ) -> Vec<SiteCall> {
        let index = ReadIndex::new(reads, contig.0, &self.options);
        let mut sites = Vec::new();
        for region in self.regions_of(contig, &span, &index) {
            let found = self.call_indexed(&region, &index, scratch);
            if span.contains(&region.owned.start) {
                scratch.capped.merge(&scratch.reached.of_region());
            }
            sites.extend(found.into_iter().filter(|s| span.contains(&s.position())));
        }
        sites
    }

    /// What the reads say of each base of the 0-based half-open `span`, which ends with the contig at the
    /// latest. `reads` are the sorted records that overlap the span widened by [`HALO`].
    pub fn confidence(
        &self,
        contig: ContigId,
        span: Range<u32>,
        reads: &[RecordView<'_>],
    ) -> Vec<Confidence> {
        let index = ReadIndex::new(reads, contig.0, &self.options);
        let length = self.length(contig);
        let around = self.around(contig, &confidence::around(&span, length));
        confidence::walk(&index, &span, length, &around.bases)
    }

    fn regions_of(
        &self,
        contig: ContigId,
        span: &Range<u32>,
        index: &ReadIndex<'_>,
    ) -> Vec<Region> {
        let length = self.length(contig);
        if span.start >= span.end.min(length) {
            return Vec::new();
        }
        let window = span.start.saturating_sub(EVIDENCE_REACH)
            ..span.end.saturating_add(EVIDENCE_REACH).min(length);
        let around = self.around(contig, &window);
        let mut evidence = walk(index, &window, &around.bases, self.options.min_base_quality);
        let mut places = active_places(&mut evidence, &self.model, &around.bases, around.offset);
        let asked = self.forced.within(contig, &window);
        if !asked.is_empty() {
            let asked = asked.iter();
            places.extend(asked.map(|e| forced::place(e, &around.bases, around.offset)));
            places.sort_by_key(|place| (place.span.start, place.span.end));
        }
        let borders = self.ploidies.borders(contig);
        let mut regions = region::cut(contig, length, &borders, &places);
        regions.retain(|r| {
            r.owned.start < span.end
                && r.owned.end > span.start
                && self.ploidies.at(contig, r.owned.start) > 0
        });
        regions
    }

    fn around(&self, contig: ContigId, window: &Range<u32>) -> Around {
        let mut bases = Vec::new();
        self.reference.bases(contig, window.clone(), &mut bases);
        Around {
            offset: window.start,
            bases,
        }
    }

    fn length(&self, contig: ContigId) -> u32 {
        self.reference
            .contigs()
            .get(contig.0 as usize)
            .map_or(0, |c| c.length)
    }
}
