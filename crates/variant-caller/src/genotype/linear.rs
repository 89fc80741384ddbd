//! Likelihoods on the linear scale, and those of haplotype pairs.

use super::Pair;
use super::together::Together;
use crate::likelihood::Likelihoods;

/// The likelihoods by haplotype, on the linear scale: rows are at most 1 and bounded from below, so
/// that a product over a few fragments cannot underflow.
pub(super) struct Linear {
    count: usize,
    fragments: usize,
    values: Vec<f64>,
    pub(super) reverse: Vec<bool>,
    pub(super) mapping_quality: Vec<u8>,
}

impl Linear {
    /// Fragments whose product is taken before its logarithm.
    const STRIDE: usize = 16;

    pub(super) fn new(likelihoods: &Likelihoods) -> Self {
        let count = likelihoods.haplotypes;
        let fragments = likelihoods.fragments.len();
        let mut values = vec![0.0; count * fragments];
        for fragment in 0..fragments {
            for (haplotype, value) in likelihoods.row(fragment).iter().enumerate() {
                values[haplotype * fragments + fragment] = libm::exp10(*value);
            }
        }
        Self {
            count,
            fragments,
            values,
            reverse: likelihoods.fragments.iter().map(|f| f.reverse).collect(),
            mapping_quality: likelihoods
                .fragments
                .iter()
                .map(|f| f.mapping_quality)
                .collect(),
        }
    }

    fn column(&self, haplotype: usize) -> &[f64] {
        &self.values[haplotype * self.fragments..(haplotype + 1) * self.fragments]
    }

    pub(super) fn pairs(&self, ploidy: u8) -> Vec<Pair> {
        let mut all = Vec::new();
        for first in 0..self.count {
            let last = if ploidy == 1 { first + 1 } else { self.count };
            for second in first..last {
                let likelihood = self
                    .column(first)
                    .chunks(Self::STRIDE)
                    .zip(self.column(second).chunks(Self::STRIDE))
                    .map(|(a, b)| {
                        let product: f64 = a.iter().zip(b).map(|(a, b)| 0.5 * (a + b)).product();
                        libm::log10(product)
                    })
                    .sum();
                all.push(Pair {
                    first,
                    second,
                    likelihood,
                    priors: Together::default(),
                    homozygous: 0,
                });
            }
        }
        all
    }

    /// For each fragment, how much likelier it is under `foreign` than under the pair.
    pub(super) fn ratios(&self, pair: &Pair, foreign: usize) -> Vec<f64> {
        self.column(pair.first)
            .iter()
            .zip(self.column(pair.second))
            .zip(self.column(foreign))
            .map(|((a, b), c)| c / (0.5 * (a + b)))
            .collect()
    }
}
