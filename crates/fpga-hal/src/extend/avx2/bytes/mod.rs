//! Thirty-two jobs at a time, one per 8-bit lane.
//!
//! A cell does not hold H but what has been lost on the way to it: with *a* the match score and *e*
//! the price of a base in a gap, 255 + H(*i*, *j*) - (*a* + *e*) *i* + *e* *j*. In this measure no
//! step ever gains: an equal pair and a longer deletion cost 0, a longer insertion *a* + 2 *e*, an
//! opening *o*, any other pair the difference of its score from *a*. Minus infinity is a *floor*, the
//! most that steps from a cell can cost, so that no subtraction needs to saturate; each row's deletion
//! starts there, and so no score lies below. A value above the floor, and the path to it, is exact,
//! however long the job is. Rows whose best is not above it, or may be beaten by a cell that is not,
//! send their job to wider lanes.
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

/// The highest floor that leaves room for losses.
const MAX_FLOOR: i32 = 127;

const N: u8 = 4;

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
pub(super) struct Costs {
    open: u8,
    /// A base of an insertion.
    step: u8,
    mismatch: u8,
    /// A pair with N.
    unknown: u8,
    /// Minus infinity.
    floor: u8,
    /// What the worst pair takes off H.
    worst_pair: i32,
    match_score: i32,
    extend: i32,
    reaches_left: [u16; 256],
    reaches_right: [u16; 256],
}

impl Costs {
    /// Returns the costs, if bytes leave room for any loss beside them.
    pub(super) fn new(scoring: Scoring) -> Option<Self> {
        let (match_score, extend) = (
            i32::from(scoring.match_score),
            i32::from(scoring.gap_extend),
        );
        let gap_open = i32::from(scoring.gap_open);
        let worst_pair = i32::from(scoring.mismatch).max(1);
        let step = match_score + 2 * extend;
        let floor = (gap_open + step).max(match_score + worst_pair);
        (floor <= MAX_FLOOR).then_some(Self {
            open: gap_open as u8,
            step: step as u8,
            mismatch: (match_score + i32::from(scoring.mismatch)) as u8,
            unknown: (match_score + 1) as u8,
            floor: floor as u8,
            worst_pair,
            match_score,
            extend,
            reaches_left: reaches(gap_open, match_score + extend),
            reaches_right: reaches(gap_open, extend),
        })
    }

    /// Returns how far left of the diagonal a cell can lie that lost no more than `loss` in H
    /// against a perfect match of its row.
    fn reach_left(&self, loss: i32) -> usize {
        self.reaches_left[loss as usize].into()
    }

    /// The same to the right.
    fn reach_right(&self, loss: i32) -> usize {
        self.reaches_right[loss as usize].into()
    }

    /// Returns the greatest loss that a byte tells in every column that may beat it, in a band.
    fn loss_limit(&self, band: usize) -> i32 {
        let most = i32::from(u8::MAX - self.floor);
        let (mut told, mut lost) = (0, most);
        while told + 1 < lost {
            let loss = (told + lost) / 2;
            let left = self.reach_left(loss).min(band) as i32;
            if loss + self.extend * left < most {
                told = loss;
            } else {
                lost = loss;
            }
        }
        told
    }
}

/// Returns how far off the diagonal one can get, by loss: divisions would be made in each row.
fn reaches(gap_open: i32, each: i32) -> [u16; 256] {
    std::array::from_fn(|loss| match (loss as i32 - gap_open, each) {
        (..0, _) => 0,
        (_, 0) => u16::MAX,
        (rest, each) => (rest / each) as u16,
    })
}

/// Returns the job with no more of its band and target than can hold a row's best or a path to one.
///
/// A row's best has lost no more than the diagonal up to there, and a cell off the diagonal has lost
/// a gap at least. So the diagonal's loss bounds where all that matters lies.
#[target_feature(enable = "avx2")]
pub(super) fn narrowed<'a>(job: &Job<'a>, costs: &Costs) -> Job<'a> {
    let (n, m) = (job.query.len(), job.target.len());
    let mut band = usize::from(job.band);
    if n <= m {
        let beside = match job.reversed {
            false => &job.target[..n],
            true => &job.target[m - n..],
        };
        let loss = unequal(job.query, beside) as i32 * (costs.match_score + costs.worst_pair);
        if loss <= u8::MAX.into() {
            let reach = costs.reach_right(loss).max(costs.reach_left(loss));
            band = band.min(reach);
        }
    }
    within_band(job, band as u16)
}

