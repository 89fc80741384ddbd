//! How genotypes of many samples compare with those of random mating.

/// Counts of diploid genotypes: without, with one, with two alternative alleles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Zygosity {
    pub(crate) reference: usize,
    pub(crate) heterozygous: usize,
    pub(crate) alternate: usize,
}

impl Zygosity {
    pub(crate) fn samples(&self) -> usize {
        self.reference + self.heterozygous + self.alternate
    }

    /// Phred of the probability of as many heterozygous samples or more under random mating, by the
    /// exact test (Wigginton 2005).
    pub(crate) fn excess_heterozygosity(&self) -> f64 {
        let copies = 2 * self.reference.min(self.alternate) + self.heterozygous;
        let samples = self.samples();
        // Relative to the expected number, from which the recursion goes both ways without overflow.
        let middle = copies * (2 * samples - copies) / (2 * samples).max(1);
        let middle = middle + (middle + copies) % 2;
        let middle = if middle > copies { middle - 2 } else { middle };
        let ratio_up = |het: usize| {
            let (rare, common) = ((copies - het) / 2, samples - (copies + het) / 2);
            4.0 * rare as f64 * common as f64 / ((het + 2) as f64 * (het + 1) as f64)
        };
        let (mut all, mut many) = (0.0, 0.0);
        let mut add = |het: usize, chance: f64| {
            all += chance;
            if het >= self.heterozygous {
                many += chance;
            }
        };
        add(middle, 1.0);
        let (mut het, mut chance) = (middle, 1.0);
        while het + 2 <= copies {
            chance *= ratio_up(het);
            het += 2;
            add(het, chance);
        }
        let (mut het, mut chance) = (middle, 1.0);
        while het >= 2 {
            het -= 2;
            chance /= ratio_up(het);
            add(het, chance);
        }
        let chance: f64 = (many / all).clamp(0.0, 1.0);
        (-10.0 * libm::log10(chance)).max(0.0)
    }

    /// 1 less the heterozygous samples by those expected; 0 where none are.
    pub(crate) fn inbreeding(&self) -> f64 {
        let samples = self.samples() as f64;
        let frequency = (2 * self.reference + self.heterozygous) as f64 / (2.0 * samples);
        let expected = 2.0 * frequency * (1.0 - frequency) * samples;
        if expected > 0.0 {
            1.0 - self.heterozygous as f64 / expected
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_test() {
        for (counts, expected) in [
            // By enumeration of how 2n copies lie on n samples.
            ((1, 0, 1), 1.0),
            ((0, 2, 0), 2.0 / 3.0),
            ((0, 10, 0), 1024.0 / 184_756.0),
            ((10, 0, 0), 1.0),
            ((9, 1, 0), 1.0),
        ] {
            let (reference, heterozygous, alternate) = counts;
            let zygosity = Zygosity {
                reference,
                heterozygous,
                alternate,
            };
            let chance = 10_f64.powf(-zygosity.excess_heterozygosity() / 10.0);
            assert!((chance - expected).abs() < 1e-9, "{counts:?}: {chance}");
        }
        let all = Zygosity {
            heterozygous: 10,
            ..Zygosity::default()
        };
        assert_eq!(all.inbreeding(), -1.0);
        let large = Zygosity {
            reference: 2_500,
            heterozygous: 5_000,
            alternate: 2_500,
        };
        assert!((0.5..3.5).contains(&large.excess_heterozygosity()));
        assert_eq!(large.inbreeding(), 0.0);
    }
}
