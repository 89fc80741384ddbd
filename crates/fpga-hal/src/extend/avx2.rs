//! Sixteen jobs at a time, one per 16-bit lane.
//!
//! Jobs are sorted by length so that the lanes of a group end at about the same cell. A group walks
//! the union of its lanes' bands row by row; only where some lane has no cell (band edges, short
//! targets) does a column pay for masks. A lane that is done computes on, unheard.

use std::arch::x86_64::*;

use super::{
    batch::{Batch, Job, Scoring},
    results::{Found, NOT_REACHED, Results},
    scalar,
};
use crate::arch::Avx2;

const LANES: usize = 16;

/// Scores of jobs that are computed here stay within plus and minus this, and no sum of two of them
/// leaves i16; what grows from minus infinity stays below.
const MAX_SCORE: i32 = 15_000;

/// Minus infinity.
const NEVER: i16 = i16::MIN;

/// The most cells of a group with traceback: 64 MiB of directions.
const MAX_GROUP_CELLS: usize = 1 << 23;

/// Working memory, kept between runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    order: Vec<u32>,
    query: Vec<__m256i>,
    target: Vec<__m256i>,
    columns: Vec<Column>,
    directions: Vec<u64>,
}

/// What the row above left in a column, for all lanes.
#[derive(Clone, Copy, Debug)]
struct Column {
    score: __m256i,
    insertion: __m256i,
}

pub(super) fn run(_: Avx2, batch: &Batch, out: &mut Results) {
    // SAFETY: `Avx2` exists only where the processor has AVX2.
    #[allow(unsafe_code)]
    unsafe {
        run_batch(batch, out);
    }
}

