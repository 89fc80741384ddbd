//! The PairHMM: contract version 0.
//!
//! P(read | haplotype), summed over all alignments of the whole read to any part of the haplotype,
//! with the transitions and the scaled arithmetic of GATK's `LoglessPairHMM` (Durbin et al. 1998,
//! chapter 4).
//!
//! # Model
//!
//! A phred value *q* is the probability 10^(-*q*/10). A read base has four: its error *e*, the
//! opening of an insertion and of a deletion at it, *ins* and *del*, and the continuation of either,
//! *gcp*.
//!
//! ```text
//! M(i,j) = p(i,j) * ( M(i-1,j-1) * (1 - (ins + del)) + (I(i-1,j-1) + D(i-1,j-1)) * (1 - gcp) )
//! I(i,j) = M(i-1,j) * ins + I(i-1,j) * gcp
//! D(i,j) = M(i,j-1) * del + D(i,j-1) * gcp
//! ```
//!
//! *p* is 1 - *e* where the bases agree or either is N, else *e*/3; all probabilities are those of read
//! base *i*. Where *ins* + *del* exceeds 1 both are scaled to a sum of 1 (GATK is undefined there).
//! D(0,j) = *c* / haplotype length; all other cells of row and column 0 are 0. The answer is
//! log10(sum over *j* of M(R,j) + I(R,j)) - log10(*c*), for a read of *R* bases.
//!
//! An empty read has likelihood 1, whatever the haplotype; any other read has likelihood 0 (log10
//! minus infinity) under an empty haplotype.
//!
//! # Arithmetic
//!
//! First f32 with *c* = 2^120. There M is held at 2^-100 or more in each cell with *i*, *j* >= 1: no
//! subnormal number arises from everyday qualities, which would slow processors down a hundredfold
//! and which some devices flush. What this adds to the sum is at most 2^-100 per cell; so if the sum
//! is below 2^-60, the pair is computed again in f64 with *c* = 2^1020 and no such floor. (GATK turns
//! to f64 below 1e-28, and flushes.)
//!
//! Probabilities are computed in f64 and rounded. Operations are those above in the order written,
//! without contraction to fused multiply-add, with subnormal numbers kept; the sum runs from the
//! first column to the last. The logarithm is that of `libm`, not the system's.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod batch;
mod model;
mod scalar;
pub mod wire;

pub use self::batch::{Batch, HaplotypeId, MAX_LENGTH, ReadId};

use self::model::{Real, Row};
use crate::backend::Backend;

/// The contract's version.
pub const CONTRACT: u16 = 0;

/// Below this sum, 2^-60, the floor under M could show.
const LEAST_F32_SUM: f32 = f32::from_bits((127 - 60) << 23);

/// A batch and the probabilities at its reads' bases.
pub(crate) struct Prepared<'a> {
    pub(crate) batch: &'a Batch,
    rows: Vec<Row<f32>>,
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(batch: &'a Batch) -> Self {
        Self {
            batch,
            rows: model::rows(batch),
        }
    }
}

/// Computes the scaled sums of the pairs `indexes` of a batch, at their places in `sums`.
pub(crate) fn run(
    backend: Backend,
    Prepared { batch, rows }: &Prepared<'_>,
    indexes: impl Iterator<Item = usize>,
    sums: &mut [f32],
) {
    match backend {
        Backend::Scalar => scalar::run(batch, indexes, rows, sums),
        #[cfg(target_arch = "x86_64")]
        Backend::Avx2(token) => avx2::run(token, batch, indexes, rows, sums),
        #[cfg(not(target_arch = "x86_64"))]
        Backend::Avx2(_) => scalar::run(batch, indexes, rows, sums),
    }
}

/// Turns sums into likelihoods; those that f32 cannot hold are computed again in f64.
pub(crate) fn finish(batch: &Batch, sums: &[f32], out: &mut Vec<f64>) {
    let mut wide_rows: Vec<Row<f64>> = Vec::new();
    let mut cells = Vec::new();
    out.clear();
    out.extend(sums.iter().enumerate().map(|(index, &sum)| {
        if sum >= LEAST_F32_SUM {
            return libm::log10(f64::from(sum)) - libm::log10(f64::from(f32::INITIAL));
        }
        let pair = batch.pair(index);
        wide_rows.clear();
        wide_rows.extend(pair.read.rows());
        let sum = scalar::sum(&wide_rows, pair.read.bases, pair.haplotype, &mut cells);
        libm::log10(sum) - libm::log10(f64::INITIAL)
    }));
}
