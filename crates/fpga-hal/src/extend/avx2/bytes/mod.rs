//! Thirty-two jobs at a time, one per 8-bit lane.
//!
//! A cell does not hold H but what has been lost on the way to it: with *a* the match score and *e*
//! the price of a base in a gap, 255 + H(*i*, *j*) - (*a* + *e*) *i* + *e* *j*. In this measure no
//! step ever gains: an equal pair and a longer deletion cost 0, a longer insertion *a* + 2 *e*, an
//! opening *o*, any other pair the difference of its score from *a*. Saturating subtraction thus
//! gives max(0, exact value) in every cell, however long the job is; 0 is minus infinity as well.
//! A value above 0, and the path to it, is exact. Rows whose best is not above 0, or may be beaten
//! by a cell that is not, send their job to wider lanes.
//!
//! As in difference recurrences (Suzuki and Kasahara 2018, doi 10.1186/s12859-018-2014-8), values
//! do not grow with the sequences; unlike there they order the cells of a row.

mod best;
mod fill;
mod group;
mod kernel;
mod path;

use std::arch::x86_64::*;

use self::{
    fill::fill,
    group::{Shape, load},
    kernel::Column,
    path::Path,
};
use super::band;
use crate::extend::{
    batch::{Batch, Job, Scoring},
    results::{Found, NOT_REACHED, Results},
};

pub(super) const LANES: usize = 32;

/// The most columns of a row: their numbers must fit a byte.
const MAX_WIDTH: usize = 255;

/// The most cells of a group with traceback: 72 MiB of what is kept of them.
const MAX_GROUP_CELLS: usize = 1 << 21;

/// Bounds the intermediate values of a row's score.
const MAX_SCORE: i32 = 15_000;

/// Working memory, kept between runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    query: Vec<__m256i>,
    target: Vec<__m256i>,
    /// The lanes that have cells on a diagonal, from `widest` left of the main one on.
    in_band: Vec<__m256i>,
    /// The lanes that have a target base in a column.
    in_target: Vec<__m256i>,
    columns: Vec<Column>,
    /// With traceback, the cells' scores, and the lanes whose path takes a gap there.
    scores: Vec<__m256i>,
    ways: Vec<u32>,
}

/// What steps cost in the measure of this module.
struct Costs {
    open: u8,
    /// A base of an insertion.
    step: u8,
    mismatch: u8,
    /// A pair with N.
    unknown: u8,
    match_score: i32,
    extend: i32,
    gap_open: i32,
}

impl Costs {
    fn new(scoring: Scoring) -> Self {
        let (match_score, extend) = (
            i32::from(scoring.match_score),
            i32::from(scoring.gap_extend),
        );
        // Whatever costs 255 costs all.
        let byte = |cost: i32| cost.min(i32::from(u8::MAX)) as u8;
        Self {
            open: byte(scoring.gap_open.into()),
            step: byte(match_score + 2 * extend),
            mismatch: byte(match_score + i32::from(scoring.mismatch)),
            unknown: byte(match_score + 1),
            match_score,
            extend,
            gap_open: scoring.gap_open.into(),
        }
    }

    /// Returns how far left of the diagonal a cell can lie that lost no more than `loss` in H
    /// against a perfect match of its row.
    fn reach_left(&self, loss: i32) -> usize {
        self.reach(loss, self.match_score + self.extend)
    }

    /// The same to the right.
    fn reach_right(&self, loss: i32) -> usize {
        self.reach(loss, self.extend)
    }

    /// Returns the greatest loss that a byte tells in every column that may beat it, in a band.
    fn loss_limit(&self, band: usize) -> i32 {
        let (mut told, mut lost) = (0, i32::from(u8::MAX));
        while told + 1 < lost {
            let loss = (told + lost) / 2;
            let left = self.reach_left(loss).min(band) as i32;
            if loss + self.extend * left < i32::from(u8::MAX) {
                told = loss;
            } else {
                lost = loss;
            }
        }
        told
    }

