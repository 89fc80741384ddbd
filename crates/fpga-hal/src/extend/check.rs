//! Whether a result that came from elsewhere is consistent, at the cost of reading it.
//!
//! A result that passes is one that the contract's score of its own path proves to exist; only that no
//! other scores higher is then left to doubt.

use super::{
    batch::{Job, Scoring},
    results::{Extension, Found, NOT_REACHED},
    traceback::{DELETION, INSERTION, MATCH},
};

const N: u8 = 4;

/// Returns whether a job can have such scores and ends at all.
pub(super) fn is_possible(job: &Job<'_>, scoring: Scoring, found: &Found) -> bool {
    let (n, m) = (job.query.len(), job.target.len());
    let in_band = |i: u16, j: u16| i.abs_diff(j) <= job.band;
    let pairs = i32::from(found.query_end.min(found.target_end));
    let local = usize::from(found.query_end) <= n
        && usize::from(found.target_end) <= m
        && in_band(found.query_end, found.target_end)
        && (0..=i32::from(scoring.match_score) * pairs).contains(&found.score)
        && (found.score > 0 || (found.query_end, found.target_end) == (0, 0));
    // Each base of either sequence costs at most a gap's opening and its own.
    let least = -2 * i32::from(i8::MAX) * (n + m) as i32;
    let end_to_end = if found.end_to_end_score == NOT_REACHED {
        n > 0 && found.end_to_end_target == 0
    } else {
        usize::from(found.end_to_end_target) <= m
            && in_band(job.query_length(), found.end_to_end_target)
            && (least..=found.score).contains(&found.end_to_end_score)
    };
    // A local best in the last row is that row's best.
    let is_end = found.score > 0 && found.query_end == job.query_length();
    let same = (found.score, found.target_end) == (found.end_to_end_score, found.end_to_end_target);
    local && end_to_end && (!is_end || same)
}

/// Returns whether `path`, the last operation of the extension first, leads from the chosen alignment's
/// ends to (0, 0) inside the band, in runs as long as they can be, and scores what it was said to.
pub(super) fn is_right_path(
    job: &Job<'_>,
    scoring: Scoring,
    chosen: &Extension,
    path: &[u32],
) -> bool {
    let (mut i, mut j) = (
        usize::from(chosen.query_end),
        usize::from(chosen.target_end),
    );
    let gap =
        |length: usize| i32::from(scoring.gap_open) + i32::from(scoring.gap_extend) * length as i32;
    let mut score = 0;
    let mut before = None;
    for &run in path {
        let (operation, length) = (run & 0xf, (run >> 4) as usize);
        if length == 0 || before == Some(operation) {
            return false;
        }
        before = Some(operation);
        let (consumes_query, consumes_target) = match operation {
            MATCH => (true, true),
            INSERTION => (true, false),
            DELETION => (false, true),
            _ => return false,
        };
        if (consumes_query && length > i) || (consumes_target && length > j) {
            return false;
        }
        let (to_i, to_j) = (i, j);
        i -= if consumes_query { length } else { 0 };
        j -= if consumes_target { length } else { 0 };
        // Along a run the distance from the diagonal is largest at an end.
        if i.abs_diff(j) > usize::from(job.band) {
            return false;
        }
        score += if operation == MATCH {
            let query = part(job.query, i, to_i, job.reversed);
            let target = part(job.target, j, to_j, job.reversed);
            pairs_score(query, target, scoring)
        } else {
            -gap(length)
        };
    }
    (i, j) == (0, 0) && score == chosen.score
}

/// Returns the bases from `start` to `end` in the direction of extension, in forward order.
fn part(bases: &[u8], start: usize, end: usize, reversed: bool) -> &[u8] {
    if reversed {
        &bases[bases.len() - end..bases.len() - start]
    } else {
        &bases[start..end]
    }
}

fn pairs_score(query: &[u8], target: &[u8], scoring: Scoring) -> i32 {
    let (equal, different) = (i32::from(scoring.match_score), -i32::from(scoring.mismatch));
    let score = |(&query, &target): (&u8, &u8)| {
        if query == N || target == N {
            -1
        } else if query == target {
            equal
        } else {
            different
        }
    };
    query.iter().zip(target).map(score).sum()
}

#[cfg(test)]
mod tests;
