//! The extension kernel against a naive definition, and every backend against the scalar one.
#![allow(clippy::unwrap_used)]

use fafnir_fpga_hal::{
    Hal, HalError, Isa,
    extend::{Batch, Extension, Job, MAX_LENGTH, NOT_REACHED, Results, Scoring},
};
use proptest::{collection::vec, prelude::*};

/// A job that owns its sequences.
#[derive(Clone, Debug)]
struct Owned {
    query: Vec<u8>,
    target: Vec<u8>,
    reversed: bool,
    band: u16,
    z_drop: u16,
    end_bonus: i16,
    traceback: bool,
}

impl Owned {
    fn new(query: &[u8], target: &[u8]) -> Self {
        Self {
            query: query.to_vec(),
            target: target.to_vec(),
            reversed: false,
            band: 100,
            z_drop: 0,
            end_bonus: 5,
            traceback: true,
        }
    }

    fn job(&self) -> Job<'_> {
        Job {
            query: &self.query,
            target: &self.target,
            reversed: self.reversed,
            band: self.band,
            z_drop: self.z_drop,
            end_bonus: self.end_bonus,
            traceback: self.traceback,
        }
    }

    fn directed(&self) -> (Vec<u8>, Vec<u8>) {
        let (mut query, mut target) = (self.query.clone(), self.target.clone());
        if self.reversed {
            query.reverse();
            target.reverse();
        }
        (query, target)
    }
}

/// Everything that a job's result says.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Answer {
    local: (i32, u16, u16),
    end_to_end: (i32, u16),
    chosen: Extension,
    cigar: Vec<u32>,
}

fn answers(hal: &Hal, scoring: Scoring, jobs: &[Owned]) -> Vec<Answer> {
    let mut batch = Batch::new(scoring);
    for job in jobs {
        batch.push(job.job()).unwrap();
    }
    let mut results = Results::default();
    hal.extend(&batch, &mut results);
    assert_eq!(results.len(), jobs.len());
    (0..results.len()).map(|i| answer(&results, i)).collect()
}

fn answer(results: &Results, i: usize) -> Answer {
    Answer {
        local: (
            results.score(i),
            results.query_end(i),
            results.target_end(i),
        ),
        end_to_end: (results.end_to_end_score(i), results.end_to_end_target(i)),
        chosen: results.chosen(i),
        cigar: results.cigar(i).to_vec(),
    }
}

fn hals() -> Vec<Hal> {
    let all = [Isa::Scalar, Isa::Avx2];
    let hals: Vec<_> = all.iter().flat_map(|&isa| Hal::with_isa(isa)).collect();
    if hals.len() < all.len() {
        println!("SKIPPED: this processor lacks avx2");
        assert_ne!(
            std::env::var("FAFNIR_REQUIRE").as_deref(),
            Ok("all"),
            "avx2 is required"
        );
    }
    hals
}

fn pair_score(scoring: Scoring, a: u8, b: u8) -> i32 {
    if a > 3 || b > 3 {
        -1
    } else if a == b {
        scoring.match_score.into()
    } else {
        -i32::from(scoring.mismatch)
    }
}

fn gap_cost(scoring: Scoring, length: usize) -> i32 {
    i32::from(scoring.gap_open) + i32::from(scoring.gap_extend) * length as i32
}

