//! Sixteen jobs at a time, one per 16-bit lane; before that thirty-two of those that may fit bytes.
//!
//! Jobs are sorted by length so that the lanes of a group end at about the same cell. A group walks
//! the union of its lanes' bands row by row; only where some lane has no cell (band edges, short
//! targets) does a column pay for masks. A lane that is done computes on, unheard.

mod bytes;
mod fill;
mod group;
mod kernel;

use std::arch::x86_64::*;

use self::{
    fill::fill,
    group::{Shape, band, load},
    kernel::{Column, NEVER, lanes, unpack},
};
use super::{
    batch::{Batch, Job, Scoring},
    results::{Found, NOT_REACHED, Results},
    scalar, traceback,
};
use crate::arch::Avx2;

const LANES: usize = 16;

/// Scores of jobs that are computed here stay within plus and minus this, and no sum of two of them
/// leaves i16; what grows from minus infinity stays below.
const MAX_SCORE: i32 = 15_000;

/// The most cells of a group with traceback: 64 MiB of directions.
const MAX_GROUP_CELLS: usize = 1 << 23;

/// Working memory, kept between runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    bytes: bytes::Scratch,
    in_bytes: Vec<(u64, u32)>,
    order: Vec<u32>,
    query: Vec<__m256i>,
    target: Vec<__m256i>,
    columns: Vec<Column>,
    directions: Vec<u64>,
}

pub(super) fn run(_: Avx2, batch: &Batch, indexes: impl Iterator<Item = usize>, out: &mut Results) {
    // SAFETY: `Avx2` exists only where the processor has AVX2.
    #[allow(unsafe_code)]
    unsafe {
        run_jobs(batch, indexes, out);
    }
}

#[target_feature(enable = "avx2")]
fn run_jobs(batch: &Batch, indexes: impl Iterator<Item = usize>, out: &mut Results) {
    let mut scratch = std::mem::take(&mut out.scratch.avx2);
    let mut order = std::mem::take(&mut scratch.order);
    let mut in_bytes = std::mem::take(&mut scratch.in_bytes);
    order.clear();
    in_bytes.clear();
    let costs = bytes::Costs::new(batch.scoring());
    for index in indexes {
        let job = batch.job(index);
        let narrowed = costs.as_ref().map(|costs| bytes::narrowed(&job, costs));
        if !fits(&job, batch.scoring()) {
            scalar::run_job(batch, index, out);
        } else if let Some(job) = narrowed.filter(|job| bytes::suits(job, batch.scoring())) {
            in_bytes.push((bytes::sort_key(&job), index as u32));
        } else {
            order.push(index as u32);
        }
    }
    if let Some(costs) = costs {
        let scratch = &mut scratch.bytes;
        bytes::run(batch, &costs, &mut in_bytes, scratch, out, &mut order);
    }
    order.sort_unstable_by_key(|&index| {
        let job = batch.job(index as usize);
        (job.traceback, job.query.len(), job.target.len(), index)
    });
    let score_only = order.partition_point(|&index| !batch.job(index as usize).traceback);
    let (score_only, with_traceback) = order.split_at(score_only);
    for indexes in score_only.chunks(LANES) {
        run_group::<false>(batch, indexes, &mut scratch, out);
    }
    for indexes in with_traceback.chunks(LANES) {
        run_group::<true>(batch, indexes, &mut scratch, out);
    }
    scratch.order = order;
    scratch.in_bytes = in_bytes;
    out.scratch.avx2 = scratch;
}

/// Returns whether no score of the job can leave 16 bits.
fn fits(job: &Job<'_>, scoring: Scoring) -> bool {
    let (n, m) = (job.query.len(), job.target.len());
    if n.max(m) > MAX_SCORE as usize {
        return false;
    }
    let (shorter, band) = (n.min(m) as i32, band(job));
    let highest = shorter * i32::from(scoring.match_score);
    // A cell's score is no lower than that of the diagonal followed by one gap to it.
    let lowest = shorter * i32::from(scoring.mismatch).max(1)
        + 2 * (i32::from(scoring.gap_open) + i32::from(scoring.gap_extend))
        + i32::from(scoring.gap_extend) * i32::from(band);
    let traceback_cells = n * m.min(2 * band as usize + 1);
    highest <= MAX_SCORE
        && lowest <= MAX_SCORE
        && (!job.traceback || traceback_cells <= MAX_GROUP_CELLS / 4)
}

#[target_feature(enable = "avx2")]
fn run_group<const TRACEBACK: bool>(
    batch: &Batch,
    indexes: &[u32],
    scratch: &mut Scratch,
    out: &mut Results,
) {
    let mut jobs = [Job::default(); LANES];
    for (job, &index) in jobs.iter_mut().zip(indexes) {
        *job = batch.job(index as usize);
    }
    let jobs = &jobs[..indexes.len()];
    let shape = Shape::new(jobs);
    if TRACEBACK && shape.rows * shape.stride() > MAX_GROUP_CELLS {
        // Lanes of very different shapes span more cells together than any has alone.
        for &index in indexes {
            scalar::run_job(batch, index as usize, out);
        }
        return;
    }
    load(jobs, &shape, batch.scoring(), scratch);
    let bests = fill::<TRACEBACK>(jobs, &shape, batch.scoring(), scratch);

    let score = lanes(bests.score);
    let row = lanes(bests.row);
    let column = lanes(bests.column);
    let end_to_end = lanes(bests.end_to_end);
    let end_to_end_column = lanes(bests.end_to_end_column);
    for (l, (job, &index)) in jobs.iter().zip(indexes).enumerate() {
        let found = Found {
            score: score[l].into(),
            query_end: row[l] as u16,
            target_end: column[l] as u16,
            end_to_end_score: match end_to_end[l] {
                NEVER => NOT_REACHED,
                score => score.into(),
            },
            end_to_end_target: end_to_end_column[l] as u16,
        };
        let (stride, directions) = (shape.stride(), &scratch.directions);
        let direction = |i: usize, j: usize| {
            unpack(directions[(i - 1) * stride + j - shape.first_column(i)], l)
        };
        out.record(index as usize, job, found, |chosen, operations| {
            if TRACEBACK {
                traceback::walk(chosen, direction, operations);
            }
        });
    }
}
