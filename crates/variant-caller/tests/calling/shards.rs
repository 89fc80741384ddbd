//! Calls do not depend on where spans begin and end.

use fafnir_io::ContigId;
use fafnir_io::bam::{RecordView, Records};
use fafnir_variant_caller::{Caller, ForcedAlleles, HALO, Ploidies, Scratch};
use proptest::prelude::*;

use super::genome::{Gaps, Random, Truth, caller, random_bases, reads, reference, truth};

const LENGTH: usize = 20_000;

/// Variants of all kinds, thick in places, so that chains of active places must be cut.
fn variants(bases: &[u8], seed: u64, long: bool) -> Vec<Truth> {
    let mut random = Random::new(seed);
    let mut all = Vec::new();
    let mut at = 300;
    while at < LENGTH - 1_000 {
        let on = [[true, false], [false, true], [true, true]][random.below(3)];
        all.push(match random.below(if long { 6 } else { 4 }) {
            // Up to the longest that is called, and longer.
            4 | 5 => truth(at, 100 + random.below(600), "", on),
            0 => truth(at, 1 + random.below(6), "", on),
            1 => truth(at, 0, ["GT", "CAGTC", "A"][random.below(3)], on),
            _ => truth(
                at,
                1,
                ["A", "C", "G", "T"][(bases[at] as usize / 2 + 2) % 4],
                on,
            ),
        });
        // Variants of one haplotype do not overlap.
        at += all.last().map_or(0, |t| t.deleted);
        let crowded = (6_000..9_000).contains(&at);
        at += if crowded {
            15 + random.below(30)
        } else {
            40 + random.below(700)
        };
    }
    all
}

/// Random bases with repeats of short and of long units.
fn genome(seed: u64) -> Vec<u8> {
    let mut bases = random_bases(LENGTH, seed);
    let mut random = Random::new(seed + 1);
    let mut at = 400;
    while at < LENGTH - 1_000 {
        let longest = if random.below(3) > 0 { 6 } else { 40 };
        let unit = bases[at..at + 1 + random.below(longest)].to_vec();
        let length = 12 + random.below(90);
        let repeat: Vec<u8> = unit.iter().copied().cycle().take(length).collect();
        bases[at..at + length].copy_from_slice(&repeat);
        at += length + 100 + random.below(900);
    }
    bases
}

/// A caller of a sample with regions of other ploidy, that is asked for alleles, some of them close.
fn asked(bases: &[u8]) -> Caller {
    let (contig, reference) = (ContigId(0), reference(bases));
    let mut forced = ForcedAlleles::default();
    for at in (500..LENGTH - 500).step_by(613).flat_map(|at| [at, at + 9]) {
        let replaced = &bases[at..at + 1 + at % 7];
        let allele = ["A", "C", "G", "T", "GA", "TTT"][at % 6].as_bytes();
        // Some are no change.
        let _ = forced.add(&reference, contig, at as u32, replaced, allele);
    }
    let other = [(contig, 5_000..7_003, 1), (contig, 12_000..12_500, 0)];
    caller(reference)
        .with_ploidies(Ploidies::new(2, other))
        .with_forced(forced.sorted())
}

/// Reads that only reach into what a span looks at are clipped beyond it, and gapped and clipped in a repeat.
#[test]
fn clips_at_any_distance_of_a_span_do_no_harm() {
    const AT: usize = 3_000;
    let mut bases = random_bases(2 * AT, 5);
    bases[AT - 1] = b'T';
    bases.splice(AT..AT, "AAAG".repeat(11).bytes());
    let inserted = "AAAG".repeat(6).leak();
    for (at, gaps) in [
        (AT, Gaps::Clipped),
        (AT + 44, Gaps::Clipped),
        (AT, Gaps::Found),
    ] {
        let records = reads(&bases, &[truth(at, 0, inserted, [true, true])], 30, 6, gaps);
        let views: Vec<RecordView<'_>> = Records::new(&records).collect();
        let caller = caller(reference(&bases));
        let called = |from: usize, to: usize| {
            let (span, mut scratch) = (from as u32..to as u32, Scratch::default());
            caller.call_span(ContigId(0), span, &views, &mut scratch)
        };
        let all = called(0, bases.len());
        assert_eq!(all.len(), 1);
        for distance in (0..HALO as usize + 100).step_by(11) {
            assert_eq!(called(AT + distance, AT + distance + 30), []);
            assert_eq!(called(AT - 30 - distance, AT - 1 - distance), []);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]
    #[test]
    fn any_cut_gives_the_same_calls(seed in 0u64..1_000, cuts in proptest::collection::vec(0..LENGTH as u32, 1..7)) {
        let bases = genome(seed);
        let gaps = if seed % 4 > 1 { Gaps::Found } else { Gaps::Clipped };
        let records = reads(&bases, &variants(&bases, seed, seed % 3 > 0), 25, seed, gaps);
        let caller = if seed % 2 == 0 { asked(&bases) } else { caller(reference(&bases)) };
        let views: Vec<RecordView<'_>> = Records::new(&records).collect();
        let mut scratch = Scratch::default();
        let whole = caller.call_span(ContigId(0), 0..LENGTH as u32, &views, &mut scratch);
        prop_assert!(whole.len() > 10);
        let mut ends = cuts;
        ends.push(LENGTH as u32);
        ends.sort_unstable();
        let mut from = 0;
        let mut parts = Vec::new();
        for to in ends {
            // Only the reads that a shard would hold.
            let (low, high) = (i64::from(from) - i64::from(HALO), i64::from(to) + i64::from(HALO));
            let near: Vec<RecordView<'_>> = views
                .iter()
                .copied()
                .filter(|r| i64::from(r.reference_end()) > low && i64::from(r.position()) < high)
                .collect();
            parts.extend(caller.call_span(ContigId(0), from..to, &near, &mut scratch));
            from = to;
        }
        // As text: a QUAL that is not known is equal to none, itself included.
        prop_assert_eq!(format!("{parts:?}"), format!("{whole:?}"));
    }
}

#[test]
fn a_region_alone_gives_what_its_span_gives() {
    let bases = random_bases(LENGTH, 5);
    let records = reads(&bases, &variants(&bases, 5, true), 25, 5, Gaps::Found);
    let caller = caller(reference(&bases));
    let views: Vec<RecordView<'_>> = Records::new(&records).collect();
    let mut scratch = Scratch::default();
    let span = 0..LENGTH as u32;
    let whole = caller.call_span(ContigId(0), span.clone(), &views, &mut scratch);
    let regions = caller.find_regions(ContigId(0), span, &views);
    assert!(
        regions
            .windows(2)
            .all(|w| w[0].span().end <= w[1].span().start)
    );
    let alone: Vec<_> = regions
        .iter()
        .flat_map(|r| caller.call_region(r, &views, &mut scratch))
        .collect();
    assert_eq!(alone, whole);
}
