//! A group's rows, and what is kept of each.

use std::arch::x86_64::*;

use super::{
    Scratch,
    group::Shape,
    kernel::{Kernel, NEVER, Walk, never_where, vector},
};
use crate::extend::batch::{Job, Scoring};

/// Lanes of results.
pub(super) struct Bests {
    pub(super) score: __m256i,
    pub(super) row: __m256i,
    pub(super) column: __m256i,
    pub(super) end_to_end: __m256i,
    pub(super) end_to_end_column: __m256i,
}

#[target_feature(enable = "avx2")]
pub(super) fn fill<const TRACEBACK: bool>(
    jobs: &[Job<'_>],
    shape: &Shape,
    scoring: Scoring,
    scratch: &mut Scratch,
) -> Bests {
    let zero = _mm256_setzero_si256();
    let never = _mm256_set1_epi16(NEVER);
    let target_lengths = vector(shape.target_lengths);
    let query_lengths = vector(shape.query_lengths);
    let bands = vector(shape.bands);
    let z_drops = vector(std::array::from_fn(|l| match jobs.get(l) {
        Some(job) if job.z_drop > 0 => job.z_drop.min(i16::MAX as u16) as i16,
        _ => i16::MAX,
    }));
    let has_job = vector(std::array::from_fn(|l| -i16::from(l < jobs.len())));
    let empty = _mm256_cmpeq_epi16(query_lengths, zero);
    let mut active = _mm256_andnot_si256(empty, has_job);
    let mut bests = Bests {
        score: zero,
        row: zero,
        column: zero,
        end_to_end: _mm256_blendv_epi8(never, zero, empty),
        end_to_end_column: zero,
    };
    let kernel = Kernel::new(jobs, scoring);
    let stride = shape.stride();
    let Scratch {
        query,
        target,
        columns,
        directions,
        ..
    } = scratch;
    if TRACEBACK && directions.len() < shape.rows * stride {
        directions.resize(shape.rows * stride, 0);
    }

    for i in 1..=shape.rows {
        let row = _mm256_set1_epi16(i as i16);
        let first_columns = _mm256_sub_epi16(row, bands);
        let last_columns = _mm256_min_epi16(target_lengths, _mm256_adds_epi16(row, bands));
        let first = shape.first_column(i);
        let last = shape.columns.min(i + shape.widest);
        let mut walk = Walk {
            query: query[i - 1],
            diagonal: columns[first - 1].score,
            deletion: never,
            best: never,
            best_column: zero,
            column: _mm256_set1_epi16(first as i16),
            first_columns,
            last_columns,
        };
        if i <= shape.widest {
            let edge = (-i16::from(scoring.gap_open))
                .saturating_sub(i16::from(scoring.gap_extend).saturating_mul(i as i16));
            let outside = _mm256_cmpgt_epi16(first_columns, zero);
            let edge = never_where(outside, _mm256_set1_epi16(edge));
            columns[0].score = edge;
            walk.best = edge;
            walk.deletion = _mm256_subs_epi16(edge, kernel.gap_first);
        }

        if first <= last {
            // Columns that all lanes have, and those before and after.
            let common_first = (i.saturating_sub(shape.narrowest)).clamp(first, last + 1);
            let common_end =
                (shape.shortest_target.min(i + shape.narrowest) + 1).clamp(common_first, last + 1);
            let mut segment = |walk: &mut Walk, start: usize, end: usize, masked: bool| {
                let columns = &mut columns[start..end];
                let target = &target[start - 1..end - 1];
                let directions = if TRACEBACK {
                    &mut directions[(i - 1) * stride..][start - first..end - first]
                } else {
                    &mut []
                };
                if masked {
                    kernel.walk::<TRACEBACK, true>(walk, columns, target, directions);
                } else {
                    kernel.walk::<TRACEBACK, false>(walk, columns, target, directions);
                }
            };
            segment(&mut walk, first, common_first, true);
            segment(&mut walk, common_first, common_end, false);
            segment(&mut walk, common_end, last + 1, true);
        }

        let better = _mm256_and_si256(_mm256_cmpgt_epi16(walk.best, bests.score), active);
        bests.score = _mm256_blendv_epi8(bests.score, walk.best, better);
        bests.row = _mm256_blendv_epi8(bests.row, row, better);
        bests.column = _mm256_blendv_epi8(bests.column, walk.best_column, better);
        let at_end = _mm256_and_si256(_mm256_cmpeq_epi16(query_lengths, row), active);
        bests.end_to_end = _mm256_blendv_epi8(bests.end_to_end, walk.best, at_end);
        bests.end_to_end_column =
            _mm256_blendv_epi8(bests.end_to_end_column, walk.best_column, at_end);

        let shift = _mm256_abs_epi16(_mm256_sub_epi16(
            _mm256_sub_epi16(row, bests.row),
            _mm256_sub_epi16(walk.best_column, bests.column),
        ));
        let allowed = _mm256_adds_epi16(z_drops, _mm256_mullo_epi16(shift, kernel.gap_extend));
        let dropped = _mm256_cmpgt_epi16(_mm256_subs_epi16(bests.score, walk.best), allowed);
        let out_of_band = _mm256_cmpgt_epi16(first_columns, target_lengths);
        let done = _mm256_or_si256(at_end, _mm256_or_si256(dropped, out_of_band));
        active = _mm256_andnot_si256(done, active);
        if _mm256_testz_si256(active, active) != 0 {
            break;
        }
    }
    bests
}
