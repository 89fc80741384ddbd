//! What every record must be, whatever the read.

use std::collections::HashMap;

use fafnir_aligner::Aligner;
use fafnir_fpga_hal::Isa;
use fafnir_io::{
    ReadPairBatch,
    bam::{RecordBatch, RecordView, aux::AuxValue, flag},
};
use proptest::prelude::*;

use crate::common::{Random, aligner_with, bases, batch, map, reverse_complement};

/// Two contigs with a repeat, a tandem repeat and a gap.
fn genome(seed: u64) -> Vec<(&'static str, Vec<u8>)> {
    let mut random = Random(seed);
    let repeat = random.sequence(400);
    let unit = random.sequence(3);
    let a = [
        random.sequence(3000),
        repeat.clone(),
        random.sequence(1500),
        unit.repeat(40),
        random.sequence(2000),
    ];
    let b = [
        random.sequence(2000),
        vec![b'N'; 200],
        repeat,
        random.sequence(1800),
    ];
    vec![("a", a.concat()), ("b", b.concat())]
}

/// Pairs with substitutions, indels and N, at any place and strand; some unrelated.
fn pairs(genome: &[(&str, Vec<u8>)], seed: u64, count: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut random = Random(seed);
    let mutate = |random: &mut Random, read: &[u8]| {
        let mut out = Vec::new();
        for base in read {
            match random.below(150) {
                0 => out.push(b"ACGTN"[random.below(5)]),
                1 if random.below(3) == 0 => {}
                2 if random.below(3) == 0 => {
                    let inserted = 1 + random.below(8);
                    out.extend(random.sequence(inserted));
                }
                _ => out.push(*base),
            }
        }
        out
    };
    (0..count)
        .map(|_| {
            if random.below(25) == 0 {
                return (random.sequence(100), random.sequence(80));
            }
            let contig = &genome[random.below(genome.len())].1;
            let length = 150 + random.below(500);
            let start = random.below(contig.len() - length);
            let fragment = &contig[start..start + length];
            let size = (30 + random.below(121)).min(length);
            let first = mutate(&mut random, &fragment[..size]);
            let second = mutate(&mut random, &reverse_complement(fragment)[..size]);
            if random.below(2) == 0 {
                (first, second)
            } else {
                (second, first)
            }
        })
        .collect()
}

fn as_batch(pairs: &[(Vec<u8>, Vec<u8>)]) -> ReadPairBatch {
    let views: Vec<_> = pairs
        .iter()
        .map(|(a, b)| (a.as_slice(), Some(b.as_slice())))
        .collect();
    batch(&views)
}

fn integer(record: &RecordView<'_>, tag: &[u8; 2]) -> Option<i64> {
    match record.aux(tag)? {
        AuxValue::Integer(value) => Some(value),
        other => panic!("{other:?}"),
    }
}

fn text(record: &RecordView<'_>, tag: &[u8; 2]) -> Option<String> {
    match record.aux(tag)? {
        AuxValue::Text(value) => Some(String::from_utf8(value.to_vec()).unwrap()),
        other => panic!("{other:?}"),
    }
}

/// NM, MD and AS, worked out from the letters.
fn measure(record: &RecordView<'_>, contig: &[u8]) -> (i64, String, i64) {
    let read = bases(record);
    let (mut q, mut t) = (0, record.position() as usize);
    let (mut distance, mut score, mut run) = (0i64, 0i64, 0);
    let mut md = String::new();
    for op in record.cigar() {
        let length = op.length as usize;
        match op.kind {
            b'M' => {
                for i in 0..length {
                    let (base, target) = (read[q + i], contig[t + i]);
                    if base == target && base != b'N' {
                        (run, score) = (run + 1, score + 1);
                    } else {
                        md += &format!("{run}{}", char::from(target));
                        (run, distance) = (0, distance + 1);
                        let unknown = base == b'N' || target == b'N';
                        score -= if unknown { 1 } else { 4 };
                    }
                }
                (q, t) = (q + length, t + length);
            }
            b'I' => {
                (q, distance, score) = (
                    q + length,
                    distance + length as i64,
                    score - 6 - length as i64,
                );
            }
            b'D' => {
                md += &format!("{run}^{}", String::from_utf8_lossy(&contig[t..t + length]));
                (t, run, distance) = (t + length, 0, distance + length as i64);
                score -= 6 + length as i64;
            }
            b'S' => q += length,
            b'H' => {}
            other => panic!("operation {}", char::from(other)),
        }
    }
    assert_eq!(q, read.len(), "the CIGAR covers the read");
    md += &run.to_string();
    (distance, md, score)
}

