#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use fafnir_io::bam::{RecordFields, RecordView, encode, flag};
use proptest::prelude::*;

use super::informative::Informative;
use super::*;
use crate::CallerOptions;
use crate::reads::ReadIndex;

#[test]
fn a_fragment_of_the_reference_makes_others_unlikely() {
    let [none, one, both] = walk::costs(30);
    let many = |n: i32| Confidence {
        costs: [none, one, both].map(|c| n * c),
        fragments: [n as u16, 0],
        informative: n as u16,
    };
    assert_eq!(many(0).diploid(), [0, 0, 0]);
    // Three phred a fragment, as any caller's.
    assert_eq!(many(10).diploid(), [0, 30, 348]);
    assert_eq!(many(10).haploid(), [0, 348]);
    assert_eq!(quality(&many(10).diploid()), 30);
    assert_eq!(quality(&many(100).diploid()), 99);
    // Where half of the reads could hide an indel, that is less sure.
    let hidden = Confidence {
        informative: 5,
        ..many(10)
    };
    assert_eq!(hidden.diploid(), [0, 15, 249]);
    assert_eq!(quality(&[10, 0, 50]), 0);
}

/// Whether a read that ends before `end` differs from the reference with an indel of any length after
/// `at`: by writing both down.
fn shows(bases: &[u8], at: usize, end: usize) -> bool {
    let read = &bases[at + 1..end];
    (1..=10).all(|length| {
        let deleted: Vec<u8> = bases[at + 1 + length..]
            .iter()
            .copied()
            .take(read.len())
            .collect();
        // Any bases may be inserted: the read's own.
        let inserted: Vec<u8> = read
            .iter()
            .copied()
            .take(length)
            .chain(bases[at + 1..].iter().copied())
            .take(read.len())
            .collect();
        deleted != read && inserted != read
    })
}

proptest! {
    #[test]
    fn reads_show_the_indels_that_cannot_slide(
        bases in proptest::collection::vec(0u8..2, 60..90),
        end in 1usize..40,
    ) {
        let spans = Informative::new(&bases, 1000);
        let found = spans.within(&(1000..1000 + end as u32));
        let expected = (0..end).take_while(|&at| shows(&bases, at, end)).count();
        prop_assert_eq!(found, 1000..1000 + expected as u32);
    }
}

/// Pairs of reads of 30 bases, given as (start, fragment length, mismatches of both, gap of both), as sorted
/// records; the gap is a deletion (1 to 4) or an insertion (-1 to -4) after 15 bases.
type Pair = (u32, u32, [Option<u32>; 2], [i32; 2]);

const READ: u32 = 30;

fn records(bases: &[u8], pairs: &[Pair]) -> Vec<(i32, Vec<u8>)> {
    let mut all = Vec::new();
    for (number, (start, length, mismatches, gaps)) in pairs.iter().enumerate() {
        let starts = [*start, start + length - READ];
        for end in 0..2 {
            let (at, gap) = (starts[end] as usize, gaps[end]);
            let mut read: Vec<u8> = bases[at..at + 15].to_vec();
            let cigar = match gap {
                0 => vec![READ << 4],
                1.. => vec![15 << 4, (gap as u32) << 4 | 2, 15 << 4],
                _ => vec![
                    15 << 4,
                    gap.unsigned_abs() << 4 | 1,
                    (15 - gap.unsigned_abs()) << 4,
                ],
            };
            let inserted = (-gap).max(0) as usize;
            read.extend(vec![3; inserted]);
            let rest = at + 15 + gap.max(0) as usize;
            read.extend(&bases[rest..rest + 15 - inserted]);
            if let Some(mismatch) = mismatches[end] {
                read[mismatch as usize] ^= 1;
            }
            let reverse = [flag::MATE_REVERSE | flag::FIRST, flag::REVERSE | flag::LAST][end];
            let mut bytes = Vec::new();
            encode(
                &RecordFields {
                    name: format!("r{number}").as_bytes(),
                    flag: flag::PAIRED | reverse,
                    contig: 0,
                    position: at as i32,
                    mapping_quality: 60,
                    cigar: &cigar,
                    mate_contig: 0,
                    mate_position: starts[1 - end] as i32,
                    template_length: [2_000, -2_000][end],
                    bases: &read
                        .iter()
                        .map(|b| b"ACGT"[usize::from(*b)])
                        .collect::<Vec<_>>(),
                    qualities: &[[37; READ as usize], [25; READ as usize]][end],
                },
                &mut bytes,
                |_| {},
            );
            all.push((at as i32, bytes));
        }
    }
    all.sort_by_key(|(at, _)| *at);
    all
}

