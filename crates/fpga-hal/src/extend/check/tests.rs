#![allow(clippy::unwrap_used)]

use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;
use crate::{
    backend::Backend,
    extend::{self, Batch, Results},
};

/// What the scalar code finds, and its path with the last operation of the extension first.
fn compute(job: &Job<'_>, scoring: Scoring) -> (Found, Vec<u32>) {
    let mut batch = Batch::new(scoring);
    batch.push(*job).unwrap();
    let mut out = Results::default();
    out.reset(1);
    extend::run(Backend::Scalar, &batch, 0..1, &mut out);
    let found = Found {
        score: out.score(0),
        query_end: out.query_end(0),
        target_end: out.target_end(0),
        end_to_end_score: out.end_to_end_score(0),
        end_to_end_target: out.end_to_end_target(0),
    };
    let mut path = out.cigar(0).to_vec();
    if !job.reversed {
        path.reverse();
    }
    (found, path)
}

fn is_consistent(job: &Job<'_>, scoring: Scoring, found: &Found, path: &[u32]) -> bool {
    is_possible(job, scoring, found) && is_right_path(job, scoring, &found.choose(job), path)
}

/// Follows a path base by base from (0, 0); returns its score, where it ends, and how far it strays.
fn follow(job: &Job<'_>, scoring: Scoring, path: &[u32]) -> Option<(i32, usize, usize, usize)> {
    let query: Vec<u8> = job.query_codes().collect();
    let target: Vec<u8> = job.target_codes().collect();
    let (mut score, mut i, mut j, mut strays) = (0, 0, 0, 0);
    for run in path.iter().rev() {
        if run & 0xf != MATCH {
            score -= i32::from(scoring.gap_open);
        }
        for _ in 0..run >> 4 {
            match run & 0xf {
                MATCH => {
                    score += match (*query.get(i)?, *target.get(j)?) {
                        (N, _) | (_, N) => -1,
                        (a, b) if a == b => i32::from(scoring.match_score),
                        _ => -i32::from(scoring.mismatch),
                    };
                    i += 1;
                    j += 1;
                }
                INSERTION => {
                    score -= i32::from(scoring.gap_extend);
                    i += 1;
                }
                DELETION => {
                    score -= i32::from(scoring.gap_extend);
                    j += 1;
                }
                _ => return None,
            }
            strays = strays.max(i.abs_diff(j));
        }
    }
    Some((score, i, j, strays))
}

#[derive(Clone, Debug)]
struct Owned {
    query: Vec<u8>,
    target: Vec<u8>,
    reversed: bool,
    band: u16,
    z_drop: u16,
    end_bonus: i16,
}

impl Owned {
    fn job(&self) -> Job<'_> {
        Job {
            query: &self.query,
            target: &self.target,
            reversed: self.reversed,
            band: self.band,
            z_drop: self.z_drop,
            end_bonus: self.end_bonus,
            traceback: true,
        }
    }
}

/// A target, and a query that is it but for a few edits.
fn jobs() -> impl Strategy<Value = Owned> {
    let target = vec(prop_oneof![9 => 0u8..4, 1 => Just(N)], 0..40);
    let edits = vec((any::<Index>(), any::<bool>(), vec(0u8..4, 0..5)), 0..4);
    let band = prop_oneof![0u16..10, Just(u16::MAX)];
    let z_drop = prop_oneof![Just(0u16), 1u16..30];
    let end_bonus = prop_oneof![Just(5i16), -20i16..20, Just(i16::MAX)];
    (target, edits, any::<bool>(), band, z_drop, end_bonus).prop_map(
        |(target, edits, reversed, band, z_drop, end_bonus)| {
            let mut query = target.clone();
            for (at, inserts, bases) in edits {
                let at = at.index(query.len() + 1);
                let end = query.len().min(at + bases.len());
                query.splice(at..if inserts { at } else { end }, bases);
            }
            Owned {
                query,
                target,
                reversed,
                band,
                z_drop,
                end_bonus,
            }
        },
    )
}

fn scorings() -> impl Strategy<Value = Scoring> {
    let any_scoring = (0i8..8, 0i8..8, 0i8..8, 0i8..4).prop_map(
        |(match_score, mismatch, gap_open, gap_extend)| Scoring {
            match_score,
            mismatch,
            gap_open,
            gap_extend,
        },
    );
    prop_oneof![Just(Scoring::default()), any_scoring]
}

/// One thing that is wrong with a result.
#[derive(Clone, Debug)]
enum Damage {
    Field(usize, i32),
    Flip(usize, u32),
    Run(Index, u32),
    Lengthen(Index, i32),
    Remove(Index),
    Insert(Index, u32),
    Swap(Index, Index),
}

fn damages() -> impl Strategy<Value = Damage> {
    let small = prop_oneof![8 => -4i32..5, 1 => any::<i32>()];
    let run = prop_oneof![
        (0u32..6, 0u32..4).prop_map(|(n, op)| n << 4 | op),
        any::<u32>()
    ];
    let at = any::<Index>;
    prop_oneof![
        (0usize..5, small.clone()).prop_map(|(field, by)| Damage::Field(field, by)),
        (0usize..5, 0u32..32).prop_map(|(field, bit)| Damage::Flip(field, bit)),
        (at(), run.clone()).prop_map(|(at, run)| Damage::Run(at, run)),
        (at(), small).prop_map(|(at, by)| Damage::Lengthen(at, by)),
        at().prop_map(Damage::Remove),
        (at(), run).prop_map(|(at, run)| Damage::Insert(at, run)),
        (at(), at()).prop_map(|(a, b)| Damage::Swap(a, b)),
    ]
}

