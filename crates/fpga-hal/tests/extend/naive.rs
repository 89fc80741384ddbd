//! The contract's definition, as plainly as it can be put.

use fafnir_fpga_hal::extend::{Extension, NOT_REACHED, Scoring};

use crate::{Answer, jobs::Owned};

pub(crate) fn pair_score(scoring: Scoring, a: u8, b: u8) -> i32 {
    if a > 3 || b > 3 {
        -1
    } else if a == b {
        scoring.match_score.into()
    } else {
        -i32::from(scoring.mismatch)
    }
}

pub(crate) fn gap_cost(scoring: Scoring, length: usize) -> i32 {
    i32::from(scoring.gap_open) + i32::from(scoring.gap_extend) * length as i32
}

/// The contract by way of gaps of any length (Waterman 1976) instead of Gotoh's three states.
pub(crate) fn naive(scoring: Scoring, job: &Owned) -> ((i32, u16, u16), (i32, u16)) {
    let (query, target) = job.directed();
    let (n, m) = (query.len(), target.len());
    let mut scores = vec![vec![None::<i32>; m + 1]; n + 1];
    let (mut best, mut best_i, mut best_j) = (0, 0, 0);
    let mut end_to_end = (NOT_REACHED, 0);
    for i in 0..=n {
        let mut row: Option<(i32, usize)> = None;
        for j in 0..=m {
            if i.abs_diff(j) > job.band.into() {
                continue;
            }
            let mut options = Vec::new();
            if i == 0 && j == 0 {
                options.push(0);
            }
            if i > 0 && j > 0 {
                let pair = pair_score(scoring, query[i - 1], target[j - 1]);
                options.extend(scores[i - 1][j - 1].map(|score| score + pair));
            }
            for k in 1..=j {
                options.extend(scores[i][j - k].map(|score| score - gap_cost(scoring, k)));
            }
            for k in 1..=i {
                options.extend(scores[i - k][j].map(|score| score - gap_cost(scoring, k)));
            }
            let score = options.into_iter().max().unwrap();
            scores[i][j] = Some(score);
            if row.is_none_or(|(highest, _)| score > highest) {
                row = Some((score, j));
            }
        }
        let Some((row_best, j)) = row else { break };
        if row_best > best {
            (best, best_i, best_j) = (row_best, i, j);
        }
        if i == n {
            end_to_end = (row_best, j as u16);
        }
        let shift = (i as i32 - best_i as i32) - (j as i32 - best_j as i32);
        let allowed = i32::from(job.z_drop) + i32::from(scoring.gap_extend) * shift.abs();
        if job.z_drop > 0 && best - row_best > allowed {
            break;
        }
    }
    ((best, best_i as u16, best_j as u16), end_to_end)
}

/// The path must start at the anchor, end where the result says and be worth its score.
pub(crate) fn check_path(scoring: Scoring, job: &Owned, answer: &Answer) {
    let (query, target) = job.directed();
    let (mut i, mut j, mut score) = (0, 0, 0);
    let mut cigar = answer.cigar.clone();
    if job.reversed {
        cigar.reverse();
    }
    for pair in cigar.windows(2) {
        assert_ne!(pair[0] & 0xf, pair[1] & 0xf, "operations are merged");
    }
    for operation in cigar {
        let length = (operation >> 4) as usize;
        assert!(length > 0);
        match operation & 0xf {
            0 => {
                for _ in 0..length {
                    score += pair_score(scoring, query[i], target[j]);
                    i += 1;
                    j += 1;
                }
            }
            1 => {
                i += length;
                score -= gap_cost(scoring, length);
            }
            2 => {
                j += length;
                score -= gap_cost(scoring, length);
            }
            other => panic!("operation {other}"),
        }
        assert!(i.abs_diff(j) <= job.band.into());
    }
    let Extension {
        query_end,
        target_end,
        ..
    } = answer.chosen;
    assert_eq!((i, j), (query_end.into(), target_end.into()));
    assert_eq!(score, answer.chosen.score);
}
