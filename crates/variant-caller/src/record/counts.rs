//! Fragments by allele and strand, and what the strands say.

use crate::genotype::{Site, informative_allele, log_sum};
use crate::likelihood::Likelihoods;

/// Fragments at a site by called allele.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) covering: usize,
    /// Sum of squared MAPQ of covering fragments.
    pub(super) squares: f64,
    pub(super) by_allele: Vec<usize>,
    pub(super) f1r2: Vec<usize>,
    /// `[forward, reverse]` of each allele.
    strands: Vec<[usize; 2]>,
}

impl Counts {
    pub(super) fn informative(&self) -> usize {
        self.by_allele.iter().sum()
    }

    /// Reference forward, reverse, alternates forward, reverse.
    pub(super) fn table(&self) -> [usize; 4] {
        let mut table = [self.strands[0][0], self.strands[0][1], 0, 0];
        for [forward, reverse] in &self.strands[1..] {
            table[2] += forward;
            table[3] += reverse;
        }
        table
    }
}

/// Counts the fragments that cover the site.
pub(super) fn count(site: &Site, likelihoods: &Likelihoods, called: &[usize]) -> Counts {
    let mut counts = Counts {
        by_allele: vec![0; called.len()],
        f1r2: vec![0; called.len()],
        strands: vec![[0; 2]; called.len()],
        ..Counts::default()
    };
    for (number, fragment) in likelihoods.fragments.iter().enumerate() {
        if !fragment.span.contains(&site.position) {
            continue;
        }
        counts.covering += 1;
        counts.squares += f64::from(fragment.mapping_quality).powi(2);
        let values = site.allele_likelihoods(likelihoods.row(number));
        let Some(allele) = informative_allele(&values, called) else {
            continue;
        };
        let at = called.iter().position(|&c| c == allele).unwrap_or(0);
        counts.by_allele[at] += 1;
        counts.f1r2[at] += usize::from(fragment.f1r2);
        counts.strands[at][usize::from(fragment.reverse)] += 1;
    }
    counts
}

/// Phred of the two-sided p-value of Fisher's exact test on a 2x2 table.
pub(super) fn fisher_strand([a, b, c, d]: [usize; 4]) -> f64 {
    let total = a + b + c + d;
    let (row, column) = (a + b, a + c);
    let log_factorial: Vec<f64> = std::iter::once(0.0)
        .chain((1..=total).scan(0.0, |sum, n| {
            *sum += libm::log10(n as f64);
            Some(*sum)
        }))
        .collect();
    let choose = |n: usize, k: usize| log_factorial[n] - log_factorial[k] - log_factorial[n - k];
    let log_p = |x: usize| choose(row, x) + choose(total - row, column - x) - choose(total, column);
    let observed = log_p(a);
    let least = (row + column).saturating_sub(total);
    let p = log_sum(
        (least..=row.min(column))
            .map(log_p)
            .filter(|&p| p <= observed + 1e-7),
    );
    (-10.0 * p).max(0.0)
}

/// GATK's `StrandOddsRatio`.
pub(super) fn strand_odds_ratio(table: [usize; 4]) -> f64 {
    let [a, b, c, d] = table.map(|n| n as f64 + 1.0);
    let ratio = (a * d) / (b * c);
    let symmetric = ratio + 1.0 / ratio;
    let reference = a.min(b) / a.max(b);
    let alternate = c.min(d) / c.max(d);
    libm::log(symmetric) + libm::log(reference) - libm::log(alternate)
}
