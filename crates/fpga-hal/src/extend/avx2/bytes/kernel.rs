//! The recurrence, thirty-two cells at a time, in unsigned bytes.

use std::arch::x86_64::*;

use super::Costs;

/// What the row above left in a column, for all lanes.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Column {
    pub(super) score: __m256i,
    pub(super) insertion: __m256i,
}

/// A row on its way through the columns.
pub(super) struct Walk {
    pub(super) query: __m256i,
    pub(super) diagonal: __m256i,
    pub(super) deletion: __m256i,
}

/// The constants of the recurrence.
pub(super) struct Kernel {
    pairs: __m256i,
    open: __m256i,
    step: __m256i,
    pub(super) floor: __m256i,
}

impl Kernel {
    #[target_feature(enable = "avx2")]
    pub(super) fn new(costs: &Costs) -> Self {
        // Indexed by query XOR target, where N is 4 in a query and 8 in a target.
        let mut pairs = [costs.unknown; 32];
        for half in pairs.chunks_exact_mut(16) {
            half[..4].fill(costs.mismatch);
            half[0] = 0;
        }
        Self {
            pairs: bytemuck::must_cast(pairs),
            open: _mm256_set1_epi8(costs.open as i8),
            step: _mm256_set1_epi8(costs.step as i8),
            floor: _mm256_set1_epi8(costs.floor as i8),
        }
    }

    /// Walks through `columns`; with `MASKED` only the lanes in `in_band` have a cell.
    ///
    /// With `TRACEBACK`, keeps the scores, and one bit for each lane whose path takes a gap: on a tie
    /// with the diagonal, if `REVERSED`.
    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn walk<const TRACEBACK: bool, const REVERSED: bool, const MASKED: bool>(
        &self,
        walk: &mut Walk,
        columns: &mut [Column],
        target: &[__m256i],
        in_band: &[__m256i],
        (scores, ways): (&mut [__m256i], &mut [u32]),
    ) {
        let (mut diagonal, mut deletion) = (walk.diagonal, walk.deletion);
        for (k, (column, &base)) in columns.iter_mut().zip(target).enumerate() {
            let cost = _mm256_shuffle_epi8(self.pairs, _mm256_xor_si256(walk.query, base));
            let paired = _mm256_sub_epi8(diagonal, cost);
            diagonal = column.score;
            let insertion = column.insertion;
            let before = _mm256_max_epu8(paired, insertion);
            let mut score = _mm256_max_epu8(before, deletion);
            if TRACEBACK {
                ways[k] = if REVERSED {
                    equal(score, _mm256_max_epu8(insertion, deletion))
                } else {
                    !equal(score, paired)
                };
            }
            // A deletion does not open another: a column thus waits for one step alone of the column
            // before.
            let open_deletion = _mm256_subs_epu8(before, self.open);
            let mut next_deletion = _mm256_max_epu8(open_deletion, deletion);
            let open = _mm256_sub_epi8(score, self.open);
            let longer_insertion = _mm256_max_epu8(open, insertion);
            let mut next_insertion = _mm256_sub_epi8(longer_insertion, self.step);
            if MASKED {
                let floored =
                    |value| _mm256_max_epu8(_mm256_and_si256(value, in_band[k]), self.floor);
                score = floored(score);
                next_deletion = floored(next_deletion);
                next_insertion = _mm256_and_si256(next_insertion, in_band[k]);
            }
            if TRACEBACK {
                scores[k] = score;
            }
            deletion = next_deletion;
            *column = Column {
                score,
                insertion: next_insertion,
            };
        }
        walk.diagonal = diagonal;
        walk.deletion = deletion;
    }
}

/// Returns one bit for each lane in which `a` equals `b`.
#[target_feature(enable = "avx2")]
#[inline]
fn equal(a: __m256i, b: __m256i) -> u32 {
    _mm256_movemask_epi8(_mm256_cmpeq_epi8(a, b)) as u32
}
