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
    /// MAPQ of the fragments of the reference, and of all others.
    mapping_qualities: [Vec<u8>; 2],
    /// Their bases from the site to the nearer end of the read, up to 255, likewise.
    bases_to_end: [Vec<u8>; 2],
    /// `[forward, reverse]` of each allele.
    strands: Vec<[usize; 2]>,
    /// `[first, second]` of the pair, of each allele.
    mates: Vec<[usize; 2]>,
}

impl Counts {
    pub(super) fn informative(&self) -> usize {
        self.by_allele.iter().sum()
    }

    /// How much higher MAPQ of the alternates' fragments ranks than of the reference's, in standard
    /// deviations; `None` where there are not both.
    pub(super) fn mapping_quality_rank_sum(&self) -> Option<f64> {
        let [reference, alternates] = &self.mapping_qualities;
        rank_sum(reference, alternates)
    }

    /// The same of the bases from the site to the nearer end of the read.
    pub(super) fn read_position_rank_sum(&self) -> Option<f64> {
        let [reference, alternates] = &self.bases_to_end;
        rank_sum(reference, alternates)
    }

    /// Reference forward, reverse, alternates forward, reverse.
    pub(super) fn table(&self) -> [usize; 4] {
        reference_and_alternates(&self.strands)
    }

    /// Reference first of the pair, second, alternates first, second.
    pub(super) fn mates(&self) -> [usize; 4] {
        reference_and_alternates(&self.mates)
    }
}

fn reference_and_alternates(of_allele: &[[usize; 2]]) -> [usize; 4] {
    let mut table = [of_allele[0][0], of_allele[0][1], 0, 0];
    for [first, second] in &of_allele[1..] {
        table[2] += first;
        table[3] += second;
    }
    table
}

/// Counts the fragments that cover the site.
pub(super) fn count(site: &Site, likelihoods: &Likelihoods, called: &[usize]) -> Counts {
    let mut counts = Counts {
        by_allele: vec![0; called.len()],
        f1r2: vec![0; called.len()],
        strands: vec![[0; 2]; called.len()],
        mates: vec![[0; 2]; called.len()],
        ..Counts::default()
    };
    for (number, fragment) in likelihoods.fragments.iter().enumerate() {
        if !fragment.covers(site.position) {
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
        counts.mapping_qualities[at.min(1)].push(fragment.mapping_quality);
        let to_end = fragment.bases_to_end(site.position).min(255);
        counts.bases_to_end[at.min(1)].push(to_end as u8);
        counts.f1r2[at] += usize::from(fragment.f1r2);
        counts.strands[at][usize::from(fragment.reverse)] += 1;
        // F1R2 tells how the first of the pair lies: what lies otherwise is the second.
        counts.mates[at][usize::from(fragment.f1r2 == fragment.reverse)] += 1;
    }
    counts
}

/// Phred of the two-sided p-value of Fisher's exact test on a 2x2 table.
pub(crate) fn fisher_strand([a, b, c, d]: [usize; 4]) -> f64 {
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

/// The normal score of the Mann-Whitney U test, with a correction for ties: above 0 where the values of
/// `second` are the higher ones.
fn rank_sum(first: &[u8], second: &[u8]) -> Option<f64> {
    let mut counts = [[0u32; 256]; 2];
    for (counts, values) in counts.iter_mut().zip([first, second]) {
        for &value in values {
            counts[usize::from(value)] += 1;
        }
    }
    let (n, m) = (first.len() as f64, second.len() as f64);
    if n == 0.0 || m == 0.0 {
        return None;
    }
    let (mut u, mut below, mut ties) = (0.0, 0.0, 0.0);
    for (&a, &b) in counts[0].iter().zip(&counts[1]) {
        let (a, b) = (f64::from(a), f64::from(b));
        u += b * (below + a / 2.0);
        below += a;
        ties += (a + b).powi(3) - (a + b);
    }
    let all = n + m;
    let variance = n * m / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    if variance <= 0.0 {
        return Some(0.0);
    }
    Some((u - n * m / 2.0) / variance.sqrt())
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

#[cfg(test)]
mod tests {
    use super::rank_sum;

    #[test]
    fn ranks_are_compared() {
        assert_eq!(rank_sum(&[], &[60]), None);
        assert_eq!(rank_sum(&[60; 9], &[60; 4]), Some(0.0));
        // U is 0 of 12: (0 - 6) / sqrt(3 * 4 * 8 / 12).
        let lower = rank_sum(&[40, 50, 60], &[5, 10, 15, 20]).unwrap_or(0.0);
        assert!((lower + 6.0 / 8f64.sqrt()).abs() < 1e-9, "{lower}");
        let higher = rank_sum(&[5, 10, 15, 20], &[40, 50, 60]).unwrap_or(0.0);
        assert!((higher + lower).abs() < 1e-9);
        // Ties count half, and narrow the spread.
        let tied = rank_sum(&[20, 60, 60, 60], &[20, 20, 60]).unwrap_or(0.0);
        assert!((tied + 1.020_620_726).abs() < 1e-9, "{tied}");
    }
}