/// The contract by way of gaps of any length (Waterman 1976) instead of Gotoh's three states.
fn naive(scoring: Scoring, job: &Owned) -> ((i32, u16, u16), (i32, u16)) {
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
fn check_path(scoring: Scoring, job: &Owned, answer: &Answer) {
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

fn check_all(scoring: Scoring, jobs: &[Owned]) {
    let hals = hals();
    let expected = answers(&hals[0], scoring, jobs);
    for (job, answer) in jobs.iter().zip(&expected) {
        if job.traceback {
            check_path(scoring, job, answer);
        } else {
            assert!(answer.cigar.is_empty());
        }
    }
    for hal in &hals[1..] {
        for (index, (got, expected)) in answers(hal, scoring, jobs)
            .iter()
            .zip(&expected)
            .enumerate()
        {
            assert_eq!(
                got,
                expected,
                "{} job {index}: {:?}",
                hal.isa(),
                jobs[index]
            );
        }
    }
}

fn scorings() -> impl Strategy<Value = Scoring> {
    prop_oneof![
        Just(Scoring::default()),
        (0i8..8, 0i8..8, 0i8..8, 0i8..4).prop_map(
            |(match_score, mismatch, gap_open, gap_extend)| {
                Scoring {
                    match_score,
                    mismatch,
                    gap_open,
                    gap_extend,
                }
            }
        ),
        (any::<i8>(), any::<i8>(), any::<i8>(), any::<i8>()).prop_map(
            |(match_score, mismatch, gap_open, gap_extend)| {
                Scoring {
                    match_score,
                    mismatch,
                    gap_open,
                    gap_extend,
                }
            }
        ),
    ]
}

/// A target, and a query that is like it or not.
fn sequences(longest: usize) -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let base = prop_oneof![8 => 0u8..4, 1 => 0u8..6];
    let target = vec(base.clone(), 0..longest);
    let edits = vec(
        (any::<prop::sample::Index>(), 0u8..3, 0u8..4, 1usize..6),
        0..6,
    );
    prop_oneof![
        4 => (target.clone(), edits).prop_map(|(target, edits)| {
            let mut query = target.clone();
            for (at, kind, code, length) in edits {
                if query.is_empty() {
                    break;
                }
                let at = at.index(query.len());
                let end = query.len().min(at + length);
                match kind {
                    0 => query[at] = code,
                    1 => drop(query.drain(at..end)),
                    _ => drop(query.splice(at..at, vec![code; length])),
                }
            }
            (query, target)
        }),
        1 => (vec(base, 0..longest), target),
        // Few kinds of bases make many ties.
        1 => (vec(0u8..2, 0..longest), vec(0u8..2, 0..longest)),
    ]
}

fn jobs(longest: usize) -> impl Strategy<Value = Owned> {
    let band = prop_oneof![3 => 0u16..12, 1 => Just(u16::MAX), 2 => 12u16..60];
    let z_drop = prop_oneof![Just(0u16), 1u16..30, Just(100u16), Just(u16::MAX)];
    let end_bonus = prop_oneof![Just(5i16), -20i16..20, Just(i16::MIN), Just(i16::MAX)];
    (
        sequences(longest),
        any::<bool>(),
        band,
        z_drop,
        end_bonus,
        any::<bool>(),
    )
        .prop_map(
            |((query, target), reversed, band, z_drop, end_bonus, traceback)| Owned {
                query,
                target,
                reversed,
                band,
                z_drop,
                end_bonus,
                traceback,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn scalar_equals_the_naive_definition(scoring in scorings(), job in jobs(24)) {
        let scoring_as_read = Scoring {
            match_score: scoring.match_score.max(0),
            mismatch: scoring.mismatch.max(0),
            gap_open: scoring.gap_open.max(0),
            gap_extend: scoring.gap_extend.max(0),
        };
        let hal = Hal::with_isa(Isa::Scalar).unwrap();
        let answer = &answers(&hal, scoring, std::slice::from_ref(&job))[0];
        let (local, end_to_end) = naive(scoring_as_read, &job);
        prop_assert_eq!(answer.local, local);
        prop_assert_eq!(answer.end_to_end, end_to_end);
        let to_end = end_to_end.0 != NOT_REACHED
            && end_to_end.0 + i32::from(job.end_bonus) >= local.0;
        prop_assert_eq!(answer.chosen.to_end, to_end);
        if job.traceback {
            check_path(scoring_as_read, &job, answer);
        }
    }

    #[test]
    fn backends_agree(scoring in scorings(), jobs in vec(jobs(80), 0..60)) {
        let scoring = Scoring {
            match_score: scoring.match_score.max(0),
            mismatch: scoring.mismatch.max(0),
            gap_open: scoring.gap_open.max(0),
            gap_extend: scoring.gap_extend.max(0),
        };
        check_all(scoring, &jobs);
    }

    #[test]
    fn a_result_does_not_depend_on_its_batch(jobs in vec(jobs(60), 1..40)) {
        for hal in hals() {
            let together = answers(&hal, Scoring::default(), &jobs);
            for (job, expected) in jobs.iter().zip(&together) {
                let alone = answers(&hal, Scoring::default(), std::slice::from_ref(job));
                prop_assert_eq!(&alone[0], expected);
            }
        }
    }

    #[test]
    fn reversed_is_the_mirror_image(job in jobs(60)) {
        let mut mirrored = job.clone();
        mirrored.reversed = !job.reversed;
        mirrored.query.reverse();
        mirrored.target.reverse();
        for hal in hals() {
            let [a, b] = [&job, &mirrored].map(|job| {
                answers(&hal, Scoring::default(), std::slice::from_ref(job)).remove(0)
            });
            prop_assert_eq!((a.local, a.end_to_end), (b.local, b.end_to_end));
            prop_assert_eq!(a.chosen, b.chosen);
        }
    }
}

/// A fixed stream of bases.
fn bases(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(0x9e37_79b9_7f4a_7c15);
    (0..len)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 62) as u8
        })
        .collect()
}

