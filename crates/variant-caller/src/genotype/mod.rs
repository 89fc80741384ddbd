//! Genotypes: all pairs of haplotypes are weighed at once, so that events which stand together or
//! exclude each other are judged together; then each site's genotypes are read off.

mod correlated_errors;
mod linear;
mod site;
mod together;

use crate::event::Event;
use crate::haplotype::Haplotype;
use crate::likelihood::Likelihoods;

use correlated_errors::ERROR_COMPANY;
use linear::Linear;
pub(crate) use site::{Allele, Site, informative_allele, sites};
use together::Together;

/// Homozygous variants are half as frequent as heterozygous ones.
const LOG_HOMOZYGOUS: f64 = -std::f64::consts::LOG10_2;
/// Values this far (log10) below the largest do not change a sum.
const NEGLIGIBLE: f64 = 12.0;

/// A site's genotypes.
#[derive(Clone, Debug)]
pub(crate) struct Genotypes {
    /// log10 likelihood of each genotype, in VCF's order.
    pub(crate) likelihoods: Vec<f64>,
    /// log10 posterior, normalised.
    pub(crate) posteriors: Vec<f64>,
}

/// log10 of the sum of 10^value.
pub(crate) fn log_sum(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        return most;
    }
    let sum: f64 = values
        .filter(|v| *v > most - NEGLIGIBLE)
        .map(|v| libm::exp10(v - most))
        .sum();
    most + libm::log10(sum)
}

/// A pair of haplotypes, its log10 likelihood and the log10 priors of its genotypes at all sites.
struct Pair {
    first: usize,
    second: usize,
    likelihood: f64,
    priors: Together,
    /// Sites at which it is homozygous for a variant. Both copies have them from one ancestor: that has its
    /// prior once.
    homozygous: usize,
}

impl Pair {
    /// log10 prior that it is homozygous at so many sites.
    fn log_homozygous(sites: usize) -> f64 {
        if sites > 0 { LOG_HOMOZYGOUS } else { 0.0 }
    }

    /// log10 of likelihood and prior.
    fn weight(&self) -> f64 {
        self.likelihood + self.priors.all() + Self::log_homozygous(self.homozygous)
    }

    /// The same without the prior of its genotype at `site`.
    fn weight_without(&self, site: &Site, ploidy: u8) -> f64 {
        let (x, y) = (site.of[self.first], site.of[self.second]);
        let elsewhere = if site.is_homozygous(x, y, ploidy) {
            0
        } else {
            self.homozygous
        };
        self.likelihood
            + self.priors.without(site.alleles_prior(x, y))
            + Self::log_homozygous(elsewhere)
    }
}

/// Genotypes of each site. `prior` is the log10 prior of one copy of an event.
pub(crate) fn genotype(
    likelihoods: &Likelihoods,
    haplotypes: &[Haplotype],
    sites: &[Site],
    ploidy: u8,
    prior: impl Fn(&Event) -> f64,
) -> Vec<Genotypes> {
    let linear = Linear::new(likelihoods);
    let mut pairs = linear.pairs(ploidy);
    for pair in &mut pairs {
        pair.priors = Together::of(
            sites
                .iter()
                .map(|s| s.alleles_prior(s.of[pair.first], s.of[pair.second])),
        );
        let is_homozygous =
            |s: &&Site| s.is_homozygous(s.of[pair.first], s.of[pair.second], ploidy);
        pair.homozygous = sites.iter().filter(is_homozygous).count();
    }
    let weights = |a: &&Pair, b: &&Pair| a.weight().total_cmp(&b.weight());
    let best = pairs.iter().max_by(weights);
    sites
        .iter()
        .map(|site| {
            let genotypes = site.genotypes(ploidy);
            let mut values: Vec<Vec<f64>> = vec![Vec::new(); genotypes.len()];
            // The best pair without a variant here, and what is known of it without the site's prior.
            let mut without: Option<(f64, &Pair)> = None;
            for pair in &pairs {
                let (x, y) = (site.of[pair.first], site.of[pair.second]);
                let value = pair.weight_without(site, ploidy);
                values[site.index(pair.first, pair.second, ploidy)].push(value);
                let free = !site.is_variant(x) && !site.is_variant(y);
                if free && without.is_none_or(|(most, _)| value > most) {
                    without = Some((value, pair));
                }
            }
            let mut likelihoods: Vec<f64> =
                values.iter().map(|v| log_sum(v.iter().copied())).collect();
            if let (Some(best), Some((_, without))) = (best, without) {
                let variant = |h: usize| site.is_variant(site.of[h]);
                // What `foreign` has that neither of a pair's haplotypes has.
                let news = |foreign: usize, pair: &Pair| {
                    let known = |e: &Event| {
                        haplotypes[pair.first].contains(e) || haplotypes[pair.second].contains(e)
                    };
                    let new = haplotypes[foreign].iter().filter(|e| !known(e));
                    Together::of(new.map(&prior))
                };
                let against = [best.first, best.second]
                    .into_iter()
                    .filter(|&h| variant(h))
                    .map(|foreign| {
                        let own = site.priors[site.of[foreign]];
                        let company = news(foreign, without).without(own);
                        let indel = site.is_indel(site.of[foreign]);
                        let strands =
                            linear.one_strand(without, foreign, indel) + ERROR_COMPANY * company;
                        let elsewhere = linear.elsewhere(without, foreign) + own + company;
                        strands.max(elsewhere)
                    })
                    .fold(0.0, f64::max);
                likelihoods[site.index(without.first, without.second, ploidy)] += against;
                if variant(best.first) || variant(best.second) {
                    let astray = [without.first, without.second]
                        .into_iter()
                        .filter(|&h| h != best.first && h != best.second)
                        .map(|foreign| linear.elsewhere(best, foreign) + news(foreign, best).all())
                        .fold(0.0, f64::max);
                    likelihoods[site.index(best.first, best.second, ploidy)] += astray;
                }
            }
            let joint: Vec<f64> = likelihoods
                .iter()
                .zip(&genotypes)
                .map(|(l, &(x, y))| l + site.prior(x, y, ploidy))
                .collect();
            let total = log_sum(joint.iter().copied());
            Genotypes {
                likelihoods,
                posteriors: joint.iter().map(|p| p - total).collect(),
            }
        })
        .collect()
}
