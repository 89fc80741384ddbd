#![allow(clippy::unwrap_used)]

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    backend::Backend,
    extend::{self, Job, Scoring},
};

const SEQUENCE: [u8; 12] = [0, 1, 2, 3, 3, 1, 0, 2, 2, 0, 1, 3];

/// A job for each number: lengths, direction and parameters follow from it.
fn push(batch: &mut Batch, number: u8) {
    let number = usize::from(number);
    batch
        .push(Job {
            query: &SEQUENCE[number % 3..][..number % 9],
            target: &SEQUENCE[..number % 11],
            reversed: number % 2 == 1,
            band: (number % 5) as u16,
            z_drop: (number % 7) as u16,
            end_bonus: number as i16 - 128,
            traceback: number % 4 > 0,
        })
        .unwrap();
}

fn batch(numbers: &[u8]) -> Batch {
    let mut batch = Batch::new(Scoring::default());
    for &number in numbers {
        push(&mut batch, number);
    }
    batch
}

fn compute(batch: &Batch) -> Results {
    let mut out = Results::default();
    out.reset(batch.len());
    extend::run(Backend::Scalar, batch, 0..batch.len(), &mut out);
    out
}

fn words_of(results: &Results, batch: &Batch, range: Range<usize>) -> (Vec<i32>, Vec<u32>) {
    let fields: [&dyn Fn(usize) -> i32; RESULT_FIELDS] = [
        &|index| results.score(index),
        &|index| results.query_end(index).into(),
        &|index| results.target_end(index).into(),
        &|index| results.end_to_end_score(index),
        &|index| results.end_to_end_target(index).into(),
        &|index| results.cigar(index).len() as i32,
    ];
    let found = fields.iter().flat_map(|of| range.clone().map(of)).collect();
    let paths = range.flat_map(|index| {
        let mut path = results.cigar(index).to_vec();
        if !batch.job(index).reversed {
            path.reverse();
        }
        path.resize(PATH_SLOT, 0);
        path
    });
    (found, paths.collect())
}

/// Returns all that is known of a job.
fn answer(results: &Results, index: usize) -> (extend::Extension, i32, u16, i32, Vec<u32>) {
    let end_to_end = results.end_to_end_score(index);
    let cigar = results.cigar(index).to_vec();
    let (score, end) = (results.score(index), results.query_end(index));
    (results.chosen(index), score, end, end_to_end, cigar)
}

fn ranges(numbers: &[u8], from: usize, to: usize) -> Range<usize> {
    let at = |at: usize| at % (numbers.len() + 1);
    at(from).min(at(to))..at(from).max(at(to))
}

proptest! {
    #[test]
    fn a_range_travels_as_a_batch_of_its_own(
        numbers in vec(any::<u8>(), 0..12), from: usize, to: usize,
    ) {
        let range = ranges(&numbers, from, to);
        let part = encode(&batch(&numbers), range.clone()).unwrap();
        let own = encode(&batch(&numbers[range.clone()]), 0..range.len()).unwrap();
        check(&part).unwrap();
        prop_assert_eq!(part, own);
    }

    #[test]
    fn results_come_to_their_places(
        numbers in vec(any::<u8>(), 0..12), from: usize, to: usize, left: u16,
    ) {
        let (range, batch) = (ranges(&numbers, from, to), batch(&numbers));
        let expected = compute(&batch);
        let (mut found, paths) = words_of(&expected, &batch, range.clone());
        let is_left = |k: usize| left >> (k % 16) & 1 == 1;
        let count = range.len();
        for k in (0..count).filter(|&k| is_left(k)) {
            for field in 0..RESULT_FIELDS {
                found[field * count + k] = -1;
            }
        }
        let frame = encode_results(&found, &paths).unwrap();
        let mut out = Results::default();
        out.reset(batch.len());
        let untouched = answer(&{ let mut out = Results::default(); out.reset(1); out }, 0);
        let left = decode_results(&batch, range.clone(), &frame, &mut out).unwrap();
        let expected_left: Vec<_> = range.clone().filter(|&i| is_left(i - range.start)).collect();
        prop_assert_eq!(&left, &expected_left);
        for index in 0..batch.len() {
            if range.contains(&index) && !left.contains(&index) {
                prop_assert_eq!(answer(&out, index), answer(&expected, index));
            } else {
                prop_assert_eq!(answer(&out, index), untouched.clone());
            }
        }
    }

    #[test]
    fn no_answer_makes_the_decoder_panic(
        numbers in vec(any::<u8>(), 1..6),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let batch = batch(&numbers);
        let jobs = 0..batch.len();
        let (found, paths) = words_of(&compute(&batch), &batch, jobs.clone());
        let whole = encode_results(&found, &paths).unwrap();
        let mut out = Results::default();
        out.reset(batch.len());
        let mut changed = whole.clone();
        for (at, value) in changes {
            *at.get_mut(&mut changed.payload) = value;
        }
        let _ = decode_results(&batch, jobs.clone(), &changed, &mut out);
        let mut short = whole;
        short.payload.truncate(cut.index(short.payload.len()));
        prop_assert!(decode_results(&batch, jobs, &short, &mut out).is_err());
    }
}

#[test]
fn what_no_kernel_can_write_is_refused() {
    let batch = batch(&[42, 42]);
    let results = compute(&batch);
    assert_eq!(results.cigar(0), [6 << 4]);
    let (found, paths) = words_of(&results, &batch, 0..2);
    let decode = |found: &[i32], extra: &[u8]| {
        let mut out = Results::default();
        out.reset(2);
        let mut frame = encode_results(found, &paths).unwrap();
        frame.payload.extend_from_slice(extra);
        decode_results(&batch, 0..2, &frame, &mut out).map(|left| left.len())
    };
    assert_eq!(decode(&found, &[]).unwrap(), 0);
    for extra in [&[0][..], &[0; 4]] {
        assert!(decode(&found, extra).is_err());
    }
    for operations in [0, 2, 25, -2, i32::MAX, i32::MIN] {
        let mut found = found.clone();
        found[11] = operations;
        assert!(decode(&found, &[]).is_err(), "{operations}");
    }
}
