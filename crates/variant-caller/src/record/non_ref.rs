//! `<NON_REF>`: what a gVCF record says of alleles that were not looked at.

use fafnir_io::vcf;

use crate::genotype::{Genotypes, Site};
use crate::likelihood::Likelihoods;

use super::MOST_PHRED;

/// log10 prior of one copy of any other allele: that of a substitution.
const LOG_PRIOR: f64 = -3.477;
const LOG_HOMOZYGOUS: f64 = -std::f64::consts::LOG10_2;

/// Adds `<NON_REF>` as the last ALT to the record of the alleles `called`. A fragment likes it as much as
/// the middle one of those alleles that it likes less than the best (GATK).
pub(super) fn add(
    record: &mut vcf::Record,
    site: &Site,
    genotypes: &Genotypes,
    likelihoods: &Likelihoods,
    called: &[usize],
    ploidy: u8,
) {
    record.alternates.push(b"<NON_REF>".to_vec());
    for (key, value) in record.info.iter_mut().chain(&mut record.format) {
        match *key {
            "AC" | "AD" | "F1R2" | "F2R1" => value.push_str(",0"),
            "AF" => value.push_str(",0.000"),
            _ => {}
        }
    }
    // The likeliest genotype of the called alleles, to which those with `<NON_REF>` are compared.
    let all = site.genotypes(ploidy);
    let Some(best) = (0..all.len())
        .filter(|&g| called.contains(&all[g].0) && called.contains(&all[g].1))
        .max_by(|&a, &b| {
            let [a, b] = [a, b].map(|g| (genotypes.likelihoods[g], g));
            a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))
        })
    else {
        return;
    };
    let at = |allele: usize| called.iter().position(|&c| c == allele).unwrap_or(0);
    let other = called.len();
    // Alleles by their number in the record, in VCF's order of genotypes.
    let pairs: Vec<(usize, usize)> = match ploidy {
        1 => vec![(other, other)],
        _ => (0..=other).map(|x| (x, other)).collect(),
    };
    let mut sums = vec![0.0; pairs.len()];
    let mut values = vec![0.0; other + 1];
    let best_pair = (at(all[best].0), at(all[best].1));
    for fragment in 0..likelihoods.fragments.len() {
        let row = site.allele_likelihoods(likelihoods.row(fragment));
        for (value, &allele) in values.iter_mut().zip(called) {
            *value = row[allele];
        }
        values[other] = of_other(&values[..other]);
        let of_best = mean(&values, best_pair);
        for (sum, &pair) in sums.iter_mut().zip(&pairs) {
            *sum += mean(&values, pair) - of_best;
        }
    }
    for (&sum, &(x, y)) in sums.iter().zip(&pairs) {
        // Not the negative: that of 0 would be written as -0, which no reader takes for a PL.
        let likelihood = 0.0 - 10.0 * sum;
        let prior = match (x == y, ploidy) {
            (true, 1) => LOG_PRIOR,
            (true, _) => LOG_PRIOR + LOG_HOMOZYGOUS,
            (false, _) => LOG_PRIOR + site.prior(called[x], 0, ploidy),
        };
        let (bx, by) = all[best];
        let against = site.prior(bx, by, ploidy);
        let posterior = likelihood - 10.0 * (genotypes.posteriors[best] + prior - against);
        append(
            record,
            "PL",
            format!("{:.0}", likelihood.clamp(0.0, MOST_PHRED)),
        );
        append(record, "PRI", format!("{:.2}", -10.0 * prior));
        append(
            record,
            "GP",
            format!("{:.3}", posterior.clamp(0.0, MOST_PHRED)),
        );
    }
}

fn append(record: &mut vcf::Record, key: &str, value: String) {
    if let Some((_, list)) = record.format.iter_mut().find(|(k, _)| *k == key) {
        list.push(',');
        list.push_str(&value);
    }
}

/// log10 likelihood of what a fragment likes less than its best allele.
fn of_other(values: &[f64]) -> f64 {
    let best = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut worse: Vec<f64> = values.iter().copied().filter(|v| *v < best).collect();
    worse.sort_unstable_by(f64::total_cmp);
    worse.get(worse.len() / 2).copied().unwrap_or(best)
}

/// log10 likelihood of a fragment from either of two chromosomes.
fn mean(values: &[f64], (x, y): (usize, usize)) -> f64 {
    if x == y {
        return values[x];
    }
    libm::log10(0.5 * (libm::exp10(values[x]) + libm::exp10(values[y])))
}
