//! Gap costs and priors of a sample, from what its reads show of tracts: DRAGstr's idea (GATK
//! `CalibrateDragstrModel`), with slips by any number of units and heterozygous tracts of two varied
//! alleles.

mod mixture;

use super::gather::{BINS, Shown, SlipCounts};
use super::loci::Class;
use super::{MAX_REPEATS, Model};
use crate::repeats::MAX_PERIOD;
use mixture::{Fit, Rates, fit};

/// Tracts that fewer reads span say too little of their genotype.
const LEAST_READS: u32 = 5;
/// Tracts of which more than this share of the reads show no whole number of units, or many, are no
/// matter of slips.
const MOST_OTHER: f64 = 0.25;
/// Fewer tracts decide nothing; neighbours this many units away help out before.
const LEAST_LOCI: u64 = 25;
const MOST_POOLED: usize = 2;
/// A built-in prior weighs as much as so many tracts.
const PSEUDO_LOCI: f64 = 200.0;
/// A gap cost is that of an insertion, and that of a deletion; a slip is either.
const DIRECTIONS: f64 = 2.0;
/// A built-in gap cost weighs as much as so many slips, and the reads among which it expects them.
const PSEUDO_SLIPS: f64 = 4.0;

/// How much of a [`Model`] is the sample's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimated {
    /// Pairs of period and units that the sample decides; the others have the built-in values.
    pub classes: usize,
    /// Tracts that were used.
    pub loci: u64,
}

impl Model {
    /// The model of the sample that `counts` were gathered from. Each class of tracts draws its values
    /// from the built-in ones, the more the more tracts it has; where there are too few, and in all else
    /// that no tract tells, they stay the built-in ones.
    pub fn estimate(counts: &SlipCounts) -> (Self, Estimated) {
        let mut model = Self::default();
        let mut estimated = Estimated::default();
        for period in 1..=MAX_PERIOD {
            let tracts: Vec<Vec<(Shown, u64)>> = (1..=MAX_REPEATS)
                .map(|repeats| {
                    let class = Class {
                        period: period as u8,
                        repeats: repeats as u8,
                    };
                    let shown = counts.of_class(class).filter(|(shown, _)| is_clear(shown));
                    shown.map(|(shown, loci)| (*shown, loci)).collect()
                })
                .collect();
            let mut weights = [PSEUDO_LOCI; MAX_REPEATS];
            for repeats in 1..=MAX_REPEATS {
                estimated.loci += number(&tracts[repeats - 1]);
                let Some(pooled) = pooled(&tracts, repeats) else {
                    continue;
                };
                estimated.classes += 1;
                let open = &mut model.repeat_gap_open[period - 1][repeats - 1];
                let prior = &mut model.repeat_indel_prior[period - 1][repeats - 1];
                let found = fit(
                    &pooled,
                    Rates {
                        slip: DIRECTIONS * probability(*open),
                        heterozygous: probability(*prior),
                    },
                );
                let loci = number(&pooled) as f64;
                *open = cost(*open, &found);
                *prior = drawn(*prior, found.rates.heterozygous, loci);
                weights[repeats - 1] += loci;
            }
            fall(&mut model.repeat_gap_open[period - 1], &weights);
            fall(&mut model.repeat_indel_prior[period - 1], &weights);
        }
        (model, estimated)
    }
}

fn is_clear(shown: &Shown) -> bool {
    let reads: u32 = shown.iter().map(|&n| u32::from(n)).sum();
    reads >= LEAST_READS && f64::from(shown[BINS - 1]) <= MOST_OTHER * f64::from(reads)
}

fn number(tracts: &[(Shown, u64)]) -> u64 {
    tracts.iter().map(|(_, loci)| loci).sum()
}

/// The tracts of a class, with those of its neighbours where it has too few. `None` where it has none
/// itself, or too few all the same.
fn pooled(tracts: &[Vec<(Shown, u64)>], repeats: usize) -> Option<Vec<(Shown, u64)>> {
    if tracts[repeats - 1].is_empty() {
        return None;
    }
    (0..=MOST_POOLED)
        .map(|near| {
            let from = repeats.saturating_sub(near + 1);
            tracts[from..(repeats + near).min(MAX_REPEATS)].concat()
        })
        .find(|pooled| number(pooled) >= LEAST_LOCI)
}

fn probability(phred: f32) -> f64 {
    libm::exp10(-f64::from(phred) / 10.0)
}

/// Between the built-in gap cost and the sample's: the mean of the posterior where the built-in one is the
/// prior's (gamma).
fn cost(built_in: f32, found: &Fit) -> f32 {
    let reads = PSEUDO_SLIPS / (DIRECTIONS * probability(built_in)) + found.reads;
    let slip = (PSEUDO_SLIPS + found.slips) / reads;
    hundredths(-10.0 * libm::log10(slip / DIRECTIONS))
}

/// Between the built-in prior and the sample's.
fn drawn(built_in: f32, probability: f64, loci: f64) -> f32 {
    let own = -10.0 * libm::log10(probability);
    hundredths((PSEUDO_LOCI * f64::from(built_in) + loci * own) / (PSEUDO_LOCI + loci))
}

fn hundredths(phred: f64) -> f32 {
    ((phred * 100.0).round() / 100.0) as f32
}

/// The closest values that do not rise: neighbours that do share their weighted mean.
fn fall(values: &mut [f32], weights: &[f64]) {
    // Value, weight and number of each run.
    let mut runs: Vec<(f64, f64, usize)> = Vec::with_capacity(values.len());
    for (value, weight) in values.iter().zip(weights) {
        runs.push((f64::from(*value), *weight, 1));
        while let [.., (a, of_a, many), (b, of_b, more)] = runs.as_slice()
            && a < b
        {
            let run = (
                (a * of_a + b * of_b) / (of_a + of_b),
                of_a + of_b,
                many + more,
            );
            runs.truncate(runs.len() - 2);
            runs.push(run);
        }
    }
    let smooth = runs
        .iter()
        .flat_map(|(value, _, many)| std::iter::repeat_n(*value, *many));
    for (value, smooth) in values.iter_mut().zip(smooth) {
        *value = hundredths(smooth);
    }
}

#[cfg(test)]
mod tests;
