//! Packed comparison against letters.

use fafnir_io::{Contig, Reads, Reference, reference::Storage};
use proptest::prelude::*;

use super::*;
use crate::packed::PackedReads;

const LENGTH: usize = 256;

/// A reference of one contig; code 4 is unknown.
fn reference(codes: &[u8]) -> Reference {
    let mut words = vec![0u64; codes.len().div_ceil(32)];
    let mut unknown = Vec::new();
    for (i, code) in codes.iter().enumerate() {
        words[i / 32] |= u64::from(code & 3) << (2 * (i % 32));
        if *code == 4 {
            unknown.push(i as u64..i as u64 + 1);
        }
    }
    let contig = Contig {
        name: "a".into(),
        length: codes.len() as u32,
        md5: [0; 16],
        offset: 0,
    };
    // Unknown bases are packed as A.
    for run in &unknown {
        words[run.start as usize / 32] &= !(3 << (2 * (run.start % 32)));
    }
    Reference::new(vec![contig], Storage::Owned(words.into()), unknown)
}

fn packed(codes: &[u8]) -> PackedReads {
    let bases: Vec<u8> = codes.iter().map(|c| b"ACGTN"[*c as usize]).collect();
    let mut reads = Reads::default();
    reads.push(b"r", &bases, &vec![30; bases.len()]);
    let mut packed = PackedReads::default();
    packed.push(&reads, 0);
    packed
}

/// Score of each base of a read at `start`.
fn scores(target: &[u8], read: &[u8], start: usize) -> Vec<i32> {
    let pairs = read.iter().zip(&target[start..]);
    pairs
        .map(|(r, t)| match (r, t) {
            (4, _) | (_, 4) => -1,
            _ if r == t => 1,
            _ => -4,
        })
        .collect()
}

/// A target, and a read that is a mutated piece of it.
fn cases() -> impl Strategy<Value = (Vec<u8>, usize, Vec<u8>)> {
    let target = prop::collection::vec(prop_oneof![20 => 0u8..4, 1 => Just(4u8)], LENGTH);
    (target, 0..LENGTH - 100, 1..100usize, any::<u64>(), 1..30u64).prop_map(
        |(target, start, length, seed, rate)| {
            let mut x = seed | 1;
            let mut next = |bound: u64| {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (x >> 33) % bound
            };
            let piece = target[start..start + length].iter();
            let read = piece
                .map(|c| if next(rate) == 0 { next(5) as u8 } else { *c })
                .collect();
            (target, start, read)
        },
    )
}

proptest! {
    #[test]
    fn differences_and_scores_are_those_of_the_letters((target, start, read) in cases()) {
        let options = AlignerOptions::default();
        let (reference, packed) = (reference(&target), packed(&read));
        let query = packed.query(0, false);
        let mut m = Mismatches::default();
        m.compare(reference.words(), start as i64, &query);
        m.mark_unknown(&reference, start as i64, query.len());
        let scores = scores(&target, &read, start);
        let expected: Vec<u32> =
            (0..read.len() as u32).filter(|i| scores[*i as usize] < 0).collect();
        let whole = 0..query.len();
        prop_assert_eq!(m.positions(whole.clone()).collect::<Vec<_>>(), &expected[..]);
        let mut back: Vec<u32> = m.positions_back(whole.clone()).collect();
        back.reverse();
        prop_assert_eq!(&back, &expected);
        prop_assert_eq!(m.count(), expected.len() as u32);
        prop_assert_eq!(m.score(whole.clone(), &query, &options), scores.iter().sum::<i32>());
        let known = !read.contains(&4) && !target[start..start + read.len()].contains(&4);
        let count = |limit| differences(reference.words(), start as i64, &query, limit);
        if let Some(all) = count(u32::MAX).filter(|_| known) {
            prop_assert_eq!(all, m.count());
            for limit in 0..=all {
                let right = |some| some == all || limit < some && some < all;
                prop_assert!(count(limit).is_some_and(right));
            }
        }

        // The longest stretch without a difference.
        let longest = m.longest_match(whole.clone());
        let length = |run: &[i32]| run.len();
        let best = scores.split(|s| *s < 0).map(length).max().unwrap_or(0);
        prop_assert_eq!((longest.end - longest.start) as usize, best);

        // Both flanks of every place, against all prefixes.
        for at in 0..=query.len() {
            let right = m.extend_right(at, query.len(), &query, &options);
            check(&right, &scores[at as usize..])?;
            let left = m.extend_left(at, 0, &query, &options);
            let mirrored: Vec<i32> = scores[..at as usize].iter().rev().copied().collect();
            check(&left, &mirrored)?;
        }

        // Nothing scores higher without falling further on the way.
        let dense = m.densest(whole, 14, &query, &options);
        let sum = |a: usize, b: usize| scores[a..b].iter().sum::<i32>();
        let found = sum(dense.start as usize, dense.end as usize);
        for a in 0..read.len() {
            let (mut score, mut peak) = (0, 0);
            for s in &scores[a..] {
                score += s;
                peak = peak.max(score);
                if score <= 0 || peak - score > 14 {
                    break;
                }
            }
            prop_assert!(found >= peak, "{found} {peak} {dense:?}");
        }
    }

    #[test]
    fn reads_may_hang_over_both_ends(read in prop::collection::vec(0u8..4, 1..100), start in -120i64..300) {
        let reference = reference(&[0; LENGTH]);
        let packed = packed(&read);
        let mut m = Mismatches::default();
        m.compare(reference.words(), start, &packed.query(0, false));
        for (i, code) in read.iter().enumerate() {
            if (0..LENGTH as i64).contains(&(start + i as i64)) {
                let differs = m.positions(i as u32..i as u32 + 1).next().is_some();
                prop_assert_eq!(differs, *code != 0);
            }
        }
    }
}

/// The flank over bases of these scores, found by trying all lengths.
fn check(flank: &Flank, scores: &[i32]) -> Result<(), TestCaseError> {
    let options = AlignerOptions::default();
    let total: i32 = scores.iter().sum();
    let prefix = |n: usize| scores[..n].iter().sum::<i32>();
    let best = (0..=scores.len()).map(prefix).max().unwrap_or(0);
    let clip = i32::from(options.clip_penalty);
    if total + clip >= best {
        prop_assert!(flank.to_end);
        prop_assert_eq!((flank.length as usize, flank.score), (scores.len(), total));
        prop_assert_eq!(flank.loss, scores.len() as i32 - total);
    } else {
        prop_assert!(!flank.to_end);
        prop_assert_eq!((prefix(flank.length as usize), flank.score), (best, best));
        prop_assert_eq!(flank.loss, scores.len() as i32 - best + clip);
    }
    Ok(())
}