impl Damage {
    fn apply(self, found: &mut Found, path: &mut Vec<u32>) {
        let change = |field: usize, found: &mut Found, change: &dyn Fn(i32) -> i32| {
            let end = |end: u16| change(i32::from(end)) as u16;
            match field {
                0 => found.score = change(found.score),
                1 => found.query_end = end(found.query_end),
                2 => found.target_end = end(found.target_end),
                3 => found.end_to_end_score = change(found.end_to_end_score),
                _ => found.end_to_end_target = end(found.end_to_end_target),
            }
        };
        match self {
            Self::Field(field, by) => change(field, found, &|word| word.wrapping_add(by)),
            Self::Flip(field, bit) => change(field, found, &|word| word ^ 1 << bit),
            Self::Insert(at, run) => path.insert(at.index(path.len() + 1), run),
            _ if path.is_empty() => {}
            Self::Run(at, run) => *at.get_mut(path) = run,
            Self::Lengthen(at, by) => {
                let run = at.get_mut(path);
                *run = run.wrapping_add_signed(by << 4);
            }
            Self::Remove(at) => drop(path.remove(at.index(path.len()))),
            Self::Swap(a, b) => {
                let (a, b) = (a.index(path.len()), b.index(path.len()));
                path.swap(a, b);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn right_results_are_consistent(job in jobs(), scoring in scorings()) {
        let (found, path) = compute(&job.job(), scoring);
        prop_assert!(is_consistent(&job.job(), scoring, &found, &path));
    }

    #[test]
    fn damage_is_found_or_leaves_a_path_of_its_score(
        job in jobs(),
        scoring in scorings(),
        damages in vec(damages(), 1..4),
    ) {
        let job = job.job();
        let (mut found, mut path) = compute(&job, scoring);
        for damage in damages {
            damage.apply(&mut found, &mut path);
        }
        if is_consistent(&job, scoring, &found, &path) {
            let chosen = found.choose(&job);
            let (score, i, j, strays) = follow(&job, scoring, &path).unwrap();
            prop_assert_eq!(score, chosen.score);
            prop_assert_eq!((i, j), (chosen.query_end.into(), chosen.target_end.into()));
            prop_assert!(strays <= usize::from(job.band));
            prop_assert!(path.iter().all(|run| run >> 4 > 0));
            prop_assert!(path.windows(2).all(|pair| pair[0] & 0xf != pair[1] & 0xf));
        }
    }
}

#[test]
fn each_way_in_which_a_path_can_be_wrong() {
    let scoring = Scoring::default();
    let job = Job {
        query: &[0, 1, 2, 3, 0, 1, 2, 3, 2, 2],
        target: &[0, 1, 2, 3, 1, 0, 1, 2, 3, 2, 2],
        band: 1,
        end_bonus: 10,
        traceback: true,
        ..Job::default()
    };
    let (found, path) = compute(&job, scoring);
    let chosen = found.choose(&job);
    assert_eq!(path, [6 << 4, 1 << 4 | DELETION, 4 << 4]);
    let is_right = |path: &[u32]| is_right_path(&job, scoring, &chosen, path);
    assert!(is_right(&path));
    let deletion = 1 << 4 | DELETION;
    let wrong: [&[u32]; 8] = [
        // It costs more, ends early, goes on, is cut in two, has an empty run or one of no kind.
        &[7 << 4, deletion, 3 << 4],
        &[6 << 4, deletion, 3 << 4],
        &[6 << 4, deletion, 5 << 4],
        &[6 << 4, deletion, 2 << 4, 2 << 4],
        &[6 << 4, deletion, 4 << 4, INSERTION],
        &[6 << 4, 1 << 4 | 3, 4 << 4],
        // It leaves the sequences, or the band.
        &[!0xf],
        &[6 << 4, 3 << 4 | DELETION, 2 << 4, 2 << 4 | INSERTION],
    ];
    for path in wrong {
        assert!(!is_right(path), "{path:x?}");
    }
}

#[test]
fn a_path_outside_the_band_is_wrong_at_any_score() {
    let free = Scoring {
        match_score: 0,
        mismatch: 0,
        gap_open: 0,
        gap_extend: 0,
    };
    let job = |band| Job {
        query: &[0; 4],
        target: &[0; 4],
        band,
        traceback: true,
        ..Job::default()
    };
    let path = [4 << 4 | INSERTION, 4 << 4 | DELETION];
    let chosen = Extension {
        score: 0,
        query_end: 4,
        target_end: 4,
        to_end: true,
    };
    assert!(is_right_path(&job(4), free, &chosen, &path));
    assert!(!is_right_path(&job(3), free, &chosen, &path));
}

#[test]
fn a_local_best_in_the_last_row_is_that_rows_best() {
    let job = Job {
        query: &[0, 1, 2],
        target: &[0, 1, 2],
        ..Job::default()
    };
    let (found, _) = compute(&job, Scoring::default());
    assert_eq!((found.score, found.end_to_end_score), (3, 3));
    assert!(is_possible(&job, Scoring::default(), &found));
    let lower = Found {
        end_to_end_score: 2,
        ..found
    };
    assert!(!is_possible(&job, Scoring::default(), &lower));
}
