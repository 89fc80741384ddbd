//! Whether two barcodes of a lane could claim the same read.

use super::{Target, code};

/// Two targets that are too close, by their places among the targets, the earlier first.
pub(super) struct Pair {
    pub(super) first: usize,
    pub(super) second: usize,
}

/// How close is too close.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// A read could be within the mismatches of both in both indexes.
    Combined,
    /// The two differ in this index, but a read could be within the mismatches of both.
    Independent(usize),
}

/// The collision of the earliest targets among those of one pair of sets of cycles.
///
/// A read that two barcodes claim differs from each in at most its mismatches, so that they differ
/// from each other in at most the sum; and where they differ in no more, such a read exists. Only
/// barcodes that are equal in a run of cycles can be that close, so only those are compared.
pub(super) fn find(targets: &[Target], check: Check) -> Option<Pair> {
    let mut sets: Vec<[u64; 2]> = targets.iter().map(|target| target.masks).collect();
    sets.sort_unstable();
    sets.dedup();
    let mut found: Option<(usize, usize)> = None;
    for (i, &a) in sets.iter().enumerate() {
        for &b in &sets[i..] {
            if let Some(pair) = find_between(targets, a, b, check) {
                found = Some(found.map_or(pair, |found| found.min(pair)));
            }
        }
    }
    found.map(|(first, second)| Pair { first, second })
}

/// What a target has in a run of cycles, and its place.
type Entry = ((u64, u64), usize);

fn find_between(
    targets: &[Target],
    a: [u64; 2],
    b: [u64; 2],
    check: Check,
) -> Option<(usize, usize)> {
    let mut common = [a[0] & b[0], a[1] & b[1]];
    if let Check::Independent(index) = check {
        common[1 - index] = 0;
    }
    let most = |i: usize| {
        let of = |set| {
            let of_set = targets.iter().filter(|target| target.masks == set);
            of_set.map(|target| target.mismatches[i]).max().unwrap_or(0)
        };
        of(a) + of(b)
    };
    let mut entries: Vec<Entry> = targets
        .iter()
        .enumerate()
        .filter(|(_, target)| target.masks == a || target.masks == b)
        .map(|(i, _)| ((0, 0), i))
        .collect();
    if let Check::Independent(index) = check {
        // Lanes of few i5 and many i7 indexes have each many times.
        let value = |i: usize| {
            let target = &targets[i];
            (
                target.code.key(target.masks[index]),
                target.masks,
                target.mismatches[index],
                i,
            )
        };
        entries.sort_unstable_by_key(|&(_, i)| value(i));
        entries.dedup_by_key(|&mut (_, i)| {
            let (code, masks, mismatches, _) = value(i);
            (code, masks, mismatches)
        });
    }
    for mask in code::split_both(common, [most(0), most(1)]) {
        for (key, i) in &mut entries {
            *key = targets[*i].code.key(mask);
        }
        // Within a key those of the first set come before those of the second.
        entries.sort_unstable_by_key(|&(key, i)| (key, targets[i].masks != a, i));
        for bucket in entries.chunk_by(|x, y| x.0 == y.0) {
            let firsts = bucket.partition_point(|&(_, i)| targets[i].masks == a);
            for (at, &(_, first)) in bucket[..firsts].iter().enumerate() {
                let others = &bucket[if a == b { at + 1 } else { firsts }..];
                let collides = |&&(_, second): &&Entry| {
                    collide(&targets[first], &targets[second], common, check)
                };
                if let Some(&(_, second)) = others.iter().find(collides) {
                    return Some((first.min(second), first.max(second)));
                }
            }
        }
    }
    None
}

fn collide(a: &Target, b: &Target, common: [u64; 2], check: Check) -> bool {
    let difference = a.code.difference(&b.code);
    let near =
        |i: usize| (difference & common[i]).count_ones() <= a.mismatches[i] + b.mismatches[i];
    match check {
        // Whichever claims the read, it goes to the same sample.
        Check::Combined => a.sample != b.sample && near(0) && near(1),
        Check::Independent(index) => difference & common[index] != 0 && near(index),
    }
}
