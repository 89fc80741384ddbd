//! Genotypes in VCF's order (specification 4.2, section 1.4.2, `GL`).

/// Number of genotypes of so many alleles.
pub(crate) fn count(alleles: usize, ploidy: u8) -> usize {
    match ploidy {
        1 => alleles,
        _ => alleles * (alleles + 1) / 2,
    }
}

/// Number of the genotype of alleles `a` and `b`; of `a` alone where there is one copy.
pub(crate) fn index(a: usize, b: usize, ploidy: u8) -> usize {
    match ploidy {
        1 => a,
        _ => {
            let (low, high) = (a.min(b), a.max(b));
            high * (high + 1) / 2 + low
        }
    }
}

/// All genotypes: pairs of alleles, the lower first; of one copy, the allele twice.
pub(crate) fn all(alleles: usize, ploidy: u8) -> impl Iterator<Item = (usize, usize)> + Clone {
    (0..alleles).flat_map(move |high| {
        let lowest = if ploidy == 1 { high } else { 0 };
        (lowest..=high).map(move |low| (low, high))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_vcf() {
        let diploid: Vec<_> = all(3, 2).collect();
        assert_eq!(diploid, [(0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2)]);
        assert!(all(3, 1).eq([(0, 0), (1, 1), (2, 2)]));
        for ploidy in [1, 2] {
            for (number, (a, b)) in all(7, ploidy).enumerate() {
                assert_eq!(index(a, b, ploidy), number);
                assert_eq!(index(b, a, ploidy), number);
            }
            assert_eq!(all(7, ploidy).count(), count(7, ploidy));
        }
    }
}