/// Returns the number of places at which two sequences of one length are not both the same base.
#[target_feature(enable = "avx2")]
#[inline]
fn unequal(a: &[u8], b: &[u8]) -> usize {
    // No more than a byte counts: compilers then count in bytes, thirty-two at a time.
    const LONGEST: usize = u8::MAX as usize;
    let blocks = a.chunks(LONGEST).zip(b.chunks(LONGEST));
    let counts = blocks.map(|(a, b)| {
        let places = a.iter().zip(b);
        places.fold(0u8, |count, (&a, &b)| count + u8::from(a != b || a >= N))
    });
    counts.map(usize::from).sum()
}

/// Returns the job with a band, and no more of its target than lies within.
fn within_band<'a>(job: &Job<'a>, band: u16) -> Job<'a> {
    let (n, m) = (job.query.len(), job.target.len());
    let reached = m.min(n + usize::from(band));
    let target = match job.reversed {
        false => &job.target[..reached],
        true => &job.target[m - reached..],
    };
    Job {
        band,
        target,
        ..*job
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

/// Returns a number that orders jobs by kind, by about their band, then by shape.
pub(super) fn sort_key(job: &Job<'_>) -> u64 {
    let kind = match (job.traceback, job.reversed) {
        (false, _) => SCORE_ONLY,
        (true, false) => FORWARD,
        (true, true) => REVERSED,
    };
    // Rows of few columns cost about the same, so that the narrowest bands are as one.
    let about = u64::from(band(job).max(NARROW).ilog2());
    let lengths = (job.query.len() as u64) << 16 | job.target.len() as u64;
    kind << KIND_SHIFT | about << 48 | lengths << 16 | u64::from(job.band)
}

const KIND_SHIFT: u32 = 56;
const SCORE_ONLY: u64 = 0;
const FORWARD: u64 = 1;
const REVERSED: u64 = 2;

/// Bands up to this are sorted by the jobs' lengths alone.
const NARROW: i16 = 16;

/// Runs jobs, each with its sort key, and records them; those that do not fit are appended to
/// `left`.
#[target_feature(enable = "avx2")]
pub(super) fn run(
    batch: &Batch,
    costs: &Costs,
    jobs: &mut [(u64, u32)],
    scratch: &mut Scratch,
    out: &mut Results,
    left: &mut Vec<u32>,
) {
    jobs.sort_unstable();
    for same_kind in jobs.chunk_by(|a, b| a.0 >> KIND_SHIFT == b.0 >> KIND_SHIFT) {
        for group in same_kind.chunks(LANES) {
            match group[0].0 >> KIND_SHIFT {
                SCORE_ONLY => run_group::<false, false>(batch, costs, group, scratch, out, left),
                FORWARD => run_group::<true, false>(batch, costs, group, scratch, out, left),
                _ => run_group::<true, true>(batch, costs, group, scratch, out, left),
            }
        }
    }
}

#[target_feature(enable = "avx2")]
fn run_group<const TRACEBACK: bool, const REVERSED: bool>(
    batch: &Batch,
    costs: &Costs,
    group: &[(u64, u32)],
    scratch: &mut Scratch,
    out: &mut Results,
    left: &mut Vec<u32>,
) {
    let mut jobs = [Job::default(); LANES];
    for (job, &(key, index)) in jobs.iter_mut().zip(group) {
        *job = within_band(&batch.job(index as usize), key as u16);
    }
    let jobs = &jobs[..group.len()];
    let shape = Shape::new(jobs);
    // Lanes of very different shapes span more columns or cells together than any has alone.
    let width = (2 * shape.widest + 1).min(shape.columns + 1);
    if width > MAX_WIDTH || TRACEBACK && shape.rows * shape.stride() > MAX_GROUP_CELLS {
        left.extend(group.iter().map(|&(_, index)| index));
        return;
    }
    load(jobs, &shape, costs, scratch);
    let bests = fill::<TRACEBACK, REVERSED>(jobs, &shape, costs, scratch);

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
                let path = Path::new(l, &shape, costs, scratch);
                path.walk(chosen, operations);
            }
        });
    }
}