#[test]
fn nasty_jobs() {
    let long = bases(1, 20_000);
    let read = bases(2, 150);
    let mut with_insertion = read.clone();
    with_insertion.splice(70..70, [0; 9]);
    let mut with_deletion = read.clone();
    with_deletion.drain(70..79);
    let mut jobs = vec![
        Owned::new(&[], &[]),
        Owned::new(&[0], &[]),
        Owned::new(&[], &[0]),
        Owned::new(&[0], &[0]),
        Owned::new(&[0], &[1]),
        Owned::new(&[4; 50], &[4; 50]),
        Owned::new(&[4; 50], &read),
        Owned::new(&read, &[4; 200]),
        Owned::new(&[0; 100], &[0; 120]),
        Owned::new(&read, &read),
        Owned::new(&read, &with_insertion),
        Owned::new(&read, &with_deletion),
        Owned::new(&with_insertion, &read),
        Owned::new(&read, &bases(3, 300)),
        // Within 16 bits, at their edge, and beyond.
        Owned::new(&long[..3_000], &long[..3_000]),
        Owned::new(&long[..3_700], &long[..3_800]),
        Owned::new(&long[..15_000], &long[..15_000]),
        Owned::new(&long, &long),
        Owned::new(&long, &long[10..]),
    ];
    for job in jobs.clone() {
        for band in [0, 1, 8, 9] {
            jobs.push(Owned {
                band,
                ..job.clone()
            });
        }
        jobs.push(Owned {
            reversed: true,
            ..job.clone()
        });
        jobs.push(Owned {
            traceback: false,
            z_drop: 10,
            ..job
        });
    }
    check_all(Scoring::default(), &jobs);
    // Five points a match leave 16 bits after 3,000 bases; mismatches of 127 sooner.
    for (match_score, mismatch) in [(5, 4), (1, 127), (127, 127)] {
        let scoring = Scoring {
            match_score,
            mismatch,
            ..Scoring::default()
        };
        check_all(scoring, &jobs);
    }
}

#[test]
fn longest_sequences() {
    let longest = bases(4, MAX_LENGTH);
    let mut jobs = vec![Owned::new(&longest, &longest)];
    jobs[0].band = 3;
    check_all(Scoring::default(), &jobs);
    let scoring = Scoring {
        match_score: 127,
        ..Scoring::default()
    };
    let hal = Hal::with_isa(Isa::Scalar).unwrap();
    assert_eq!(answers(&hal, scoring, &jobs)[0].local.0, 65_535 * 127);
}

