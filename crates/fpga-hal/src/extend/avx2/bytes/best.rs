//! The best cell of a row, and what a group keeps of it.
//!
//! A cell off the diagonal has paid for a gap. What is known of a row's best so bounds its distance
//! from the diagonal, and most columns need not be looked at. And from row to row a best gains a match
//! at most, and loses no more than a mismatch: a lane that lies far below its local best, and above
//! its z-drop, is not looked at until it may have reached either.

use std::{arch::x86_64::*, ops::RangeInclusive};

use super::{Costs, LANES, Shape, group::narrow, kernel::Column};
use crate::extend::batch::Job;

/// Columns that are looked at side by side; a row's columns are followed by as many without a cell.
pub(super) const AT_ONCE: usize = 4;

/// Two vectors of 16-bit lanes.
type Wide = [__m256i; 2];

/// Results of the lanes, and which of them still run.
pub(super) struct Bests {
    pub(super) score: [i16; LANES],
    pub(super) row: [i16; LANES],
    pub(super) column: [i16; LANES],
    pub(super) end_to_end: [i16; LANES],
    pub(super) end_to_end_column: [i16; LANES],
    /// Lanes whose row has a best that bytes cannot tell.
    pub(super) overflow: u32,
    pub(super) active: __m256i,
    z_drops: [i16; LANES],
    /// Between these lies the row's best.
    lower: [i16; LANES],
    upper: [i16; LANES],
    /// The last row in which all lanes' diagonals are sure to have a cell, for `lower`.
    sure_rows: usize,
    /// What the worst lane that was looked at last had lost against a perfect match.
    worst_loss: i32,
    /// The greatest loss of a row's best that can be told.
    loss_limit: i32,
}