    fn reach(&self, loss: i32, each: i32) -> usize {
        match (loss - self.gap_open, each) {
            (..0, _) => 0,
            (_, 0) => usize::MAX / 2,
            (rest, each) => (rest / each) as usize,
        }
    }
}

/// Returns whether a job may run in bytes; it may still turn out not to fit.
pub(super) fn suits(job: &Job<'_>, scoring: Scoring) -> bool {
    let (n, m) = (job.query.len(), job.target.len());
    let width = (2 * band(job) as usize + 1).min(m + 1);
    let each = i32::from(scoring.match_score) + i32::from(scoring.gap_extend);
    width <= MAX_WIDTH
        && n.max(m) <= MAX_SCORE as usize
        && n.max(m) as i32 * each <= MAX_SCORE
        && (!job.traceback || n * width <= MAX_GROUP_CELLS / 4)
}

/// Returns a number that orders jobs by kind, then by shape.
pub(super) fn sort_key(job: &Job<'_>) -> u64 {
    let kind = match (job.traceback, job.reversed) {
        (false, _) => SCORE_ONLY,
        (true, false) => FORWARD,
        (true, true) => REVERSED,
    };
    let shape = [job.query.len(), band(job) as usize, job.target.len()];
    shape
        .iter()
        .fold(kind, |key, &length| key << 16 | length as u64)
}

const SCORE_ONLY: u64 = 0;
const FORWARD: u64 = 1;
const REVERSED: u64 = 2;

/// Runs jobs, each with its sort key, and records them; those that do not fit are appended to
/// `left`.
#[target_feature(enable = "avx2")]
pub(super) fn run(
    batch: &Batch,
    jobs: &mut [(u64, u32)],
    scratch: &mut Scratch,
    out: &mut Results,
    left: &mut Vec<u32>,
) {
    jobs.sort_unstable();
    for same_kind in jobs.chunk_by(|a, b| a.0 >> 48 == b.0 >> 48) {
        for group in same_kind.chunks(LANES) {
            match group[0].0 >> 48 {
                SCORE_ONLY => run_group::<false, false>(batch, group, scratch, out, left),
                FORWARD => run_group::<true, false>(batch, group, scratch, out, left),
                _ => run_group::<true, true>(batch, group, scratch, out, left),
            }
        }
    }
}

#[target_feature(enable = "avx2")]
fn run_group<const TRACEBACK: bool, const REVERSED: bool>(
    batch: &Batch,
    group: &[(u64, u32)],
    scratch: &mut Scratch,
    out: &mut Results,
    left: &mut Vec<u32>,
) {
    let mut jobs = [Job::default(); LANES];
    for (job, &(_, index)) in jobs.iter_mut().zip(group) {
        *job = batch.job(index as usize);
    }
    let jobs = &jobs[..group.len()];
    let shape = Shape::new(jobs);
    // Lanes of very different shapes span more columns or cells together than any has alone.
    let width = (2 * shape.widest + 1).min(shape.columns + 1);
    if width > MAX_WIDTH || TRACEBACK && shape.rows * shape.stride() > MAX_GROUP_CELLS {
        left.extend(group.iter().map(|&(_, index)| index));
        return;
    }
    let costs = Costs::new(batch.scoring());
    load(jobs, &shape, &costs, scratch);
    let bests = fill::<TRACEBACK, REVERSED>(jobs, &shape, &costs, scratch);

    for (l, (job, &(_, index))) in jobs.iter().zip(group).enumerate() {
        if bests.overflow >> l & 1 != 0 {
            left.push(index);
            continue;
        }
        let found = Found {
            score: bests.score[l].into(),
            query_end: bests.row[l] as u16,
            target_end: bests.column[l] as u16,
            end_to_end_score: match bests.end_to_end[l] {
                i16::MIN => NOT_REACHED,
                score => score.into(),
            },
            end_to_end_target: bests.end_to_end_column[l] as u16,
        };
        out.record(index as usize, job, found, |chosen, operations| {
            if TRACEBACK {
                let path = Path::new(l, &shape, &costs, scratch);
                path.walk(chosen, operations);
            }
        });
    }
}
