//! QUAL: how sure it is that some sample has a variant.
//!
//! Each number `k` of variant copies among all `m` is weighed with the samples' likelihoods. Given
//! `k`, copies lie on any of the samples alike, which adds sample after sample (Li 2011, equation 20):
//! the chance that a sample has `g` of them is hypergeometric. The prior of `k` copies is that of
//! neutral sites, `theta / k`.

use crate::evidence::Evidence;
use crate::frequency::Frequencies;
use crate::genotype;
use crate::site::Site;

/// Numbers of copies so much less likely than the likeliest change no sum.
const NEGLIGIBLE: f64 = 1e-20;

/// Likelihoods of 0, 1 and 2 variant copies, the largest 1, and log10 of the first.
#[derive(Clone, Copy, Debug)]
struct Copies {
    ploidy: u8,
    linear: [f64; 3],
    log_none: f64,
}

/// Phred of the probability that no sample has a variant allele at the site.
pub(crate) fn quality(
    site: &Site,
    samples: &[Evidence],
    frequencies: &Frequencies,
    theta: f64,
) -> f64 {
    let shares = Shares::new(site, frequencies);
    let mut cached: Option<(&Evidence, Copies)> = None;
    let copies = samples
        .iter()
        .filter(|sample| !sample.is_empty())
        .map(|sample| {
            // Neighbours are often alike.
            let copies = match cached {
                Some((last, copies))
                    if last.likelihoods == sample.likelihoods && last.ploidy == sample.ploidy =>
                {
                    copies
                }
                _ => shares.copies(sample),
            };
            cached = Some((sample, copies));
            copies
        });
    let odds = log10_odds(copies, theta);
    match odds {
        odds if odds > 15.0 => 10.0 * odds,
        odds => 10.0 * libm::log10(1.0 + libm::exp10(odds)),
    }
}

/// log10 of the odds that there are variant copies.
fn log10_odds(samples: impl Iterator<Item = Copies>, theta: f64) -> f64 {
    // `values[i]` is the likelihood of `low + i` copies among `total`, times 10^-scale.
    let (mut values, mut low, mut total) = (vec![1.0_f64], 0_usize, 0_usize);
    let (mut scale, mut log_none) = (0.0, 0.0);
    let mut next = Vec::new();
    for sample in samples {
        log_none += sample.log_none;
        let ploidy = usize::from(sample.ploidy);
        total += ploidy;
        next.clear();
        let [l0, l1, l2] = sample.linear;
        let all = total as f64;
        let before = |k: usize, less: usize| match k.checked_sub(low + less) {
            Some(i) => values.get(i).copied().unwrap_or(0.0),
            None => 0.0,
        };
        for k in low..low + values.len() + ploidy {
            let (with, without) = (k as f64, all - k as f64);
            next.push(match ploidy {
                1 => (without * l0 * before(k, 0) + with * l1 * before(k, 1)) / all,
                _ => {
                    let sum = without * (without - 1.0) * l0 * before(k, 0)
                        + 2.0 * with * without * l1 * before(k, 1)
                        + with * (with - 1.0) * l2 * before(k, 2);
                    sum / (all * (all - 1.0))
                }
            });
        }
        let most = next.iter().copied().fold(0.0, f64::max);
        let counts = |value: &&f64| **value <= most * NEGLIGIBLE;
        let head = next.iter().take_while(counts).count();
        let tail = next.iter().rev().take_while(counts).count();
        scale += libm::log10(most);
        low += head;
        values.clear();
        values.extend(
            next[head..next.len() - tail]
                .iter()
                .map(|value| value / most),
        );
    }
    let variant: f64 = values
        .iter()
        .enumerate()
        .map(|(i, value)| (low + i, value))
        .filter(|(k, _)| *k > 0)
        .map(|(k, value)| theta / k as f64 * value)
        .sum();
    let harmonic: f64 = (1..=total).map(|k| 1.0 / k as f64).sum();
    let none = (1.0 - theta * harmonic).max(theta);
    libm::log10(variant) + scale - libm::log10(none) - log_none
}

/// Share of each allele among those of its kind, variants or not.
struct Shares {
    shares: Vec<f64>,
    variant: Vec<bool>,
}

impl Shares {
    fn new(site: &Site, frequencies: &Frequencies) -> Self {
        let variant: Vec<bool> = (0..site.alleles()).map(|a| site.is_variant(a)).collect();
        let of_kind = |kind: bool| -> f64 {
            let some = variant
                .iter()
                .zip(&frequencies.of)
                .filter(|(v, _)| **v == kind);
            some.map(|(_, f)| f).sum()
        };
        let sums = [of_kind(false), of_kind(true)];
        let shares = variant.iter().zip(&frequencies.of);
        Self {
            shares: shares.map(|(v, f)| f / sums[usize::from(*v)]).collect(),
            variant,
        }
    }

    fn copies(&self, sample: &Evidence) -> Copies {
        let least_without = genotype::all(self.shares.len(), sample.ploidy)
            .zip(&sample.likelihoods)
            .filter(|((a, b), _)| !self.variant[*a] && !self.variant[*b])
            .map(|(_, phred)| *phred)
            .min()
            .unwrap_or(0);
        let (mut linear, mut none) = ([0.0; 3], 0.0);
        for ((a, b), phred) in
            genotype::all(self.shares.len(), sample.ploidy).zip(&sample.likelihoods)
        {
            let (copies, weight) = match sample.ploidy {
                1 => (usize::from(self.variant[a]), self.shares[a]),
                _ => {
                    let copies = usize::from(self.variant[a]) + usize::from(self.variant[b]);
                    // Two alleles of one kind come in two orders.
                    let orders = if a != b && copies != 1 { 2.0 } else { 1.0 };
                    (copies, orders * self.shares[a] * self.shares[b])
                }
            };
            linear[copies] += weight * linear_of(*phred);
            if copies == 0 {
                none += weight * linear_of(*phred - least_without);
            }
        }
        Copies {
            ploidy: sample.ploidy,
            linear,
            log_none: libm::log10(none) - f64::from(least_without) / 10.0,
        }
    }
}

/// 10^(-phred / 10).
pub(crate) fn linear_of(phred: u32) -> f64 {
    static TABLE: std::sync::LazyLock<Vec<f64>> = std::sync::LazyLock::new(|| {
        (0..3_000)
            .map(|p| libm::exp10(-f64::from(p) / 10.0))
            .collect()
    });
    TABLE.get(phred as usize).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests;