impl Bests {
    #[target_feature(enable = "avx2")]
    pub(super) fn new(jobs: &[Job<'_>], shape: &Shape, costs: &Costs) -> Self {
        let z_drops = std::array::from_fn(|l| match jobs.get(l) {
            Some(job) if job.z_drop > 0 => job.z_drop.min(i16::MAX as u16) as i16,
            _ => i16::MAX,
        });
        let active: [u8; LANES] = std::array::from_fn(|l| match jobs.get(l) {
            Some(job) if !job.query.is_empty() && shape.last_rows[l] > 0 => u8::MAX,
            _ => 0,
        });
        Self {
            score: [0; LANES],
            row: [0; LANES],
            column: [0; LANES],
            end_to_end: std::array::from_fn(|l| match shape.query_lengths[l] {
                0 => 0,
                _ => i16::MIN,
            }),
            end_to_end_column: [0; LANES],
            overflow: 0,
            active: bytemuck::must_cast(active),
            z_drops,
            lower: [0; LANES],
            upper: [0; LANES],
            sure_rows: shape.shortest_target.saturating_sub(shape.widest),
            worst_loss: 0,
            loss_limit: costs.loss_limit(shape.widest),
        }
    }

    /// Takes note of row `i` and returns whether any lane still runs.
    #[target_feature(enable = "avx2")]
    pub(super) fn take_row(
        &mut self,
        i: usize,
        shape: &Shape,
        costs: &Costs,
        columns: &[Column],
        in_target: &[__m256i],
    ) -> bool {
        let number = _mm256_set1_epi16(i as i16);
        let last_rows: Wide = bytemuck::must_cast(shape.last_rows);
        let last = _mm256_andnot_si256(greater(last_rows, [number; 2]), self.active);
        let awake = _mm256_or_si256(self.awake(i, costs), last);
        if bits(awake) == 0 {
            return true;
        }
        let row = Row {
            i,
            shape,
            costs,
            columns,
            in_target,
        };
        let mut loss = self.worst_loss.min(self.loss_limit);
        let (range, best, told) = loop {
            let range = row.reach(loss);
            let best = row.best(&range);
            let floor = row.floor(loss, *range.start());
            let told = _mm256_cmpeq_epi8(_mm256_max_epu8(best, floor), best);
            let untold = _mm256_andnot_si256(told, awake);
            let lowest = lowest(_mm256_or_si256(best, not(awake)));
            let worst = match lowest > costs.floor {
                true => row.loss(lowest, *range.start()).min(self.loss_limit),
                false => self.loss_limit,
            };
            if bits(untold) == 0 || loss == self.loss_limit {
                // What is lost in bytes is left to wider lanes.
                self.overflow |= bits(untold);
                self.active = _mm256_andnot_si256(untold, self.active);
                self.worst_loss = worst;
                break (range, best, _mm256_and_si256(told, self.active));
            }
            loss = worst;
        };

        let base = row.base(*range.start());
        let [low, high] = widen(best);
        let scores = [_mm256_add_epi16(low, base), _mm256_add_epi16(high, base)];
        let before: Wide = bytemuck::must_cast(self.score);
        let z_drops: Wide = bytemuck::must_cast(self.z_drops);
        let fall = [
            _mm256_subs_epi16(before[0], scores[0]),
            _mm256_subs_epi16(before[1], scores[1]),
        ];
        // Lanes that are told by chance need not be looked at so soon.
        let known = signs(told);
        replace(&mut self.lower, scores, known);
        replace(&mut self.upper, scores, known);
        let improved = _mm256_and_si256(greater(scores, before), told);
        let fell = _mm256_and_si256(greater(fall, z_drops), told);
        let last = _mm256_and_si256(last, told);
        let wanted = _mm256_or_si256(improved, _mm256_or_si256(fell, last));
        if bits(wanted) == 0 {
            return bits(self.active) != 0;
        }

        let lowest = lowest(_mm256_or_si256(best, not(wanted)));
        let near = row.reach(row.loss(lowest, *range.start()));
        let best_columns = row.columns_of(best, &range, &near);
        let improved = signs(improved);
        replace(&mut self.score, scores, improved);
        replace(&mut self.row, [number; 2], improved);
        replace(&mut self.column, best_columns, improved);
        let (last, fell) = (bits(last), bits(fell));
        if last | fell != 0 {
            let scores: [i16; LANES] = bytemuck::must_cast(scores);
            let best_columns: [i16; LANES] = bytemuck::must_cast(best_columns);
            self.stop(i, shape, costs, (last, fell), &scores, &best_columns);
        }
        bits(self.active) != 0
    }

    /// Returns the active lanes whose row `i` may improve the local best or end by the z-drop.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn awake(&mut self, i: usize, costs: &Costs) -> __m256i {
        let gain = _mm256_set1_epi16(costs.match_score as i16);
        let loss = _mm256_set1_epi16(costs.worst_pair as i16);
        if i > self.sure_rows {
            self.lower = [i16::MIN; LANES];
        }
        let [low, high]: Wide = bytemuck::must_cast(self.upper);
        let upper = [_mm256_adds_epi16(low, gain), _mm256_adds_epi16(high, gain)];
        let [low, high]: Wide = bytemuck::must_cast(self.lower);
        let lower = [_mm256_subs_epi16(low, loss), _mm256_subs_epi16(high, loss)];
        self.upper = bytemuck::must_cast(upper);
        self.lower = bytemuck::must_cast(lower);
        let best: Wide = bytemuck::must_cast(self.score);
        let fall = [
            _mm256_subs_epi16(best[0], lower[0]),
            _mm256_subs_epi16(best[1], lower[1]),
        ];
        let z_drops: Wide = bytemuck::must_cast(self.z_drops);
        let may_matter = _mm256_or_si256(greater(upper, best), greater(fall, z_drops));
        _mm256_and_si256(may_matter, self.active)
    }

