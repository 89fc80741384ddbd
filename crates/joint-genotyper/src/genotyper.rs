//! From what the samples have in a span to records.

use std::ops::Range;

use fafnir_io::ContigId;
use fafnir_io::vcf::FieldLine;

use crate::column::Column;
use crate::evidence::{Cursor, Evidence, Known};
use crate::family::{self, likeliest};
use crate::frequency::Cohort;
use crate::genotype;
use crate::header;
use crate::options::JointOptions;
use crate::pedigree::{Family, Pedigree};
use crate::quality::quality;
use crate::record::{self, Call, Found, JointRecord};
use crate::site::Site;

/// Genotypes samples together.
#[derive(Clone, Debug)]
pub struct Genotyper {
    options: JointOptions,
    samples: usize,
    families: Vec<Family>,
    incomplete: usize,
}

/// The records of a span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Genotyped {
    /// The records, in order.
    pub records: Vec<JointRecord>,
    /// Sites at which alleles were left out because there were too many.
    pub reduced: u64,
}

impl Genotyper {
    /// A genotyper of these `samples`, in the order of their columns.
    pub fn new(options: JointOptions, samples: &[String], pedigree: Option<&Pedigree>) -> Self {
        let families = pedigree.map(|pedigree| pedigree.families(samples));
        let (families, incomplete) = families.unwrap_or_default();
        Self {
            options,
            samples: samples.len(),
            families,
            incomplete,
        }
    }

    /// The options.
    pub fn options(&self) -> &JointOptions {
        &self.options
    }

    /// Children whose parents are both among the samples.
    pub fn trios(&self) -> usize {
        self.families
            .iter()
            .map(|family| family.children.len())
            .sum()
    }

    /// Children of the pedigree who lack a parent among the samples.
    pub fn incomplete_trios(&self) -> usize {
        self.incomplete
    }

    /// `##INFO` lines of the records.
    pub fn infos(&self) -> &'static [FieldLine] {
        header::INFOS
    }

    /// `##FORMAT` lines of the records.
    pub fn formats(&self) -> impl Iterator<Item = FieldLine> {
        let family: &[FieldLine] = if self.families.is_empty() {
            &[]
        } else {
            header::FAMILY_FORMATS
        };
        header::FORMATS.iter().chain(family).copied()
    }

    /// The records whose POS lies in the 0-based, half-open `span` of `contig` and of whose bases
    /// `wanted` takes some. `columns` are those of all samples for the span.
    ///
    /// # Panics
    /// When there are not as many columns as samples.
    pub fn genotype(
        &self,
        contig: ContigId,
        span: &Range<u32>,
        columns: &[Column],
        wanted: impl Fn(&Range<u32>) -> bool,
    ) -> Genotyped {
        assert_eq!(columns.len(), self.samples, "a column for each sample");
        let mut positions: Vec<u32> = columns
            .iter()
            .flat_map(|column| &column.variants)
            .filter(|variant| span.contains(&variant.site.position) && variant.site.is_open())
            .map(|variant| variant.site.position)
            .collect();
        positions.sort_unstable();
        positions.dedup();
        let mut cursors = vec![Cursor::default(); columns.len()];
        let mut genotyped = Genotyped::default();
        for position in positions {
            let known: Vec<Known<'_>> = columns
                .iter()
                .zip(&mut cursors)
                .map(|(column, cursor)| cursor.at(column, position))
                .collect();
            let Some((site, dropped)) = Site::merge(position, &known, self.options.max_alternates)
            else {
                continue;
            };
            if !wanted(&site.bases()) {
                continue;
            }
            genotyped.reduced += u64::from(dropped > 0);
            let found = self.site(site, &known);
            let found = found.filter(|found| wanted(&found.site.bases()));
            let families = !self.families.is_empty();
            let record = found.map(|found| found.into_record(contig, families));
            genotyped.records.extend(record);
        }
        genotyped
    }

    /// The record of a site, where some sample has a variant there with enough confidence.
    fn site(&self, mut site: Site, known: &[Known<'_>]) -> Option<Found> {
        loop {
            let samples: Vec<Evidence> = known
                .iter()
                .map(|known| Evidence::new(*known, &site))
                .collect();
            let cohort = Cohort::new(&site, &samples, &self.options);
            let snp = (0..site.alleles()).any(|a| site.is_variant(a) && !site.is_indel(a));
            let theta = match snp {
                true => self.options.snp_heterozygosity,
                false => self.options.indel_heterozygosity,
            };
            let quality = quality(&site, &samples, &cohort.frequencies, theta);
            if quality < self.options.emit_confidence {
                return None;
            }
            let calls = self.calls(&site, &samples, &cohort);
            let mut carried = vec![0_u64; site.alleles()];
            for (a, b) in calls.iter().filter_map(|call| call.alleles) {
                carried[a] += 1;
                carried[b] += 1;
            }
            if !(0..site.alleles()).any(|a| site.is_variant(a) && carried[a] > 0) {
                return None;
            }
            if carried[1..].contains(&0) {
                site.retain(|allele| carried[allele] > 0);
                continue;
            }
            let mapping = record::mapping_quality(known);
            site.trim();
            return Some(Found {
                site,
                quality,
                mapping,
                samples,
                calls,
            });
        }
    }

    fn calls(&self, site: &Site, samples: &[Evidence], cohort: &Cohort) -> Vec<Call> {
        let mut calls: Vec<Call> = samples
            .iter()
            .enumerate()
            .map(|(number, sample)| match cohort.posteriors(number) {
                Some(posteriors) => Call::new(site, sample.ploidy, posteriors.to_vec(), None),
                None => Call::default(),
            })
            .collect();
        let indel = (0..site.alleles()).any(|a| site.is_variant(a) && site.is_indel(a));
        let threshold = match indel {
            true => self.options.indel_denovo_quality,
            false => self.options.snp_denovo_quality,
        };
        // A sample's own parents say more of it than its children do.
        let mut is_child = vec![false; samples.len()];
        for family in &self.families {
            for member in family::members(family, samples, cohort, &self.options, threshold) {
                let number = member.sample;
                let child = family.children.contains(&number);
                if is_child[number] && !child {
                    continue;
                }
                is_child[number] |= child;
                let sample = &samples[number];
                let mut call = Call::new(site, sample.ploidy, member.posteriors, member.forced);
                call.denovo = member.denovo;
                calls[number] = call;
            }
        }
        calls
    }
}

impl Call {
    fn new(site: &Site, ploidy: u8, posteriors: Vec<f64>, forced: Option<usize>) -> Self {
        let best = forced.unwrap_or_else(|| likeliest(&posteriors));
        let others = posteriors
            .iter()
            .enumerate()
            .filter(|(number, _)| *number != best);
        let wrong: f64 = others.map(|(_, posterior)| posterior).sum();
        Self {
            ploidy,
            alleles: genotype::all(site.alleles(), ploidy).nth(best),
            wrong,
            posteriors,
            denovo: None,
        }
    }
}
