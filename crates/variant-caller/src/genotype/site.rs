//! Places at which haplotypes differ, and their alleles.

use super::together::Together;
use super::{LOG_HOMOZYGOUS, log_sum};
use crate::event::Event;

/// A fragment tells alleles apart by this log10 ratio or more (GATK).
const INFORMATIVE: f64 = 0.2;

/// What a haplotype has at a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Allele {
    /// The reference, or these events.
    Events(Vec<Event>),
    /// Nothing: a deletion that began before covers the site. VCF's `*`.
    Spanned,
}

/// A place at which haplotypes differ, and what each has there.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// 0-based POS.
    pub(crate) position: u32,
    /// Allele 0 is the reference.
    pub(crate) alleles: Vec<Allele>,
    /// Allele of each haplotype.
    pub(super) of: Vec<usize>,
    /// log10 prior of one copy of each allele.
    pub(super) priors: Vec<f64>,
}

/// The sites at which `haplotypes` differ from the reference, by position.
pub(crate) fn sites(haplotypes: &[Vec<Event>], prior: impl Fn(&Event) -> f64) -> Vec<Site> {
    let mut positions: Vec<u32> = haplotypes.iter().flatten().map(Event::anchor).collect();
    positions.sort_unstable();
    positions.dedup();
    positions
        .into_iter()
        .map(|position| {
            let mut alleles = vec![Allele::Events(Vec::new())];
            let of: Vec<usize> = haplotypes
                .iter()
                .map(|haplotype| {
                    let allele = allele_at(haplotype, position);
                    alleles
                        .iter()
                        .position(|a| *a == allele)
                        .unwrap_or_else(|| {
                            alleles.push(allele);
                            alleles.len() - 1
                        })
                })
                .collect();
            let priors: Vec<f64> = alleles
                .iter()
                .map(|allele| match allele {
                    Allele::Events(events) => events.iter().map(&prior).sum(),
                    Allele::Spanned => 0.0,
                })
                .collect();
            Site {
                position,
                alleles,
                of,
                priors,
            }
        })
        .collect()
}

fn allele_at(haplotype: &[Event], position: u32) -> Allele {
    let here: Vec<Event> = haplotype
        .iter()
        .filter(|e| e.anchor() == position)
        .cloned()
        .collect();
    let spanned = here.is_empty()
        && haplotype
            .iter()
            .any(|e| e.anchor() < position && position < e.end());
    if spanned {
        Allele::Spanned
    } else {
        Allele::Events(here)
    }
}

impl Site {
    pub(super) fn is_indel(&self, allele: usize) -> bool {
        match &self.alleles[allele] {
            Allele::Events(events) => events.iter().any(Event::is_indel),
            Allele::Spanned => true,
        }
    }

    pub(crate) fn is_variant(&self, allele: usize) -> bool {
        allele != 0 && self.alleles[allele] != Allele::Spanned
    }

    /// log10 prior of a genotype.
    pub(crate) fn prior(&self, x: usize, y: usize, ploidy: u8) -> f64 {
        let homozygous = self.is_homozygous(x, y, ploidy);
        self.alleles_prior(x, y) + if homozygous { LOG_HOMOZYGOUS } else { 0.0 }
    }

    /// log10 prior that a genotype's variant alleles are there, in whatever number.
    pub(super) fn alleles_prior(&self, x: usize, y: usize) -> f64 {
        match (self.is_variant(x), self.is_variant(y)) {
            (false, false) => 0.0,
            (true, false) => self.priors[x],
            (false, true) => self.priors[y],
            (true, true) if x == y => self.priors[x],
            (true, true) => Together::of([x, y].into_iter().map(|a| self.priors[a])).all(),
        }
    }

    /// Whether both copies have the same variant allele.
    pub(super) fn is_homozygous(&self, x: usize, y: usize, ploidy: u8) -> bool {
        ploidy > 1 && x == y && self.is_variant(x)
    }

    /// Alleles of each genotype in VCF's order.
    pub(crate) fn genotypes(&self, ploidy: u8) -> Vec<(usize, usize)> {
        let count = self.alleles.len();
        if ploidy == 1 {
            return (0..count).map(|a| (a, a)).collect();
        }
        (0..count)
            .flat_map(|y| (0..=y).map(move |x| (x, y)))
            .collect()
    }

    pub(super) fn index(&self, a: usize, b: usize, ploidy: u8) -> usize {
        let (x, y) = (self.of[a].min(self.of[b]), self.of[a].max(self.of[b]));
        if ploidy == 1 { x } else { y * (y + 1) / 2 + x }
    }

    /// log10 that the site has no variant allele.
    pub(crate) fn log_no_variant(&self, posteriors: &[f64], ploidy: u8) -> f64 {
        log_sum(
            self.genotypes(ploidy)
                .iter()
                .zip(posteriors)
                .filter(|((x, y), _)| !self.is_variant(*x) && !self.is_variant(*y))
                .map(|(_, &p)| p),
        )
    }

    /// log10 likelihood of each allele for a fragment: that of its best haplotype.
    pub(crate) fn allele_likelihoods(&self, row: &[f64]) -> Vec<f64> {
        let mut best = vec![f64::NEG_INFINITY; self.alleles.len()];
        for (value, &allele) in row.iter().zip(&self.of) {
            best[allele] = best[allele].max(*value);
        }
        best
    }
}

/// The allele that a fragment shows, if it tells those of `among` apart.
pub(crate) fn informative_allele(likelihoods: &[f64], among: &[usize]) -> Option<usize> {
    let best = among
        .iter()
        .copied()
        .max_by(|&a, &b| likelihoods[a].total_cmp(&likelihoods[b]).then(b.cmp(&a)))?;
    among
        .iter()
        .filter(|&&a| a != best)
        .all(|&a| likelihoods[best] - likelihoods[a] >= INFORMATIVE)
        .then_some(best)
}
