//! The jobs of a group, side by side.

use std::arch::x86_64::*;

use super::{
    LANES, Scratch,
    kernel::{Column, never_where, vector},
};
use crate::extend::batch::{Job, Scoring};

/// The lanes' shapes, and what bounds the group.
pub(super) struct Shape {
    pub(super) query_lengths: [i16; LANES],
    pub(super) target_lengths: [i16; LANES],
    pub(super) bands: [i16; LANES],
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) narrowest: usize,
    pub(super) widest: usize,
    pub(super) shortest_target: usize,
}

impl Shape {
    pub(super) fn new(jobs: &[Job<'_>]) -> Self {
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
    pub(super) fn first_column(&self, i: usize) -> usize {
        i.saturating_sub(self.widest).max(1)
    }

    pub(super) fn stride(&self) -> usize {
        (2 * self.widest + 1).min(self.columns)
    }
}

/// Returns the band, no wider than the job needs.
pub(super) fn band(job: &Job<'_>) -> i16 {
    usize::from(job.band).min(job.query.len().max(job.target.len())) as i16
}

/// Transposes the jobs' bases into lanes and sets row 0.
#[target_feature(enable = "avx2")]
pub(super) fn load(jobs: &[Job<'_>], shape: &Shape, scoring: Scoring, scratch: &mut Scratch) {
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