#[target_feature(enable = "avx2")]
fn run_batch(batch: &Batch, out: &mut Results) {
    let mut scratch = std::mem::take(&mut out.scratch.avx2);
    let mut order = std::mem::take(&mut scratch.order);
    order.clear();
    for index in 0..batch.len() {
        if fits(&batch.job(index), batch.scoring()) {
            order.push(index as u32);
        } else {
            scalar::run_job(batch, index, out);
        }
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

/// Returns the band, no wider than the job needs.
fn band(job: &Job<'_>) -> i16 {
    usize::from(job.band).min(job.query.len().max(job.target.len())) as i16
}

/// The lanes' shapes, and what bounds the group.
struct Shape {
    query_lengths: [i16; LANES],
    target_lengths: [i16; LANES],
    bands: [i16; LANES],
    rows: usize,
    columns: usize,
    narrowest: usize,
    widest: usize,
    shortest_target: usize,
}

impl Shape {
    fn new(jobs: &[Job<'_>]) -> Self {
        // Lanes without a job are shaped like the last one, so that they call for no masks.
        let lane = |l: usize| &jobs[l.min(jobs.len() - 1)];
        let query_lengths = std::array::from_fn(|l| lane(l).query.len() as i16);
        let target_lengths = std::array::from_fn(|l| lane(l).target.len() as i16);
        let bands = std::array::from_fn(|l| band(lane(l)));
        let least = |values: &[i16; LANES]| values.iter().fold(i16::MAX, |a, &b| a.min(b)) as usize;
        let most = |values: &[i16; LANES]| values.iter().fold(0, |a, &b| a.max(b)) as usize;
        Self {
            rows: most(&query_lengths),
            columns: most(&target_lengths),
            narrowest: least(&bands),
            widest: most(&bands),
            shortest_target: least(&target_lengths),
            query_lengths,
            target_lengths,
            bands,
        }
    }

    /// The first column, of those from 1 on, of any lane in row `i`.
    fn first_column(&self, i: usize) -> usize {
        i.saturating_sub(self.widest).max(1)
    }

    fn stride(&self) -> usize {
        (2 * self.widest + 1).min(self.columns)
    }
}

/// Lanes of results.
struct Bests {
    score: __m256i,
    row: __m256i,
    column: __m256i,
    end_to_end: __m256i,
    end_to_end_column: __m256i,
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
        if TRACEBACK {
            let (stride, directions) = (shape.stride(), &scratch.directions);
            let direction = |i: usize, j: usize| {
                unpack(directions[(i - 1) * stride + j - shape.first_column(i)], l)
            };
            out.record(index as usize, job, found, Some(direction));
        } else {
            out.record(index as usize, job, found, None::<fn(usize, usize) -> u8>);
        }
    }
}

/// Transposes the jobs' bases into lanes and sets row 0.
#[target_feature(enable = "avx2")]
fn load(jobs: &[Job<'_>], shape: &Shape, scoring: Scoring, scratch: &mut Scratch) {
    // A lane's high byte indexes the score table, query XOR target; its low byte yields 0.
    let (query, target) = (&mut scratch.query, &mut scratch.target);
    query.clear();
    query.resize(shape.rows, _mm256_setzero_si256());
    target.clear();
    target.resize(shape.columns, _mm256_set1_epi16(0x80));
    let query_lanes: &mut [[u16; LANES]] = bytemuck::cast_slice_mut(query);
    let target_lanes: &mut [[u16; LANES]] = bytemuck::cast_slice_mut(target);
    for (l, job) in jobs.iter().enumerate() {
        for (lanes, code) in query_lanes.iter_mut().zip(job.query_codes()) {
            lanes[l] = u16::from(code) << 8;
        }
        for (lanes, code) in target_lanes.iter_mut().zip(job.target_codes()) {
            // N is 4 in a query and 8 in a target, so that two of them do not cancel out.
            let code = if code > 3 { 8 } else { code };
            lanes[l] = u16::from(code) << 8 | 0x80;
        }
    }

    let (open, extend) = (i16::from(scoring.gap_open), i16::from(scoring.gap_extend));
    let first = _mm256_set1_epi16(open + extend);
    let reach = _mm256_min_epi16(vector(shape.bands), vector(shape.target_lengths));
    scratch.columns.clear();
    scratch.columns.extend((0..=shape.columns).map(|j| {
        let edge = match j as i16 {
            0 => 0,
            j => (-open).saturating_sub(extend.saturating_mul(j)),
        };
        let outside = _mm256_cmpgt_epi16(_mm256_set1_epi16(j as i16), reach);
        let score = never_where(outside, _mm256_set1_epi16(edge));
        Column {
            score,
            insertion: _mm256_subs_epi16(score, first),
        }
    }));
}

#[target_feature(enable = "avx2")]
fn fill<const TRACEBACK: bool>(
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

/// A row on its way through the columns.
struct Walk {
    query: __m256i,
    diagonal: __m256i,
    deletion: __m256i,
    best: __m256i,
    best_column: __m256i,
    column: __m256i,
    /// The lanes' own first and last columns in this row.
    first_columns: __m256i,
    last_columns: __m256i,
}

/// The constants of the recurrence.
struct Kernel {
    scores: __m256i,
    gap_first: __m256i,
    gap_extend: __m256i,
    /// 1 where a gap wins over an equal diagonal, in traceback alone.
    gap_bonus: __m256i,
}

impl Kernel {
    #[target_feature(enable = "avx2")]
    fn new(jobs: &[Job<'_>], scoring: Scoring) -> Self {
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
    fn walk<const TRACEBACK: bool, const MASKED: bool>(
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
fn unpack(cell: u64, lane: usize) -> u8 {
    let bits = cell >> (lane / 8 * 16 + lane % 8);
    (bits & 1 | bits >> 7 & 2 | bits >> 30 & 4 | bits >> 37 & 8) as u8
}

#[target_feature(enable = "avx2")]
#[inline]
fn never_where(mask: __m256i, value: __m256i) -> __m256i {
    _mm256_blendv_epi8(value, _mm256_set1_epi16(NEVER), mask)
}

fn vector(lanes: [i16; LANES]) -> __m256i {
    bytemuck::must_cast(lanes)
}

fn lanes(vector: __m256i) -> [i16; LANES] {
    bytemuck::must_cast(vector)
}