    /// Stops lanes in their last row, and those of the lanes in `fell` that the z-drop stops.
    fn stop(
        &mut self,
        i: usize,
        shape: &Shape,
        costs: &Costs,
        (last, fell): (u32, u32),
        scores: &[i16; LANES],
        columns: &[i16; LANES],
    ) {
        let mut active: [u8; LANES] = bytemuck::must_cast(self.active);
        let mut lanes = last | fell;
        while lanes != 0 {
            let l = lanes.trailing_zeros() as usize;
            lanes &= lanes - 1;
            if last >> l & 1 != 0 {
                active[l] = 0;
                if usize::from(shape.query_lengths[l] as u16) == i {
                    self.end_to_end[l] = scores[l];
                    self.end_to_end_column[l] = columns[l];
                }
            }
            if fell >> l & 1 != 0 {
                let shift = (i as i32 - i32::from(self.row[l]))
                    - (i32::from(columns[l]) - i32::from(self.column[l]));
                let allowed = i32::from(self.z_drops[l]) + costs.extend * shift.abs();
                if i32::from(self.score[l]) - i32::from(scores[l]) > allowed {
                    active[l] = 0;
                }
            }
        }
        self.active = bytemuck::must_cast(active);
    }
}

/// A row's cells; a cell's value counts from the range's first column, and so orders scores.
struct Row<'a> {
    i: usize,
    shape: &'a Shape,
    costs: &'a Costs,
    columns: &'a [Column],
    in_target: &'a [__m256i],
}

impl Row<'_> {
    /// Returns the columns of all cells that lost no more than `loss`.
    fn reach(&self, loss: i32) -> RangeInclusive<usize> {
        let Shape {
            widest, columns, ..
        } = *self.shape;
        let left = self.costs.reach_left(loss).min(widest);
        let right = self.costs.reach_right(loss).min(widest);
        self.i.saturating_sub(left).min(columns)..=(self.i + right).min(columns)
    }

    /// Returns what a value says to have been lost against a perfect match.
    fn loss(&self, value: u8, start: usize) -> i32 {
        i32::from(u8::MAX) - i32::from(value) - self.costs.extend * (self.i as i32 - start as i32)
    }

    /// Returns the least value of those that lost no more than `loss`, above minus infinity.
    #[target_feature(enable = "avx2")]
    fn floor(&self, loss: i32, start: usize) -> __m256i {
        let value = i32::from(u8::MAX) - loss - self.costs.extend * (self.i as i32 - start as i32);
        let least_told = i32::from(self.costs.floor) + 1;
        _mm256_set1_epi8(value.clamp(least_told, 255) as u8 as i8)
    }

    /// Returns the score of a value of 0.
    #[target_feature(enable = "avx2")]
    fn base(&self, start: usize) -> __m256i {
        let row = (self.costs.match_score + self.costs.extend) * self.i as i32;
        let base = row - self.costs.extend * start as i32 - i32::from(u8::MAX);
        _mm256_set1_epi16(base as i16)
    }

    /// Returns the lanes' highest values.
    #[target_feature(enable = "avx2")]
    fn best(&self, range: &RangeInclusive<usize>) -> __m256i {
        let lengths = (range.end() - range.start() + 1).next_multiple_of(AT_ONCE);
        let (columns, _) = self.columns[*range.start()..][..lengths].as_chunks::<AT_ONCE>();
        let (in_target, _) = self.in_target[*range.start()..][..lengths].as_chunks::<AT_ONCE>();
        let price = |bases: usize| {
            _mm256_set1_epi8((bases as i32 * self.costs.extend).min(255) as u8 as i8)
        };
        let jump = price(AT_ONCE);
        // From right to left, a value so far is worth less by a base for each column. Several chains
        // of such steps side by side do not wait for each other.
        let mut best = [_mm256_setzero_si256(); AT_ONCE];
        for (columns, in_target) in columns.iter().zip(in_target).rev() {
            for k in 0..AT_ONCE {
                let score = _mm256_and_si256(columns[k].score, in_target[k]);
                best[k] = _mm256_max_epu8(score, _mm256_subs_epu8(best[k], jump));
            }
        }
        (1..AT_ONCE).fold(best[0], |all, k| {
            _mm256_max_epu8(all, _mm256_subs_epu8(best[k], price(k)))
        })
    }

    /// Returns the first columns in `near` that have the values `best`.
    #[target_feature(enable = "avx2")]
    fn columns_of(
        &self,
        best: __m256i,
        range: &RangeInclusive<usize>,
        near: &RangeInclusive<usize>,
    ) -> Wide {
        let (start, end) = (
            *near.start().max(range.start()),
            *near.end().min(range.end()),
        );
        let skipped = self.costs.extend * (start - range.start()) as i32;
        let extend = _mm256_set1_epi8(self.costs.extend as i8);
        let mut offset = _mm256_set1_epi8(skipped.min(255) as u8 as i8);
        let one = _mm256_set1_epi8(1);
        // Counts down from 255, so that the first column is the maximum.
        let mut number = _mm256_set1_epi8(-1);
        let mut first = _mm256_setzero_si256();
        for (column, &inside) in self.columns[start..=end]
            .iter()
            .zip(&self.in_target[start..=end])
        {
            let value = _mm256_and_si256(_mm256_subs_epu8(column.score, offset), inside);
            let equal = _mm256_cmpeq_epi8(value, best);
            first = _mm256_max_epu8(first, _mm256_and_si256(equal, number));
            number = _mm256_sub_epi8(number, one);
            offset = _mm256_adds_epu8(offset, extend);
        }
        let last = _mm256_set1_epi16((start + 255) as i16);
        let [low, high] = widen(first);
        [_mm256_sub_epi16(last, low), _mm256_sub_epi16(last, high)]
    }
}

