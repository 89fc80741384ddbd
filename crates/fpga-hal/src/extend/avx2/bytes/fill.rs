//! A group's rows.

use std::arch::x86_64::*;

use super::{
    Costs, Scratch,
    best::Bests,
    group::Shape,
    kernel::{Kernel, Walk},
};
use crate::extend::batch::Job;

#[target_feature(enable = "avx2")]
pub(super) fn fill<const TRACEBACK: bool, const REVERSED: bool>(
    jobs: &[Job<'_>],
    shape: &Shape,
    costs: &Costs,
    scratch: &mut Scratch,
) -> Bests {
    let mut bests = Bests::new(jobs, shape, costs);
    let kernel = Kernel::new(costs);
    let open = _mm256_set1_epi8(costs.open as i8);
    let (stride, widest) = (shape.stride(), shape.widest);
    let Scratch {
        query,
        target,
        in_band,
        in_target,
        columns,
        scores,
        ways,
    } = scratch;
    if TRACEBACK && scores.len() < shape.rows * stride {
        scores.resize(shape.rows * stride, _mm256_setzero_si256());
        ways.resize(shape.rows * stride, 0);
    }

    for (i, &query) in (1..).zip(query.iter()) {
        let first = shape.first_column(i);
        let last = shape.columns.min(i + widest);
        if i > last + widest {
            break;
        }
        let mut walk = Walk {
            query,
            diagonal: columns[first - 1].score,
            deletion: kernel.floor,
        };
        if i <= widest {
            let paid = u32::from(costs.open) + u32::from(costs.step) * i as u32;
            let edge = _mm256_set1_epi8(255u32.saturating_sub(paid) as u8 as i8);
            let edge = _mm256_and_si256(edge, in_band[widest - i]);
            columns[0].score = _mm256_max_epu8(edge, kernel.floor);
            walk.deletion = _mm256_max_epu8(_mm256_subs_epu8(edge, open), kernel.floor);
        }

        // Columns that all bands have, and those before and after.
        let end = (last + 1).max(first);
        let common = i.saturating_sub(shape.narrowest).clamp(first, end);
        let common_end = (i + shape.narrowest + 1).clamp(common, end);
        let mut segment = |start: usize, end: usize, masked: bool| {
            let columns = &mut columns[start..end];
            let target = &target[start - 1..end - 1];
            let kept: (&mut [_], &mut [_]) = if TRACEBACK {
                let cells = (i - 1) * stride + start - first..(i - 1) * stride + end - first;
                (&mut scores[cells.clone()], &mut ways[cells])
            } else {
                (&mut [], &mut [])
            };
            if masked {
                let in_band = &in_band[widest + start - i..][..columns.len()];
                kernel.walk::<TRACEBACK, REVERSED, true>(&mut walk, columns, target, in_band, kept);
            } else {
                kernel.walk::<TRACEBACK, REVERSED, false>(&mut walk, columns, target, &[], kept);
            }
        };
        if common > first {
            segment(first, common, true);
        }
        segment(common, common_end, false);
        if end > common_end {
            segment(common_end, end, true);
        }
        if !bests.take_row(i, shape, costs, columns, in_target) {
            break;
        }
    }
    bests
}
