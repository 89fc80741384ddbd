//! The contract in plain Rust: the oracle of all other backends, and their way out for jobs that
//! could leave 16 bits.

use super::{
    batch::{Batch, Job, Scoring},
    results::{Found, NOT_REACHED, Results},
    traceback::{EXTEND_DELETION, EXTEND_INSERTION, GAP, GAP_IS_INSERTION, walk},
};

/// Far below any score, and far enough from the end of i32 for a gap to be taken off.
const NEVER: i32 = i32::MIN / 2;

const N: usize = 4;

/// Working memory, kept between jobs.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    target: Vec<u8>,
    columns: Vec<Column>,
    directions: Vec<u8>,
}

/// What the row above left in a column.
#[derive(Clone, Copy, Debug)]
struct Column {
    /// H of the row above.
    score: i32,
    /// I of the current row.
    insertion: i32,
}

pub(super) fn run(batch: &Batch, indexes: impl Iterator<Item = usize>, out: &mut Results) {
    for index in indexes {
        run_job(batch, index, out);
    }
}

/// Extends one job and records its result.
pub(super) fn run_job(batch: &Batch, index: usize, out: &mut Results) {
    let job = batch.job(index);
    let mut scratch = std::mem::take(&mut out.scratch.scalar);
    if job.traceback {
        let found = fill::<true>(&job, batch.scoring(), &mut scratch);
        let (band, stride) = (usize::from(job.band), stride(&job));
        let directions = &scratch.directions;
        let direction =
            |i: usize, j: usize| directions[(i - 1) * stride + j - first_column(i, band)];
        out.record(index, &job, found, |chosen, operations| {
            walk(chosen, direction, operations);
        });
    } else {
        let found = fill::<false>(&job, batch.scoring(), &mut scratch);
        out.record(index, &job, found, |_, _| {});
    }
    out.scratch.scalar = scratch;
}

/// Returns the first column, of those from 1 on, that row `i` has inside the band.
fn first_column(i: usize, band: usize) -> usize {
    i.saturating_sub(band).max(1)
}

fn stride(job: &Job<'_>) -> usize {
    (2 * usize::from(job.band) + 1).min(job.target.len())
}

/// Returns the score of each pair of codes.
fn pair_scores(scoring: Scoring) -> [[i32; 5]; 5] {
    let mut scores = [[-i32::from(scoring.mismatch); 5]; 5];
    for (code, row) in scores.iter_mut().enumerate() {
        row[code] = scoring.match_score.into();
        row[N] = -1;
    }
    scores[N] = [-1; 5];
    scores
}

fn fill<const TRACEBACK: bool>(job: &Job<'_>, scoring: Scoring, scratch: &mut Scratch) -> Found {
    let (n, m) = (job.query.len(), job.target.len());
    let (band, z_drop) = (usize::from(job.band), i32::from(job.z_drop));
    let pair_scores = pair_scores(scoring);
    let gap_extend = i32::from(scoring.gap_extend);
    let gap_first = i32::from(scoring.gap_open) + gap_extend;
    // 1 where a gap wins over an equal diagonal, in traceback alone.
    let gap_bonus = i32::from(job.reversed);
    let edge = |length: usize| match length {
        0 => 0,
        _ => -i32::from(scoring.gap_open) - gap_extend * length as i32,
    };

    let Scratch {
        target,
        columns,
        directions,
    } = scratch;
    target.clear();
    target.extend(job.target_codes());
    columns.clear();
    columns.extend((0..=m).map(|j| {
        let score = if j <= band { edge(j) } else { NEVER };
        let insertion = score - gap_first;
        Column { score, insertion }
    }));
    let stride = stride(job);
    if TRACEBACK {
        directions.clear();
        directions.resize(n * stride, 0);
    }

    let mut found = Found {
        score: 0,
        query_end: 0,
        target_end: 0,
        end_to_end_score: if n == 0 { 0 } else { NOT_REACHED },
        end_to_end_target: 0,
    };
    for (i, query) in (1..=n).zip(job.query_codes()) {
        let first = first_column(i, band);
        let last = m.min(i + band);
        let (mut row_best, mut row_best_column) = (NEVER, 0);
        let mut deletion = NEVER;
        let scores_of_query = pair_scores[usize::from(query)];
        let mut diagonal = columns[first - 1].score;
        if i <= band {
            row_best = edge(i);
            columns[0].score = row_best;
            deletion = row_best - gap_first;
        } else if first > last {
            break;
        }
        let columns = &mut columns[first..=last];
        let target = &target[first - 1..last];
        let directions = if TRACEBACK {
            &mut directions[(i - 1) * stride..][..columns.len()]
        } else {
            &mut []
        };
        for (k, (column, &base)) in columns.iter_mut().zip(target).enumerate() {
            let insertion = column.insertion;
            let paired = diagonal + scores_of_query[usize::from(base)];
            let gap = deletion.max(insertion);
            let best = paired.max(gap);
            diagonal = column.score;
            if best > row_best {
                row_best = best;
                row_best_column = first + k;
            }
            let open = best - gap_first;
            if TRACEBACK {
                // Branches on these would be guessed wrong too often.
                let flag = |condition: bool, bit: u8| u8::from(condition) * bit;
                directions[k] = flag(gap + gap_bonus > paired, GAP)
                    | flag(insertion > deletion, GAP_IS_INSERTION)
                    | flag(deletion - gap_extend > open, EXTEND_DELETION)
                    | flag(insertion - gap_extend > open, EXTEND_INSERTION);
            }
            deletion = open.max(deletion - gap_extend);
            *column = Column {
                score: best,
                insertion: open.max(insertion - gap_extend),
            };
        }

        if row_best > found.score {
            found.score = row_best;
            found.query_end = i as u16;
            found.target_end = row_best_column as u16;
        }
        if i == n {
            found.end_to_end_score = row_best;
            found.end_to_end_target = row_best_column as u16;
        }
        let shift = (i as i32 - i32::from(found.query_end))
            - (row_best_column as i32 - i32::from(found.target_end));
        if z_drop > 0 && found.score - row_best > z_drop + gap_extend * shift.abs() {
            break;
        }
    }
    found
}
