//! The caller: regions of a span, and the records of a region.

use std::ops::Range;
use std::sync::Arc;

use fafnir_fpga_hal::{Hal, HalError, pairhmm};
use fafnir_io::bam::RecordView;
use fafnir_io::{ContigId, Reference, vcf};

use crate::assembly;
use crate::event::Event;
use crate::evidence::{
    BESIDE_REACH, MOST_SHIFT, TRACT_REACH, active_places, indel_end, indel_tract, slips_beside,
    walk,
};
use crate::forced::{self, ForcedAlleles};
use crate::genotype::{genotype, sites};
use crate::haplotype::{self, Haplotype, MOST_INSERTED};
use crate::likelihood::{self, Likelihoods, MARGIN};
use crate::linkage;
use crate::reads::{ReadIndex, RegionRead, region_reads};
use crate::record::{GVCF_HEADER, HEADER, Header, Sequence, site_call};
use crate::region::{self, Candidate, FOREIGN_REACH, HORIZON, LONGEST_PLACE, Region, SPREAD};
use crate::repeats::tracts;
use crate::{
    CallerOptions, Capped, Confidence, HALO, MAX_INDEL, Model, Ploidies, SiteCall, confidence,
};

/// Evidence is gathered this far beyond a span: places within [`HORIZON`] of it are found whole, with
/// the bases that their events were shifted over and what stands beside them.
const EVIDENCE_REACH: u32 = HORIZON + LONGEST_PLACE + BESIDE_REACH + MOST_SHIFT + 1;
/// Reference bases on both sides of a region's active bases that are assembled.
const ASSEMBLY_PADDING: u32 = 100;
/// Reference bases on both sides of the events that reads are compared over.
const COMPARISON_PADDING: u32 = 30;
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
/// A lone substitution this close to a repeat is compared by PairHMM.
const REPEAT_REACH: u32 = 8;
/// Repeats of at least this many bases make a place doubtful.
const DOUBTFUL_REPEAT: usize = 8;
/// So many reads tell haplotypes apart as well as more do: where not all cells can be afforded, reads
/// beyond them give way before any haplotype does.
const ENOUGH_READS: usize = 250;

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

/// The reference's codes around a region.
struct Around {
    offset: u32,
    bases: Vec<u8>,
}

impl Around {
    fn slice(&self, window: &Range<u32>) -> &[u8] {
        &self.bases[(window.start - self.offset) as usize..(window.end - self.offset) as usize]
    }

    fn end(&self) -> u32 {
        self.offset + self.bases.len() as u32
    }

