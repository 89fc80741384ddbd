//! Tracts of one class as a mixture: each has a genotype, and each of its reads slips or does not.

use crate::model::gather::{BINS, MOST_UNITS, Shown};

/// Share of slips by one unit more among those in a direction: what a gap continuation of phred 10 a unit
/// says.
const ONE_MORE: f64 = 0.1;
/// How a varied allele differs from the reference, by units from 1, in one of two directions.
const ALLELES: [f64; MOST_UNITS] = [0.35, 0.1, 0.05];
/// For two heterozygous tracts one is homozygous for a varied allele (GATK).
const HOMOZYGOUS: f64 = 0.5;
/// Rounds of expectation and maximisation; later ones change less than a hundredth of a phred.
const ROUNDS: usize = 60;

/// What the tracts of a class have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rates {
    /// Probability that a read shows another length than its haplotype has.
    pub(super) slip: f64,
    /// Probability that a tract is heterozygous for the reference's length and another one.
    pub(super) heterozygous: f64,
}

impl Rates {
    /// No rate lies beyond these: a slip is at most as certain, or as rare, as gap costs can say.
    fn bounded(self) -> Self {
        Self {
            slip: self.slip.clamp(3.2e-5, 0.5),
            heterozygous: self.heterozygous.clamp(3.2e-5, 0.4),
        }
    }
}

/// What [`fit`] finds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    /// The rates under which the tracts are likeliest.
    pub(super) rates: Rates,
    /// The slips that they rest on, were each independent of the others: tracts differ more than their reads do,
    /// so that many slips of few tracts are worth little more than those tracts (Kish's effective size).
    pub(super) slips: f64,
    /// The reads among which so many slips are.
    pub(super) reads: f64,
}

/// Fits the tracts, `(reads, tracts that show them)`, from `start`.
pub(super) fn fit(tracts: &[(Shown, u64)], start: Rates) -> Fit {
    let mut rates = start.bounded();
    let mut sums = Sums::default();
    for _ in 0..ROUNDS {
        sums = Sums::default();
        let chances = Chances::new(rates);
        for (shown, number) in tracts {
            chances.expect(shown, *number as f64, &mut sums);
        }
        rates = Rates {
            slip: sums.slips / sums.reads.max(1.0),
            heterozygous: sums.varied / ((1.0 + HOMOZYGOUS) * sums.tracts.max(1.0)),
        }
        .bounded();
    }
    let share = (sums.slips / sums.squares).min(1.0);
    Fit {
        rates,
        slips: sums.slips * share,
        reads: sums.reads * share,
    }
}

/// Expected numbers.
#[derive(Default)]
struct Sums {
    reads: f64,
    slips: f64,
    /// Of each tract's slips.
    squares: f64,
    tracts: f64,
    varied: f64,
}

/// Probability that a haplotype has this length, if it has not the reference's.
fn varied(allele: usize) -> f64 {
    ALLELES[allele.abs_diff(MOST_UNITS) - 1]
}

/// Probability of two haplotypes, in one of their two orders if they differ.
fn prior(heterozygous: f64, first: usize, second: usize) -> f64 {
    const REFERENCE: usize = MOST_UNITS;
    let h = heterozygous;
    match (first == REFERENCE, second == REFERENCE) {
        (true, true) => 1.0 - (1.0 + HOMOZYGOUS) * h - h * h / 2.0,
        (true, false) => h * varied(second),
        (false, true) => h * varied(first),
        _ if first == second => HOMOZYGOUS * h * varied(first),
        _ => h * h * varied(first) * varied(second),
    }
}

/// Probabilities under some rates.
struct Chances {
    /// By the lengths of both haplotypes.
    genotypes: [[Genotype; BINS - 1]; BINS - 1],
}

/// What a tract with two haplotypes is like.
#[derive(Clone, Copy, Default)]
struct Genotype {
    log_prior: f64,
    /// log probability that a read shows a bin.
    log: [f64; BINS],
    /// Probability that a read slipped that shows it.
    slipped: [f64; BINS],
}

impl Chances {
    fn new(rates: Rates) -> Self {
        // Two directions, all sizes.
        let one = (1.0 - ONE_MORE) / 2.0;
        let mut by = [0.0; BINS];
        let mut share = one;
        for chance in &mut by[1..] {
            *chance = rates.slip * share;
            share *= ONE_MORE;
        }
        let shows = |allele: usize, bin: usize| match bin {
            // Other changes are rarer than any slip that is told apart.
            _ if bin == BINS - 1 => by[MOST_UNITS + 1],
            _ if bin == allele => 1.0 - rates.slip,
            _ => by[bin.abs_diff(allele)],
        };
        let genotype = |first: usize, second: usize| {
            let mut genotype = Genotype {
                log_prior: libm::log(prior(rates.heterozygous, first, second)),
                ..Genotype::default()
            };
            for bin in 0..BINS {
                let both = [first, second].map(|allele| (allele, shows(allele, bin)));
                let sum: f64 = both.iter().map(|(_, p)| p).sum();
                let slips = both.iter().filter(|(allele, _)| *allele != bin);
                genotype.log[bin] = libm::log(sum / 2.0);
                genotype.slipped[bin] = slips.map(|(_, p)| p).sum::<f64>() / sum;
            }
            genotype
        };
        let genotypes =
            std::array::from_fn(|first| std::array::from_fn(|second| genotype(first, second)));
        Self { genotypes }
    }

    /// Adds what is expected of `number` tracts of which reads show this.
    fn expect(&self, shown: &Shown, number: f64, sums: &mut Sums) {
        let reads: f64 = shown.iter().map(|&n| f64::from(n)).sum();
        // log probability, expected slips, whether varied.
        let mut genotypes = [(0.0, 0.0, false); BINS * BINS];
        let mut count = 0;
        let mut best = f64::NEG_INFINITY;
        let is_seen = |allele: usize| allele == MOST_UNITS || shown[allele] > 0;
        for first in (0..BINS - 1).filter(|a| is_seen(*a)) {
            for second in (first..BINS - 1).filter(|a| is_seen(*a)) {
                let genotype = &self.genotypes[first][second];
                let (mut log, mut slips) = (genotype.log_prior, 0.0);
                for (bin, &n) in shown.iter().enumerate() {
                    log += f64::from(n) * genotype.log[bin];
                    slips += f64::from(n) * genotype.slipped[bin];
                }
                genotypes[count] = (log, slips, (first, second) != (MOST_UNITS, MOST_UNITS));
                count += 1;
                best = best.max(log);
            }
        }
        let (mut weight, mut slips, mut varied) = (0.0, 0.0, 0.0);
        for (log, of_genotype, is_varied) in &genotypes[..count] {
            let p = libm::exp(log - best);
            weight += p;
            slips += p * of_genotype;
            varied += if *is_varied { p } else { 0.0 };
        }
        sums.reads += number * reads;
        let slips = slips / weight;
        sums.slips += number * slips;
        sums.squares += number * slips * slips;
        sums.tracts += number;
        sums.varied += number * varied / weight;
    }
}
