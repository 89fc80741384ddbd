//! Phred values to probabilities.

use std::{
    ops::{Add, Mul},
    sync::LazyLock,
};

use super::Batch;

/// 10^(-q/10) by q. Made from decimal constants: `powf` differs between system libraries.
static ERRORS: LazyLock<[f64; 256]> = LazyLock::new(|| {
    const TENTHS: [f64; 10] = [
        1.0,
        0.794_328_234_724_281_5,
        0.630_957_344_480_193_2,
        0.501_187_233_627_272_2,
        0.398_107_170_553_497_25,
        0.316_227_766_016_837_94,
        0.251_188_643_150_958,
        0.199_526_231_496_887_96,
        0.158_489_319_246_111_35,
        0.125_892_541_179_416_73,
    ];
    let mut errors = TENTHS.repeat(26);
    for q in 10..errors.len() {
        errors[q] = errors[q - 10] / 10.0;
    }
    std::array::from_fn(|q| errors[q])
});

/// A floating-point type that the model is computed in.
pub(super) trait Real: Copy + Add<Output = Self> + Mul<Output = Self> {
    const ZERO: Self;
    /// The scale of row 0: large, so that small likelihoods stay normal numbers.
    const INITIAL: Self;

    /// The floor under M.
    const LEAST_MATCH: Self;

    fn from_f64(value: f64) -> Self;

    fn max(self, other: Self) -> Self;

    /// Returns each cell of row 0's D.
    fn start(haplotype_length: usize) -> Self;
}

impl Real for f32 {
    const ZERO: Self = 0.0;
    const INITIAL: Self = Self::from_bits((127 + 120) << 23);
    const LEAST_MATCH: Self = Self::from_bits((127 - 100) << 23);

    fn from_f64(value: f64) -> Self {
        value as Self
    }

    fn max(self, other: Self) -> Self {
        if self > other { self } else { other }
    }

    fn start(haplotype_length: usize) -> Self {
        Self::INITIAL / haplotype_length as Self
    }
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const INITIAL: Self = Self::from_bits((1023 + 1020) << 52);
    const LEAST_MATCH: Self = 0.0;

    fn from_f64(value: f64) -> Self {
        value
    }

    fn max(self, other: Self) -> Self {
        if self > other { self } else { other }
    }

    fn start(haplotype_length: usize) -> Self {
        Self::INITIAL / haplotype_length as Self
    }
}

/// The probabilities at one read base.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row<R> {
    /// Emission where the bases agree.
    pub(super) agree: R,
    /// Emission where they differ.
    pub(super) differ: R,
    pub(super) match_to_match: R,
    pub(super) gap_to_match: R,
    pub(super) match_to_insertion: R,
    pub(super) match_to_deletion: R,
    pub(super) gap_to_gap: R,
}

impl<R: Real> Row<R> {
    pub(super) fn new(base: u8, insertion: u8, deletion: u8, continuation: u8) -> Self {
        let [error, insertion, deletion, continuation] =
            [base, insertion, deletion, continuation].map(|q| ERRORS[usize::from(q)]);
        let leave = insertion + deletion;
        let (insertion, deletion, stay) = if leave > 1.0 {
            (insertion / leave, deletion / leave, 0.0)
        } else {
            (insertion, deletion, 1.0 - leave)
        };
        Self {
            agree: R::from_f64(1.0 - error),
            differ: R::from_f64(error / 3.0),
            match_to_match: R::from_f64(stay),
            gap_to_match: R::from_f64(1.0 - continuation),
            match_to_insertion: R::from_f64(insertion),
            match_to_deletion: R::from_f64(deletion),
            gap_to_gap: R::from_f64(continuation),
        }
    }
}

/// Returns the rows of all reads of a batch, end to end.
pub(super) fn rows(batch: &Batch) -> Vec<Row<f32>> {
    batch.all_reads().rows().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_powers_of_ten() {
        for (q, &error) in ERRORS.iter().enumerate() {
            let expected = 10f64.powf(-(q as f64) / 10.0);
            assert!((error / expected - 1.0).abs() < 1e-14, "phred {q}");
        }
        assert_eq!(ERRORS[10], 0.1);
        assert_eq!(ERRORS[30], 0.001);
    }

    #[test]
    fn no_state_is_left_with_more_than_it_had() {
        for (insertion, deletion) in [(0, 0), (3, 3), (0, 255), (45, 45)] {
            let row = Row::<f64>::new(30, insertion, deletion, 10);
            let sum = row.match_to_match + row.match_to_insertion + row.match_to_deletion;
            assert!((sum - 1.0).abs() < 1e-15);
        }
    }
}
