//! The extension kernel against a naive definition, and every backend against the scalar one.
#![allow(clippy::unwrap_used)]

mod jobs;
mod naive;

use fafnir_fpga_hal::{
    Hal, HalError, Isa,
    extend::{Batch, Extension, Job, MAX_LENGTH, NOT_REACHED, Results, Scoring},
};
use proptest::{collection::vec, prelude::*};
use std::io::Write as _;

use crate::{
    jobs::{Owned, bases, flanks, jobs, scorings},
    naive::{check_path, naive},
};

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
    let hal = |isa| match Hal::with_isa(isa) {
        Err(HalError::IsaUnavailable { isa }) => {
            let _ = writeln!(std::io::stderr(), "SKIPPED: this processor lacks {isa}");
            let required = std::env::var("FAFNIR_REQUIRE");
            assert_ne!(required.as_deref(), Ok("all"), "{isa} is required");
            None
        }
        // Anything else, a failed known-answer test above all, is what these tests are for.
        result => Some(result.unwrap()),
    };
    [Isa::Scalar, Isa::Avx2]
        .into_iter()
        .filter_map(hal)
        .collect()
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

proptest! {
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

    /// Whole groups of lanes, of the lengths and bands that flanks of short reads have.
    #[test]
    fn backends_agree_on_flanks(
        jobs in vec(flanks(), 30..110),
        match_score in 0i8..4,
        gap_open in 0i8..12,
        gap_extend in 0i8..4,
    ) {
        let scoring = Scoring { match_score, gap_open, gap_extend, ..Scoring::default() };
        check_all(Scoring::default(), &jobs);
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

/// What a path loses against a perfect match goes through 255, the most that a byte holds, by
/// mismatches, gaps, bases unknown, and the far side of a band.
#[test]
fn losses_about_what_a_byte_holds() {
    let base = bases(6, 400);
    let mut jobs = Vec::new();
    for count in 24..64 {
        let mut mismatches = base[..300].to_vec();
        for base in mismatches.iter_mut().skip(9).step_by(4).take(count) {
            *base = (*base + 1) % 4;
        }
        let mut unknown = base.clone();
        unknown[20..20 + 4 * count].fill(4);
        let mut insertion = base[..200].to_vec();
        insertion.splice(100..100, bases(7, count + 30));
        let mut deletion = base[..300].to_vec();
        deletion.drain(100..100 + 2 * count);
        for query in [
            mismatches,
            unknown,
            insertion,
            deletion,
            bases(8, 3 * count),
        ] {
            jobs.push(Owned::new(&query, &base[..350]));
        }
    }
    for band in [0, 1, 30, 60, 100, 126, 127, 128, 200] {
        for (z_drop, traceback) in [(0, true), (0, false), (60, true), (250, false)] {
            let mut jobs = jobs.clone();
            for (number, job) in jobs.iter_mut().enumerate() {
                let reversed = number % 2 == 1;
                if reversed {
                    job.query.reverse();
                    job.target.reverse();
                }
                *job = Owned {
                    reversed,
                    z_drop,
                    traceback,
                    // Bands of a group differ now and then.
                    band: band + u16::from(number % 7 == 0),
                    ..job.clone()
                };
            }
            check_all(Scoring::default(), &jobs);
        }
    }
}

/// Rows of about as many columns as a byte counts, whose best lies in the first column or the last.
#[test]
fn rows_about_as_wide_as_a_byte_counts() {
    for width in 250..260 {
        let target = bases(9, width);
        let mut jobs = Vec::new();
        for n in [1, 20, 60, 120, width - 1, width, width + 1] {
            let mut insertion = bases(10, n);
            insertion.extend_from_slice(&target[..20]);
            for query in [target[width - n.min(width)..].to_vec(), insertion] {
                for band in [124, 126, 127, 128, 1_000] {
                    for (reversed, traceback) in [(false, true), (true, true), (true, false)] {
                        jobs.push(Owned {
                            reversed,
                            traceback,
                            band,
                            ..Owned::new(&query, &target)
                        });
                    }
                }
            }
        }
        for (gap_open, gap_extend) in [(0, 0), (2, 0), (0, 1), (6, 1)] {
            let scoring = Scoring {
                gap_open,
                gap_extend,
                ..Scoring::default()
            };
            check_all(scoring, &jobs);
        }
    }
}

/// What the diagonal loses is just what a gap costs that leads as far as the band reaches.
#[test]
fn gaps_that_cost_what_the_diagonal_loses() {
    let target = bases(11, 260);
    let mut jobs = Vec::new();
    for length in 0..40 {
        for mismatches in 0..5 {
            let mut deletion = target[..150].to_vec();
            deletion.drain(60..60 + length);
            let mut insertion = target[..150].to_vec();
            insertion.splice(150 - length..150 - length, bases(12, length));
            let mut tail = target[..150].to_vec();
            tail[150 - length..].copy_from_slice(&bases(13, length));
            for mut query in [deletion, insertion, tail] {
                for base in query.iter_mut().skip(7).step_by(23).take(mismatches) {
                    *base = if mismatches % 2 == 0 {
                        4
                    } else {
                        (*base + 1) % 4
                    };
                }
                let reversed = length % 2 == 0;
                let mut job = Owned::new(&query, &target);
                if reversed {
                    job.query.reverse();
                    job.target.reverse();
                }
                jobs.push(Owned {
                    reversed,
                    traceback: length % 3 > 0,
                    z_drop: [0, 20, 100][length % 3],
                    ..job
                });
            }
        }
    }
    for (mismatch, gap_open, gap_extend) in [(4, 6, 1), (1, 2, 0), (3, 0, 1), (1, 1, 1), (0, 5, 2)]
    {
        let scoring = Scoring {
            mismatch,
            gap_open,
            gap_extend,
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