/// Returns the lanes whose value in `a` is greater than in `b`.
#[target_feature(enable = "avx2")]
#[inline]
fn greater(a: Wide, b: Wide) -> __m256i {
    narrow(
        _mm256_cmpgt_epi16(a[0], b[0]),
        _mm256_cmpgt_epi16(a[1], b[1]),
    )
}

/// Replaces the lanes in `mask` by those of `new`.
#[target_feature(enable = "avx2")]
#[inline]
fn replace(lanes: &mut [i16; LANES], new: Wide, mask: Wide) {
    let old: Wide = bytemuck::must_cast(*lanes);
    *lanes = bytemuck::must_cast([
        _mm256_blendv_epi8(old[0], new[0], mask[0]),
        _mm256_blendv_epi8(old[1], new[1], mask[1]),
    ]);
}

#[target_feature(enable = "avx2")]
#[inline]
fn not(mask: __m256i) -> __m256i {
    _mm256_xor_si256(mask, _mm256_set1_epi8(-1))
}

/// Returns one bit for each lane of a mask.
#[target_feature(enable = "avx2")]
fn bits(mask: __m256i) -> u32 {
    _mm256_movemask_epi8(mask) as u32
}

/// Returns unsigned bytes as 16-bit lanes, in order.
#[target_feature(enable = "avx2")]
fn widen(bytes: __m256i) -> Wide {
    [
        _mm256_cvtepu8_epi16(_mm256_castsi256_si128(bytes)),
        _mm256_cvtepu8_epi16(_mm256_extracti128_si256::<1>(bytes)),
    ]
}

/// Returns a mask of bytes as one of 16-bit lanes, in order.
#[target_feature(enable = "avx2")]
fn signs(mask: __m256i) -> Wide {
    [
        _mm256_cvtepi8_epi16(_mm256_castsi256_si128(mask)),
        _mm256_cvtepi8_epi16(_mm256_extracti128_si256::<1>(mask)),
    ]
}

/// Returns the least of 32 unsigned bytes.
#[target_feature(enable = "avx2")]
fn lowest(bytes: __m256i) -> u8 {
    let bytes = _mm_min_epu8(
        _mm256_castsi256_si128(bytes),
        _mm256_extracti128_si256::<1>(bytes),
    );
    let bytes = _mm_min_epu8(bytes, _mm_srli_epi16::<8>(bytes));
    _mm_extract_epi8::<0>(_mm_minpos_epu16(bytes)) as u8
}