/// What a read shows at each base, written down by hand: quality, and whether it is the reference.
fn shown(
    bases: &[u8],
    start: u32,
    mismatch: Option<u32>,
    gap: i32,
    q: u8,
) -> BTreeMap<u32, (u8, bool)> {
    let (mut all, mut at) = (BTreeMap::new(), start);
    let inserted = (-gap).max(0) as u32;
    for i in 0..READ {
        if i == 15 && gap > 0 {
            for _ in 0..gap {
                all.insert(at, (30, false));
                at += 1;
            }
        }
        if (15..15 + inserted).contains(&i) {
            continue;
        }
        all.insert(at, (q, mismatch != Some(i) && bases[at as usize] < 4));
        at += 1;
    }
    if gap != 0 {
        all.insert(start + 14, (q.min(30), false));
    }
    all
}

proptest! {
    #[test]
    fn a_fragment_counts_once(
        bases in proptest::collection::vec(0u8..4, 400),
        pairs in proptest::collection::vec(
            (0u32..200, 30u32..90, proptest::array::uniform2(proptest::option::of(0u32..14)), proptest::array::uniform2(-4i32..5)),
            0..40,
        ),
        cut in 1u32..399,
    ) {
        let records = records(&bases, &pairs);
        let views: Vec<_> = records.iter().map(|(_, bytes)| RecordView::new(&bytes[4..])).collect();
        let options = CallerOptions { min_mapping_quality: 20, ..CallerOptions::default() };
        let index = ReadIndex::new(&views, 0, &options);
        let of = |window: Range<u32>| {
            let wide = around(&window, 400);
            walk(&index, &window, 400, &bases[wide.start as usize..wide.end as usize])
        };
        let found = of(0..400);

        // Cut anywhere, it is the same.
        let halves: Vec<Confidence> = of(0..cut).into_iter().chain(of(cut..400)).collect();
        prop_assert!(found == halves);

        let mut expected = vec![([0u16; 2], [0i32; 3]); 400];
        for (start, length, mismatches, gaps) in &pairs {
            let first = shown(&bases, *start, mismatches[0], gaps[0], 37);
            let second = shown(&bases, start + length - READ, mismatches[1], gaps[1], 25);
            for at in 0..400u32 {
                let both = match (first.get(&at), second.get(&at)) {
                    (Some(a), Some(b)) if a.1 == b.1 => Some((a.0.max(b.0), a.1)),
                    (Some(_), Some(_)) => None,
                    (a, b) => a.or(b).copied(),
                };
                let Some((quality, is_reference)) = both else { continue };
                let [none, one, two] = walk::costs(quality);
                let costs = if is_reference { [none, one, two] } else { [two, one, none] };
                let (fragments, sums) = &mut expected[at as usize];
                fragments[usize::from(!is_reference)] += 1;
                for (sum, cost) in sums.iter_mut().zip(costs) {
                    *sum += cost;
                }
            }
        }
        for (at, (found, (fragments, costs))) in found.iter().zip(&expected).enumerate() {
            prop_assert_eq!((at, found.fragments, found.costs), (at, *fragments, *costs));
            prop_assert!(u32::from(found.informative) <= pairs.len() as u32);
        }
    }
}