#[test]
fn known_alignments() {
    // ACGTACGT against ACGTTTACGT: eight matches and a deletion of two lose to nothing.
    let job = Owned::new(&[0, 1, 2, 3, 0, 1, 2, 3], &[0, 1, 2, 3, 3, 3, 0, 1, 2, 3]);
    for hal in hals() {
        let cheap_gaps = Scoring {
            gap_open: 1,
            ..Scoring::default()
        };
        let answer = &answers(&hal, cheap_gaps, std::slice::from_ref(&job))[0];
        assert_eq!(answer.local, (5, 8, 10));
        // Three T or one: the deletion lies as far left as it can.
        assert_eq!(answer.cigar, [3 << 4, 2 << 4 | 2, 5 << 4]);
        let reversed = Owned {
            reversed: true,
            ..job.clone()
        };
        let answer = &answers(&hal, cheap_gaps, &[reversed])[0];
        assert_eq!(answer.cigar, [3 << 4, 2 << 4 | 2, 5 << 4]);

        // At bwa's prices the local best is the first half; the bonus does not outweigh the rest.
        let answer = &answers(&hal, Scoring::default(), std::slice::from_ref(&job))[0];
        assert_eq!(answer.local, (4, 4, 4));
        assert_eq!(answer.end_to_end, (0, 10));
        assert!(answer.chosen.to_end, "0 + 5 >= 4");
        let reluctant = Owned {
            end_bonus: 3,
            ..job.clone()
        };
        let answer = &answers(&hal, Scoring::default(), &[reluctant])[0];
        assert_eq!(answer.cigar, [4 << 4]);
    }
}

#[test]
fn a_low_z_drop_stops_before_the_second_half() {
    let mut job = Owned::new(&bases(5, 120), &bases(5, 120));
    for base in &mut job.query[40..60] {
        *base = (*base + 1) % 4;
    }
    job.band = 0;
    for hal in hals() {
        let passed = &answers(&hal, Scoring::default(), std::slice::from_ref(&job))[0];
        assert_eq!(passed.end_to_end, (20, 120));
        job.z_drop = 20;
        let stopped = &answers(&hal, Scoring::default(), std::slice::from_ref(&job))[0];
        assert_eq!(stopped.local, (40, 40, 40));
        assert_eq!(stopped.end_to_end, (NOT_REACHED, 0));
        job.z_drop = 0;
    }
}

#[test]
fn refused_jobs_leave_the_batch_as_it_was() {
    let mut batch = Batch::new(Scoring::default());
    batch.push(Job::default()).unwrap();
    let long = vec![0; MAX_LENGTH + 1];
    for (query, target) in [(&long[..], &long[..1]), (&long[..1], &long[..])] {
        let refused = batch.push(Job {
            query,
            target,
            ..Job::default()
        });
        assert!(matches!(refused, Err(HalError::SequenceTooLong { .. })));
    }
    let refused = batch.push(Job {
        query: &long[1..],
        target: &long[1..],
        band: 1_000,
        traceback: true,
        ..Job::default()
    });
    assert!(matches!(refused, Err(HalError::TracebackTooLarge { .. })));
    assert_eq!(batch.len(), 1);
}

#[test]
fn a_target_can_be_written_in_place_and_a_batch_used_again() {
    let mut batch = Batch::new(Scoring::default());
    let mut results = Results::default();
    let hal = Hal::new().unwrap();
    for _ in 0..2 {
        batch.clear();
        let job = Job {
            query: &[0, 1, 2],
            traceback: true,
            ..Job::default()
        };
        let index = batch
            .push_with(job, 4, |target| target.copy_from_slice(&[0, 1, 2, 200]))
            .unwrap();
        hal.extend(&batch, &mut results);
        assert_eq!(results.chosen(index).score, 3);
        assert_eq!(results.cigar(index), [3 << 4]);
    }
    batch.clear();
    assert!(batch.is_empty());
    hal.extend(&batch, &mut results);
    assert!(results.is_empty());
}
