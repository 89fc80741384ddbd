//! The sites of a region: its haplotypes, how well they explain the reads, and the genotypes.

use std::ops::Range;

use fafnir_fpga_hal::HalError;

use super::around::{Around, DOUBTFUL_REPEAT, beyond_repeats};
use super::{Caller, REFERENCE_REACH, Scratch};
use crate::assembly;
use crate::event::Event;
use crate::evidence::{indel_end, indel_tract, slips_beside};
use crate::forced;
use crate::genotype::{genotype, sites};
use crate::haplotype::{self, Haplotype};
use crate::likelihood::{self, Likelihoods, MARGIN};
use crate::linkage;
use crate::reads::{ReadIndex, RegionRead, region_reads};
use crate::record::{Sequence, site_call};
use crate::region::{Candidate, FOREIGN_REACH, Region};
use crate::repeats::tracts;
use crate::{Capped, SiteCall};

/// Reference bases on both sides of a region's active bases that are assembled.
pub(super) const ASSEMBLY_PADDING: u32 = 100;
/// Reference bases on both sides of the events that reads are compared over.
pub(super) const COMPARISON_PADDING: u32 = 30;
/// A lone substitution this close to a repeat is compared by PairHMM.
const REPEAT_REACH: u32 = 8;
/// So many reads tell haplotypes apart as well as more do: where not all cells can be afforded, reads
/// beyond them give way before any haplotype does.
const ENOUGH_READS: usize = 250;

impl Caller {
    pub(super) fn call_indexed(
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
}

/// The events of all haplotypes, each once, in order.
fn distinct(haplotypes: &[Haplotype]) -> Vec<Event> {
    let mut events: Vec<Event> = haplotypes.iter().flatten().cloned().collect();
    events.sort();
    events.dedup();
    events
}