fn check_template(
    genome: &[(&str, Vec<u8>)],
    source: &(Vec<u8>, Vec<u8>),
    records: &[RecordView<'_>],
) {
    let primaries: Vec<_> = records
        .iter()
        .filter(|r| r.flag() & flag::SUPPLEMENTARY == 0)
        .collect();
    assert_eq!(primaries.len(), 2);
    for (end, primary) in primaries.iter().enumerate() {
        let read = if end == 0 { &source.0 } else { &source.1 };
        let back = if primary.flag() & flag::REVERSE != 0 {
            reverse_complement(read)
        } else {
            read.clone()
        };
        assert_eq!(bases(primary), back);
        let mate = primaries[1 - end];
        assert_eq!(
            primary.flag() & flag::MATE_UNMAPPED != 0,
            mate.flag() & flag::UNMAPPED != 0
        );
        assert_eq!(
            primary.flag() & flag::MATE_REVERSE != 0,
            mate.flag() & flag::REVERSE != 0
        );
        assert_eq!(
            (primary.mate_contig(), primary.mate_position()),
            (mate.contig(), mate.position())
        );
        assert_eq!(primary.template_length(), -mate.template_length());
        assert_eq!(primary.flag() & flag::PROPER, mate.flag() & flag::PROPER);
        if mate.flag() & flag::UNMAPPED == 0 {
            assert_eq!(
                integer(primary, b"MQ"),
                Some(i64::from(mate.mapping_quality()))
            );
            assert_eq!(text(primary, b"MC"), Some(crate::common::cigar(mate)));
        }
    }
    let mut ends = HashMap::new();
    for record in records {
        assert_eq!(text(record, b"RG").as_deref(), Some("lane1"));
        if record.flag() & flag::UNMAPPED != 0 {
            assert_eq!(record.mapping_quality(), 0);
            continue;
        }
        let contig = &genome[record.contig() as usize].1;
        assert!(record.reference_end() as usize <= contig.len());
        let (distance, md, score) = measure(record, contig);
        assert_eq!(integer(record, b"NM"), Some(distance));
        assert_eq!(text(record, b"MD"), Some(md));
        assert_eq!(integer(record, b"AS"), Some(score));
        *ends
            .entry(record.flag() & (flag::FIRST | flag::LAST))
            .or_insert(0) += 1;
        let kinds: Vec<u8> = record
            .cigar()
            .map(|op| op.kind)
            .filter(|k| !b"SH".contains(k))
            .collect();
        assert!(
            kinds.first() == Some(&b'M') && kinds.last() == Some(&b'M'),
            "gaps lie inside"
        );
    }
    for record in records.iter().filter(|r| r.flag() & flag::UNMAPPED == 0) {
        let count = ends[&(record.flag() & (flag::FIRST | flag::LAST))];
        let others = text(record, b"SA").map_or(0, |sa| sa.matches(';').count());
        assert_eq!(others + 1, count, "SA names the other records of the read");
    }
}

fn check(
    aligner: &Aligner,
    genome: &[(&str, Vec<u8>)],
    pairs: &[(Vec<u8>, Vec<u8>)],
) -> RecordBatch {
    let out = map(aligner, &as_batch(pairs));
    assert_eq!(out.len(), pairs.len());
    for (i, pair) in pairs.iter().enumerate() {
        check_template(genome, pair, &out.template(i).collect::<Vec<_>>());
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn records_are_right_on_every_backend_in_every_batch(seed in any::<u64>()) {
        let genome = genome(seed);
        let pairs = pairs(&genome, seed ^ 1, 60);
        let scalar = aligner_with(&genome, Isa::Scalar);
        let whole = check(&scalar, &genome, &pairs);
        if Isa::Avx2.is_available() {
            let avx2 = aligner_with(&genome, Isa::Avx2);
            prop_assert_eq!(&map(&avx2, &as_batch(&pairs)), &whole);
        }
        // Reads of a batch do not touch one another: alone they map the same. Names count in ties.
        let mut scratch = scalar.scratch();
        let batch = as_batch(&pairs);
        for i in 0..batch.len() {
            let mut one = ReadPairBatch::default();
            one.first.push(batch.first.name(i), batch.first.bases(i), batch.first.qualities(i));
            one.second.push(batch.second.name(i), batch.second.bases(i), batch.second.qualities(i));
            let alone = scalar.map(&one, &Default::default(), crate::common::READ_GROUP, &mut scratch);
            let here: Vec<_> = whole.template(i).map(|r| r.as_bytes().to_vec()).collect();
            let there: Vec<_> = alone.template(0).map(|r| r.as_bytes().to_vec()).collect();
            prop_assert_eq!(here, there);
        }
    }
}
