//! Tandem repeats that single reads hold from end to end: where a repeat gets longer than the k-mers, no graph
//! spells it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::reads::RegionRead;
use crate::repeats::tracts_of_length;

/// Shorter tracts seldom get longer than the k-mers.
const LEAST_TRACT: usize = 12;
/// Bases on both sides of a tract that a read must show as the reference has them.
const FLANK: usize = 12;
/// Shorter changes are found by aligners.
const LEAST_CHANGE: usize = 8;
/// Most haplotypes of a tract: those that most reads show.
const MOST_OF_TRACT: usize = 4;

/// The reference with a tract as reads show it whose length is another, for each of its tracts. Reads that show
/// a base of lower quality there say nothing.
pub(super) fn spanning(reference: &[u8], reads: &[RegionRead], min_quality: u8) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for tract in stretches(reference) {
        let Some(from) = tract.start.checked_sub(FLANK) else {
            continue;
        };
        let Some(after) = reference.get(tract.end..tract.end + FLANK) else {
            continue;
        };
        let before = &reference[from..tract.start];
        // A read with a variant in the flank may show another place that looks like it.
        if once(reference, before).is_none() || once(reference, after).is_none() {
            continue;
        }
        let mut shown: BTreeMap<&[u8], u32> = BTreeMap::new();
        for read in reads {
            let Some(within) = between(&read.bases, before, after) else {
                continue;
            };
            if within.len().abs_diff(tract.len()) >= LEAST_CHANGE
                && read.qualities[within.clone()]
                    .iter()
                    .all(|&q| q >= min_quality)
                && !read.bases[within.clone()].contains(&4)
            {
                *shown.entry(&read.bases[within]).or_default() += 1;
            }
        }
        let mut shown: Vec<(&[u8], u32)> = shown.into_iter().collect();
        shown.sort_by_key(|&(_, reads)| Reverse(reads));
        found.extend(shown.iter().take(MOST_OF_TRACT).map(|(bases, _)| {
            [&reference[..tract.start], bases, &reference[tract.end..]].concat()
        }));
    }
    found
}

/// Tracts of `reference`, those that touch each other together.
fn stretches(reference: &[u8]) -> Vec<Range<usize>> {
    let mut tracts = Vec::new();
    tracts_of_length(reference, LEAST_TRACT, &mut tracts);
    tracts.sort_by_key(|t| t.start);
    let mut found: Vec<Range<usize>> = Vec::new();
    for tract in tracts {
        match found.last_mut() {
            Some(last) if tract.start <= last.end => last.end = last.end.max(tract.end),
            _ => found.push(tract.start..tract.end),
        }
    }
    found
}

/// What lies between `before` and `after`, if each of them is in `bases` once.
fn between(bases: &[u8], before: &[u8], after: &[u8]) -> Option<Range<usize>> {
    let start = once(bases, before)? + before.len();
    let end = once(bases, after)?;
    (start <= end).then_some(start..end)
}

fn once(bases: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut places = bases
        .windows(wanted.len())
        .enumerate()
        .filter(|(_, bases)| *bases == wanted);
    let (first, _) = places.next()?;
    places.next().is_none().then_some(first)
}
