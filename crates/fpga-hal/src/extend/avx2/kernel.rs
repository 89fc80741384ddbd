//! The recurrence, sixteen cells at a time.

use std::arch::x86_64::*;

use super::LANES;
use crate::extend::batch::{Job, Scoring};

/// Minus infinity.
pub(super) const NEVER: i16 = i16::MIN;

/// What the row above left in a column, for all lanes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) score: __m256i,
    pub(super) insertion: __m256i,
}

/// A row on its way through the columns.
pub(super) struct Walk {
    pub(super) query: __m256i,
    pub(super) diagonal: __m256i,
    pub(super) deletion: __m256i,
    pub(super) best: __m256i,
    pub(super) best_column: __m256i,
    pub(super) column: __m256i,
    /// The lanes' own first and last columns in this row.
    pub(super) first_columns: __m256i,
    pub(super) last_columns: __m256i,
}

/// The constants of the recurrence.
pub(super) struct Kernel {
    scores: __m256i,
    pub(super) gap_first: __m256i,
    pub(super) gap_extend: __m256i,
    /// 1 where a gap wins over an equal diagonal, in traceback alone.
    gap_bonus: __m256i,
}

impl Kernel {
    #[target_feature(enable = "avx2")]
    pub(super) fn new(jobs: &[Job<'_>], scoring: Scoring) -> Self {
        let mut table = [-1i8; 32];
        for half in table.chunks_exact_mut(16) {
            half[..4].fill(-scoring.mismatch);
            half[0] = scoring.match_score;
        }
        let (open, extend) = (i16::from(scoring.gap_open), i16::from(scoring.gap_extend));
        Self {
            scores: bytemuck::must_cast(table),
            gap_first: _mm256_set1_epi16(open + extend),
            gap_extend: _mm256_set1_epi16(extend),
            gap_bonus: vector(std::array::from_fn(|l| {
                jobs.get(l).is_some_and(|job| job.reversed).into()
            })),
        }
    }

    /// Walks through `columns`; with `MASKED` lanes have no cell outside their own columns.
    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn walk<const TRACEBACK: bool, const MASKED: bool>(
        &self,
        walk: &mut Walk,
        columns: &mut [Column],
        target: &[__m256i],
        directions: &mut [u64],
    ) {
        let one = _mm256_set1_epi16(1);
        let (mut diagonal, mut deletion) = (walk.diagonal, walk.deletion);
        let (mut best, mut best_column) = (walk.best, walk.best_column);
        let mut column_number = walk.column;
        for (k, (column, &base)) in columns.iter_mut().zip(target).enumerate() {
            let index = _mm256_xor_si256(walk.query, base);
            let pair = _mm256_srai_epi16::<8>(_mm256_shuffle_epi8(self.scores, index));
            let paired = _mm256_adds_epi16(diagonal, pair);
            diagonal = column.score;
            let insertion = column.insertion;
            // The deletion joins last: it alone waits for the column before.
            let before = _mm256_max_epi16(paired, insertion);
            let mut score = _mm256_max_epi16(before, deletion);
            let longer_insertion = _mm256_subs_epi16(insertion, self.gap_extend);
            let longer_deletion = _mm256_subs_epi16(deletion, self.gap_extend);
            let open = _mm256_subs_epi16(score, self.gap_first);
            let open_deletion = _mm256_subs_epi16(before, self.gap_first);
            if TRACEBACK {
                let gap = _mm256_max_epi16(insertion, deletion);
                directions[k] = pack(
                    _mm256_cmpgt_epi16(_mm256_adds_epi16(gap, self.gap_bonus), paired),
                    _mm256_cmpgt_epi16(insertion, deletion),
                    _mm256_cmpgt_epi16(longer_deletion, open_deletion),
                    _mm256_cmpgt_epi16(longer_insertion, open),
                );
            }
            let mut next_insertion = _mm256_max_epi16(open, longer_insertion);
            deletion = _mm256_max_epi16(open_deletion, longer_deletion);
            if MASKED {
                let outside = _mm256_or_si256(
                    _mm256_cmpgt_epi16(walk.first_columns, column_number),
                    _mm256_cmpgt_epi16(column_number, walk.last_columns),
                );
                score = never_where(outside, score);
                next_insertion = never_where(outside, next_insertion);
                deletion = never_where(outside, deletion);
            }
            *column = Column {
                score,
                insertion: next_insertion,
            };
            let better = _mm256_cmpgt_epi16(score, best);
            best = _mm256_max_epi16(best, score);
            // Columns only grow: the maximum is the later one, for less than a blend.
            let better_column = _mm256_and_si256(better, column_number);
            best_column = _mm256_max_epi16(best_column, better_column);
            column_number = _mm256_add_epi16(column_number, one);
        }
        walk.diagonal = diagonal;
        walk.deletion = deletion;
        walk.best = best;
        walk.best_column = best_column;
        walk.column = column_number;
    }
}

/// Packs four masks of 16 lanes into as many 16-bit fields, as `unpack` reads them.
#[target_feature(enable = "avx2")]
#[inline]
fn pack(
    gap: __m256i,
    insertion: __m256i,
    extend_deletion: __m256i,
    extend_insertion: __m256i,
) -> u64 {
    let low = _mm256_movemask_epi8(_mm256_packs_epi16(gap, insertion)) as u32;
    let high = _mm256_movemask_epi8(_mm256_packs_epi16(extend_deletion, extend_insertion)) as u32;
    u64::from(high) << 32 | u64::from(low)
}

/// Returns the direction bits of a lane. Packing interleaves the 128-bit halves of two masks.
pub(super) fn unpack(cell: u64, lane: usize) -> u8 {
    let bits = cell >> (lane / 8 * 16 + lane % 8);
    (bits & 1 | bits >> 7 & 2 | bits >> 30 & 4 | bits >> 37 & 8) as u8
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn never_where(mask: __m256i, value: __m256i) -> __m256i {
    _mm256_blendv_epi8(value, _mm256_set1_epi16(NEVER), mask)
}

pub(super) fn vector(lanes: [i16; LANES]) -> __m256i {
    bytemuck::must_cast(lanes)
}

pub(super) fn lanes(vector: __m256i) -> [i16; LANES] {
    bytemuck::must_cast(vector)
}
