//! Records that are legal and strange: no panic, and no call from nothing.

use fafnir_io::ContigId;
use fafnir_io::bam::{RecordFields, RecordView, Records, encode};
use fafnir_variant_caller::Scratch;
use proptest::prelude::*;

use super::genome::{Gaps, call, caller, random_bases, reads, reference, summary, truth};

const LENGTH: usize = 2_000;

/// Operations over `MIDNSHP=X` with small lengths, and the bases that they consume.
fn cigar() -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::vec((0u32..60, 0u32..9), 0..8).prop_map(|ops| {
        ops.into_iter()
            .map(|(length, kind)| length << 4 | kind)
            .collect()
    })
}

fn read_length(cigar: &[u32]) -> usize {
    cigar
        .iter()
        .filter(|op| matches!(*op & 15, 0 | 1 | 4 | 7 | 8))
        .map(|op| (op >> 4) as usize)
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn any_records_are_survived(
        records in proptest::collection::vec((0i32..LENGTH as i32, any::<u16>(), any::<u8>(), cigar(), any::<u64>()), 0..80),
        unknown in 0usize..LENGTH,
    ) {
        let mut bases = random_bases(LENGTH, 3);
        bases[unknown..(unknown + 200).min(LENGTH)].fill(b'N');
        let mut records = records;
        records.sort_by_key(|r| r.0);
        let mut bytes = Vec::new();
        for (position, flag, quality, cigar, seed) in &records {
            let length = read_length(cigar);
            // Copies of one read, so that places become active.
            let read = random_bases(length, seed % 3 + 1);
            let qualities: Vec<u8> = (0..length).map(|i| if seed % 5 == 0 { 255 } else { (i * 7 % 45) as u8 }).collect();
            encode(&RecordFields {
                name: format!("r{}", seed % 40).as_bytes(),
                // Most are usable.
                flag: if seed % 4 == 0 { *flag } else { flag & 0xf3 & !4 },
                contig: 0,
                position: *position,
                mapping_quality: quality | 32,
                cigar,
                mate_contig: 0,
                mate_position: (seed % LENGTH as u64) as i32,
                template_length: (seed % 700) as i32 - 350,
                bases: &read,
                qualities: &qualities,
            }, &mut bytes, |_| {});
        }
        let caller = caller(reference(&bases));
        let views: Vec<RecordView<'_>> = Records::new(&bytes).collect();
        let found = caller.call_span(ContigId(0), 0..LENGTH as u32, &views, &mut Scratch::default());
        for record in found {
            let at = record.position as usize;
            prop_assert_eq!(&record.reference[..], &bases[at..at + record.reference.len()]);
            prop_assert!(record.quality.is_finite());
        }
    }
}

#[test]
fn empty_spans_and_unknown_contigs_give_nothing() {
    let bases = random_bases(LENGTH, 1);
    let caller = caller(reference(&bases));
    let mut scratch = Scratch::default();
    for (contig, span) in [
        (0, 0..0),
        (0, 5_000..9_000),
        (0, 10..LENGTH as u32),
        (3, 0..10),
    ] {
        assert!(
            caller
                .call_span(ContigId(contig), span, &[], &mut scratch)
                .is_empty()
        );
    }
}

#[test]
fn missing_qualities_are_ordinary_ones() {
    let bases = random_bases(LENGTH, 1);
    let variants = [truth(
        1_000,
        1,
        if bases[1_000] == b'A' { "C" } else { "A" },
        [true, false],
    )];
    let mut records = reads(&bases, &variants, 40, 2, Gaps::Found);
    let ranges: Vec<(usize, usize)> = Records::new(&records)
        .map(|r| {
            let at = r.qualities().as_ptr() as usize - records.as_ptr() as usize;
            (at, r.length())
        })
        .collect();
    for (at, length) in ranges {
        records[at..at + length].fill(255);
    }
    let found = summary(&call(&bases, &records));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("1001 "));
}

#[test]
fn variants_at_the_ends_of_a_contig() {
    let bases = random_bases(LENGTH, 1);
    let other = |at: usize| if bases[at] == b'A' { "C" } else { "A" };
    let last = LENGTH - 3;
    let variants = [
        truth(2, 1, other(2), [true, true]),
        truth(last, 1, other(last), [true, true]),
    ];
    let records = reads(&bases, &variants, 2_000, 2, Gaps::Found);
    let found = summary(&call(&bases, &records));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("3 ") && found[1].starts_with(&format!("{} ", last + 1)));
}

#[test]
fn work_on_a_pathological_pile_is_bounded() {
    let bases = random_bases(LENGTH, 1);
    let mut bytes = Vec::new();
    // 5,000 reads at one place, each clipped for the most part and each of another sequence.
    for number in 0..5_000u64 {
        let read = random_bases(150, number % 200 + 5);
        encode(
            &RecordFields {
                name: format!("p{number}").as_bytes(),
                flag: 0,
                contig: 0,
                position: 1_000 + (number / 500) as i32,
                mapping_quality: 60,
                cigar: &[90 << 4 | 4, 60 << 4],
                mate_contig: -1,
                mate_position: -1,
                template_length: 0,
                bases: &read,
                qualities: &[35; 150],
            },
            &mut bytes,
            |_| {},
        );
    }
    let caller = caller(reference(&bases));
    let views: Vec<RecordView<'_>> = Records::new(&bytes).collect();
    let mut scratch = Scratch::default();
    caller.call_span(ContigId(0), 0..LENGTH as u32, &views, &mut scratch);
    let regions = caller
        .find_regions(ContigId(0), 0..LENGTH as u32, &views)
        .len() as u64;
    assert!(scratch.take_capped().regions > 0);
    let most = caller.options().max_region_cells;
    assert!(scratch.pairhmm_cells() <= most * regions, "{regions}");
}

#[test]
fn operations_of_no_length_are_nothing() {
    let bases = random_bases(LENGTH, 1);
    for gap in [1, 2] {
        let mut bytes = Vec::new();
        for number in 0..20 {
            let name = format!("z{number}");
            let fields = RecordFields {
                name: name.as_bytes(),
                flag: 0,
                contig: 0,
                position: 900,
                mapping_quality: 60,
                cigar: &[50 << 4, gap, 50 << 4],
                mate_contig: -1,
                mate_position: -1,
                template_length: 0,
                bases: &bases[900..1_000],
                qualities: &[37; 100],
            };
            encode(&fields, &mut bytes, |_| {});
        }
        assert_eq!(summary(&call(&bases, &bytes)), [""; 0]);
    }
}
