//! Errors that come together: on one strand (the idea of DRAGEN's BQD), or with fragments that belong
//! elsewhere (that of its FRD).

use super::Pair;
use super::linear::Linear;

/// log10 prior, negated, of substitutions that come together on one strand: so many times that of one
/// of them (BQD's 2.5 times the mean quality), within bounds.
const STRAND_COST: f64 = 2.5;
const STRAND_COSTS: (f64, f64) = (5.0, 10.0);
/// The same for indels.
const STRAND_COST_INDEL: f64 = 9.5;
/// What stands beside a variant is likelier for it, since variants come in clusters. An error at another place
/// has a cause of its own: it costs so many times the prior of such a variant.
pub(super) const ERROR_COMPANY: f64 = 2.0;
/// Fragments that belong elsewhere are looked for up to each of these MAPQ, at this log10 prior, negated.
/// It falls slower than MAPQ: that many reads are misplaced together, and all in the same way, takes
/// another difference between sample and reference at the place that they come from.
const FOREIGN_COSTS: [(u8, f64); 7] = [
    (5, 2.0),
    (10, 3.5),
    (20, 5.0),
    (30, 6.0),
    (40, 6.5),
    (50, 7.0),
    (MOST_MAPPING_QUALITY, 7.5),
];
/// All fragments are among those of this MAPQ.
const MOST_MAPPING_QUALITY: u8 = 60;

impl Linear {
    /// log10 by which `pair` becomes likelier if errors may come together on one strand, as copies of
    /// the haplotype `foreign` (the idea of DRAGEN's BQD).
    pub(super) fn one_strand(&self, pair: &Pair, foreign: usize, indel: bool) -> f64 {
        let ratios = self.ratios(pair, foreign);
        let gain = |strand: bool| {
            let of_strand = ratios.iter().zip(&self.reverse);
            let of_strand = of_strand
                .filter(|(_, reverse)| **reverse == strand)
                .map(|(&r, _)| r);
            let cost = if indel {
                STRAND_COST_INDEL
            } else {
                strand_cost(of_strand.clone())
            };
            mixture_gain(of_strand) - cost
        };
        gain(false).max(gain(true))
    }

    /// log10 by which `pair` becomes likelier if fragments, those up to some MAPQ, may belong
    /// elsewhere, where they show the haplotype `foreign` (the idea of DRAGEN's FRD).
    pub(super) fn elsewhere(&self, pair: &Pair, foreign: usize) -> f64 {
        let ratios = self.ratios(pair, foreign);
        FOREIGN_COSTS
            .iter()
            .map(|&(step, cost)| {
                let all = ratios.iter().zip(&self.mapping_quality);
                // What is above is at its place. It counts all the same, since a variant lowers MAPQ too.
                let of_each = all.map(|(&r, &q)| {
                    if q.min(MOST_MAPPING_QUALITY) <= step {
                        r
                    } else {
                        r.min(0.0)
                    }
                });
                mixture_gain(of_each) - cost
            })
            .fold(f64::NEG_INFINITY, f64::max)
    }
}

/// log10 prior, negated, of the errors that these fragments show if each has one. Their mean quality is
/// what an allele that differs by one base of it gains: (1 - e) / (e / 3).
fn strand_cost(ratios: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = ratios
        .filter(|r| *r > 2.0)
        .fold((0.0, 0usize), |(s, n), r| (s + libm::log10(r / 3.0), n + 1));
    let (least, most) = STRAND_COSTS;
    (STRAND_COST * sum / count.max(1) as f64).clamp(least, most)
}

/// log10 by which fragments become likelier if each shows something else with a probability of their
/// own, up to one half: `ratios` say how much likelier that makes each.
fn mixture_gain(ratios: impl Iterator<Item = f64> + Clone) -> f64 {
    let (sum, count) = ratios
        .clone()
        .filter(|r| !(0.5..=2.0).contains(r))
        .fold((0.0, 0usize), |(s, n), r| (s + r / (1.0 + r), n + 1));
    let share = (sum / count.max(1) as f64).min(0.5);
    ratios
        .map(|r| libm::log10(1.0 - share + share * r))
        .sum::<f64>()
}