    fn clamp(&self, from: u32, to: u32) -> Range<u32> {
        from.max(self.offset)..to.min(self.end())
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

    fn call_indexed(
        &self,
        region: &Region,
        index: &ReadIndex<'_>,
        scratch: &mut Scratch,
    ) -> Vec<SiteCall> {
        let wide = region.owned.start.saturating_sub(REFERENCE_REACH)
            ..(region.owned.end.max(region.active.end)).saturating_add(REFERENCE_REACH);
        let around = self.around(region.contig, &wide);
        scratch.reached = Capped {
            candidates: u64::from(region.is_crowded),
            ..Capped::default()
        };
        let mut sites = self.call_around(region, index, &around, scratch);
        let asked = self.forced.within(region.contig, &region.owned);
        let sequence = self.sequence(region, &around);
        forced::add_missing(asked, &mut sites, &sequence, &self.options.filters);
        sites
    }

    fn call_around(
        &self,
        region: &Region,
        index: &ReadIndex<'_>,
        around: &Around,
        scratch: &mut Scratch,
    ) -> Vec<SiteCall> {
        if let Some(event) = self.lone_substitution(region, around) {
            return self.call_substitution(region, event, index, around, scratch);
        }
        let haplotypes = self.haplotypes(region, index, around, scratch);
        if haplotypes.len() < 2 {
            return Vec::new();
        }
        match self.compare(region, haplotypes, index, around, scratch) {
            Ok(sites) => sites,
            // Lengths and cells are bounded above. To go on would be to say: no variant.
            Err(refusal) => unreachable!("a bounded PairHMM batch was refused: {refusal}"),
        }
    }

    /// The region's only candidate, if it is a substitution far from repeats.
    fn lone_substitution<'r>(&self, region: &'r Region, around: &Around) -> Option<&'r Event> {
        let [Candidate { event, .. }] = region.candidates.as_slice() else {
            return None;
        };
        if region.doubtful || event.is_indel() {
            return None;
        }
        let near = around.clamp(
            event.position.saturating_sub(REPEAT_REACH + 24),
            event.position + REPEAT_REACH + 24,
        );
        let mut found = Vec::new();
        tracts(around.slice(&near), &mut found);
        let reach = event.position.saturating_sub(REPEAT_REACH)..event.position + REPEAT_REACH + 1;
        let repeat = found.iter().any(|t| {
            t.end - t.start >= DOUBTFUL_REPEAT
                && near.start + (t.start as u32) < reach.end
                && near.start + t.end as u32 > reach.start
        });
        (!repeat).then_some(event)
    }

    fn call_substitution(
        &self,
        region: &Region,
        event: &Event,
        index: &ReadIndex<'_>,
        around: &Around,
        scratch: &mut Scratch,
    ) -> Vec<SiteCall> {
        let at = event.position;
        let (reads, is_crowded) = region_reads(index, &(at..at + 1), self.options.max_region_reads);
        scratch.reached.reads = u64::from(is_crowded);
        let reference = around.bases[(at - around.offset) as usize];
        let likelihoods = likelihood::by_base(&reads, at, reference, event.inserted[0]);
        self.sites_of(
            region,
            &[Vec::new(), vec![event.clone()]],
            &likelihoods,
            around,
        )
    }

    /// The haplotypes that assembly and pileup offer, as events in and near the region.
    fn haplotypes(
        &self,
        region: &Region,
        index: &ReadIndex<'_>,
        around: &Around,
        scratch: &mut Scratch,
    ) -> Vec<Haplotype> {
        let window = around.clamp(
            region.active.start.saturating_sub(ASSEMBLY_PADDING),
            region.active.end + ASSEMBLY_PADDING,
        );
        let (reads, is_crowded) = region_reads(index, &window, self.options.max_region_reads);
        let reference = around.slice(&window);
        let found = assembly::assemble(reference, &reads, self.options.min_base_quality);
        let assembled: Vec<Haplotype> = found
            .haplotypes
            .iter()
            .filter_map(|h| assembly::events(reference, h, window.start))
            .collect();
        let within =
            region.owned.start.saturating_sub(FOREIGN_REACH)..region.owned.end + FOREIGN_REACH;
        let extents: Vec<Range<u32>> = region
            .neighbourhood
            .iter()
            .map(|e| self.extent(e, around))
            .collect();
        let linked = linkage::linked(
            index,
            &region.neighbourhood,
            &extents,
            &around.bases,
            around.offset,
            self.options.max_region_reads,
        );
        let beside = region.candidates.iter().flat_map(|c| {
            let slips = slips_beside(&c.event, &around.bases, around.offset);
            slips
                .into_iter()
                .map(|event| Candidate { event, support: 0 })
        });
        let offered = region.candidates.iter().cloned().chain(beside);
        let offered: Vec<Candidate> = offered.collect();
        let too_long = assembled.len() < found.haplotypes.len();
        let gathered = haplotype::gather(
            linked,
            assembled,
            &offered,
            &within,
            self.options.max_haplotypes,
            |events| {
                let mut bases = Vec::new();
                let whole = around.offset..around.end();
                haplotype::sequence(events, &around.bases, around.offset, &whole, &mut bases);
                bases
            },
        );
        scratch.reached.reads = u64::from(is_crowded);
        scratch.reached.assembly = u64::from(found.is_limited);
        scratch.reached.unassembled = u64::from(found.is_impossible);
        scratch.reached.haplotypes = u64::from(gathered.is_full || too_long);
        gathered.haplotypes
    }

    fn compare(
        &self,
        region: &Region,
        mut haplotypes: Vec<Haplotype>,
        index: &ReadIndex<'_>,
        around: &Around,
        scratch: &mut Scratch,
    ) -> Result<Vec<SiteCall>, HalError> {
        let events = distinct(&haplotypes);
        let Some(informative) = events
            .iter()
            .map(|e| self.extent(e, around))
            .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
        else {
            return Ok(Vec::new());
        };
        let longest = events
            .iter()
            .map(|e| e.length_change().unsigned_abs() as u32)
            .max()
            .unwrap_or(0);
        let unique = beyond_repeats(&informative, around);
        let window = around.clamp(
            unique.start.saturating_sub(COMPARISON_PADDING),
            unique.end + COMPARISON_PADDING,
        );
        let inserted = haplotypes.iter().map(|h| haplotype::inserted(h)).max();
        let width = u64::from(window.end - window.start + 2 * (longest + 1 + MARGIN))
            + inserted.unwrap_or(0);
        // The HAL counts a batch's bases, which are fewer than its cells, in 32 bits.
        let cells = self.options.max_region_cells.min(u64::from(u32::MAX));
        let (mut reads, mut is_crowded) =
            region_reads(index, &window, self.options.max_region_reads);
        let affordable = |reads: &[RegionRead]| {
            let bases: u64 = reads.iter().map(|r| r.bases.len() as u64).sum();
            (cells / (bases * width).max(1)) as usize
        };
        if affordable(&reads) < haplotypes.len() {
            let longest = reads.iter().map(|r| r.bases.len() as u64).max();
            let fit = |haplotypes: usize| {
                let of_read = haplotypes as u64 * width * longest.unwrap_or(1);
                (cells / of_read.max(1)) as usize
            };
            let most = fit(haplotypes.len()).max(fit(2).min(ENOUGH_READS));
            (reads, is_crowded) = region_reads(index, &window, most);
            let most = affordable(&reads).max(2);
            scratch.reached.haplotypes |= u64::from(most < haplotypes.len());
            haplotypes.truncate(most);
        }
        scratch.reached.reads |= u64::from(is_crowded);
        let likelihoods = likelihood::pair_hmm(
            &reads,
            &likelihood::Candidates {
                haplotypes: &haplotypes,
                bases: &around.bases,
                offset: around.offset,
                informative,
                longest,
            },
            &self.model,
            &self.hal,
            &mut scratch.work,
        )?;
        Ok(self.sites_of(region, &haplotypes, &likelihoods, around))
    }

    fn sites_of(
        &self,
        region: &Region,
        haplotypes: &[Haplotype],
        likelihoods: &Likelihoods,
        around: &Around,
    ) -> Vec<SiteCall> {
        let events = distinct(haplotypes);
        let priors: Vec<f64> = events.iter().map(|e| self.log_prior(e, around)).collect();
        let prior = |event: &Event| events.binary_search(event).map_or(0.0, |at| priors[at]);
        let sites = sites(haplotypes, prior);
        let ploidy = self.ploidy(region);
        let genotypes = genotype(likelihoods, haplotypes, &sites, ploidy, prior);
        let sequence = self.sequence(region, around);
        let asked = self.forced.within(region.contig, &region.owned);
        sites
            .iter()
            .zip(&genotypes)
            .filter(|(site, _)| region.owned.contains(&site.position))
            .filter_map(|(site, genotypes)| {
                site_call(
                    site,
                    genotypes,
                    likelihoods,
                    &sequence,
                    asked,
                    &self.options,
                )
            })
            .collect()
    }

    fn ploidy(&self, region: &Region) -> u8 {
        self.ploidies.at(region.contig, region.owned.start)
    }

    fn sequence<'a>(&self, region: &Region, around: &'a Around) -> Sequence<'a> {
        Sequence {
            contig: region.contig,
            bases: &around.bases,
            offset: around.offset,
            ploidy: self.ploidy(region),
        }
    }

    /// The bases that a read must cover to tell the event.
    fn extent(&self, event: &Event, around: &Around) -> Range<u32> {
        let end = indel_end(event, &around.bases, around.offset);
        event.anchor()..(end + 1).min(around.end())
    }

    fn log_prior(&self, event: &Event, around: &Around) -> f64 {
        let phred = if event.is_indel() {
            indel_tract(event, &around.bases, around.offset).map_or_else(
                || self.model.indel_prior(),
                |t| self.model.repeat_indel_prior(t.period, t.repeats()),
            )
        } else {
            self.model.substitution_prior()
        };
        -f64::from(phred) / 10.0
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

/// The events of all haplotypes, each once, in order.
fn distinct(haplotypes: &[Haplotype]) -> Vec<Event> {
    let mut events: Vec<Event> = haplotypes.iter().flatten().cloned().collect();
    events.sort();
    events.dedup();
    events
}

/// `window` with the repeats that it ends in, up to [`TRACT_REACH`] bases on each side: a read that is
/// cut within a repeat fits any number of its units.
fn beyond_repeats(window: &Range<u32>, around: &Around) -> Range<u32> {
    let most = around.clamp(
        window.start.saturating_sub(TRACT_REACH),
        window.end + TRACT_REACH,
    );
    let mut found = Vec::new();
    tracts(around.slice(&most), &mut found);
    found.retain(|t| t.end - t.start >= DOUBTFUL_REPEAT);
    let mut wide = window.clone();
    // A repeat beside a repeat, as GT beside GC, counts too.
    for _ in 0..3 {
        for tract in &found {
            let (start, end) = (
                most.start + tract.start as u32,
                most.start + tract.end as u32,
            );
            if start <= wide.end && end >= wide.start {
                wide = wide.start.min(start)..wide.end.max(end);
            }
        }
    }
    wide
}
