#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::bam::aux::{AuxValue, push_i, push_z};
use crate::bam::{RecordBatch, RecordFields, encode, flag};

const ADAPTER: &str = "AGATCGGAAGAGCACACGTC";

fn batch(reads: &[(&str, &[u8])]) -> ReadPairBatch {
    let mut batch = ReadPairBatch::default();
    for (i, (bases, qualities)) in reads.iter().enumerate() {
        batch
            .first
            .push(format!("r{i}").as_bytes(), bases.as_bytes(), qualities);
    }
    batch
}

fn options() -> TrimmerOptions {
    TrimmerOptions {
        adapters: [vec![ADAPTER.into()], Vec::new()],
        minimum_quality: 10,
        minimum_length: 5,
        ..TrimmerOptions::default()
    }
}

#[test]
fn hard_cuts_and_filtered_reads() {
    let trimmer = Trimmer::new(TrimmerOptions {
        hard: vec![Tool::Adapter, Tool::FixedLength, Tool::Quality],
        five_prime: [2, 0],
        ..options()
    });
    let adapter = format!("CCACGTACGTA{ADAPTER}");
    let short = format!("CCACG{ADAPTER}");
    let reads = batch(&[
        (&adapter, &[30; 31]),
        (&short, &[30; 25]),
        ("CCACGTACGT", &[30, 30, 30, 30, 30, 30, 30, 30, 9, 2]),
        ("ACG", &[30; 3]),
    ]);
    let trimmed = trimmer.trim(&reads);
    let shown: Vec<&[u8]> = (0..4).map(|i| trimmed.batch.first.bases(i)).collect();
    assert_eq!(
        shown,
        [&b"ACGTACGTA"[..], &[b'N'; 10], b"ACGTAC", &[b'N'; 10]]
    );
    assert_eq!(trimmed.batch.first.qualities(1), [2; 10]);
    let counts = &trimmed.counts;
    assert_eq!((counts.reads, counts.bases), ([4, 0], [69, 0]));
    assert_eq!(counts.filtered, [2, 0]);
    let of = |tool, side, filtered| {
        let cut = counts.of(tool, false, 0, side, filtered);
        (cut.reads, cut.bases)
    };
    assert_eq!(of(Tool::FixedLength, 0, false), (2, 4));
    assert_eq!(of(Tool::FixedLength, 0, true), (2, 4));
    assert_eq!(of(Tool::Adapter, 1, false), (1, 20));
    assert_eq!(of(Tool::Adapter, 1, true), (1, 20));
    assert_eq!(of(Tool::Quality, 1, false), (1, 2));
    assert_eq!((counts.trimmed.reads, counts.trimmed.bases), (4, 50));
    let mut twice = counts.clone();
    twice.merge(counts);
    assert_eq!(twice.of(Tool::Adapter, false, 0, 1, true).bases, 40);
    assert_eq!((twice.filtered, twice.trimmed.bases), ([4, 0], 100));
}

#[test]
fn short_reads_are_filtered_on_request() {
    let reads = batch(&[("ACG", &[30; 3])]);
    let mut options = options();
    let kept = Trimmer::new(options.clone()).trim(&reads);
    assert_eq!(kept.batch.first.bases(0), b"ACG");
    options.filter_short = true;
    let filtered = Trimmer::new(options).trim(&reads);
    assert_eq!(filtered.batch.first.bases(0), [b'N'; 10]);
    assert_eq!(filtered.counts.trimmed.reads, 0);
}

/// Records as an aligner would give for a pair: the first read in two parts.
fn records(trimmed: &TrimmedBatch) -> RecordBatch {
    let mut records = RecordBatch::default();
    let (first, second) = (&trimmed.batch.first, &trimmed.batch.second);
    let backward: Vec<u8> = first
        .bases(0)
        .iter()
        .rev()
        .map(|b| match b {
            b'A' => b'T',
            b'C' => b'G',
            b'G' => b'C',
            _ => b'A',
        })
        .collect();
    let fields = RecordFields {
        name: b"r",
        flag: flag::PAIRED | flag::FIRST | flag::REVERSE,
        contig: 0,
        position: 100,
        mapping_quality: 60,
        cigar: &[8 << 4, 3 << 4 | 4],
        mate_contig: 0,
        mate_position: 50,
        template_length: -60,
        bases: &backward,
        qualities: first.qualities(0),
    };
    encode(&fields, &mut records.bytes, |out| {
        push_i(*b"NM", 1, out);
        push_z(*b"MC", b"10M", out);
        push_z(*b"SA", b"c,201,+,3M8S,9,0;", out);
        push_z(*b"XA", b"c,+301,11M,0;c,-401,11M,1;", out);
    });
    let part = RecordFields {
        flag: flag::PAIRED | flag::FIRST | flag::SUPPLEMENTARY,
        position: 200,
        cigar: &[3 << 4, 8 << 4 | 5],
        bases: &first.bases(0)[..3],
        qualities: &first.qualities(0)[..3],
        ..fields
    };
    encode(&part, &mut records.bytes, |out| {
        push_z(*b"SA", b"c,101,-,8M3S,60,1;", out);
    });
    let mate = RecordFields {
        flag: flag::PAIRED | flag::LAST | flag::MATE_REVERSE,
        position: 50,
        cigar: &[10 << 4],
        bases: second.bases(0),
        qualities: second.qualities(0),
        ..fields
    };
    encode(&mate, &mut records.bytes, |out| {
        push_z(*b"MC", b"8M3S", out)
    });
    let secondary = RecordFields {
        flag: flag::PAIRED | flag::FIRST | flag::SECONDARY,
        cigar: &[11 << 4],
        bases: &[],
        qualities: &[],
        ..part
    };
    encode(&secondary, &mut records.bytes, |_| ());
    let soft = RecordFields {
        cigar: &[3 << 4, 8 << 4 | 4],
        bases: first.bases(0),
        qualities: first.qualities(0),
        ..part
    };
    encode(&soft, &mut records.bytes, |_| ());
    records.template_ends.push(records.bytes.len());
    records
}

#[test]
fn soft_cuts_become_clips() {
    let trimmer = Trimmer::new(TrimmerOptions {
        soft: vec![Tool::FixedLength, Tool::Quality],
        five_prime: [1, 0],
        three_prime: [4, 2],
        ..options()
    });
    let mut pair = batch(&[("GACGTACGTACGTTTT", &[30; 16])]);
    pair.second.push(b"r0", b"ACCACCACCACC", &[31; 12]);
    let trimmed = trimmer.trim(&pair);
    assert_eq!(trimmed.batch.first.bases(0), b"ACGTACGTACG");
    assert_eq!(trimmed.batch.second.bases(0), b"ACCACCACCA");
    let restored = trimmed.restore(records(&trimmed));
    let all: Vec<_> = restored.template(0).collect();
    let cigar = |i: usize| -> String {
        all[i]
            .cigar()
            .map(|op| format!("{}{}", op.length, char::from(op.kind)))
            .collect()
    };
    let text = |i: usize, tag: &[u8; 2]| match all[i].aux(tag) {
        Some(AuxValue::Text(text)) => String::from_utf8(text.to_vec()).unwrap(),
        other => panic!("{other:?}"),
    };
    let bases = |i: usize| -> String {
        (0..all[i].length())
            .map(|b| char::from(all[i].base_ascii(b)))
            .collect()
    };
    assert_eq!(cigar(0), "4S8M4S");
    assert_eq!(bases(0), "AAAACGTACGTACGTC");
    assert_eq!(
        (text(0, b"MC"), text(0, b"SA")),
        ("10M2S".into(), "c,201,+,1S3M12S,9,0;".into())
    );
    assert_eq!(text(0, b"XA"), "c,+301,1S11M4S,0;c,-401,4S11M1S,1;");
    assert_eq!(all[0].aux(b"NM"), Some(AuxValue::Integer(1)));
    assert_eq!((cigar(1), bases(1)), ("1H3M12H".into(), "ACG".into()));
    assert_eq!(text(1, b"SA"), "c,101,-,4S8M4S,60,1;");
    assert_eq!(
        (cigar(2), bases(2)),
        ("10M2S".into(), "ACCACCACCACC".into())
    );
    assert_eq!(text(2, b"MC"), "4S8M4S");
    assert!(all[2].qualities().iter().all(|q| *q == 31));
    // Without bases, and with all of them.
    assert_eq!((cigar(3), bases(3)), ("1H11M4H".into(), String::new()));
    assert_eq!(
        (cigar(4), bases(4)),
        ("1S3M12S".into(), "GACGTACGTACGTTTT".into())
    );
}

proptest! {
    /// Unmapped, every read is whole again after soft cuts, and filtered ones are flagged.
    #[test]
    fn nothing_is_lost_softly(
        reads in prop::collection::vec(("[ACGT]{0,30}G{0,20}", 0u8..40), 1..20),
        hard in any::<bool>(),
        five_prime in 0..5_usize,
    ) {
        let reads: Vec<(&str, Vec<u8>)> =
            reads.iter().map(|(bases, quality)| (&**bases, vec![*quality; bases.len()])).collect();
        let slices: Vec<(&str, &[u8])> = reads.iter().map(|(b, q)| (*b, &**q)).collect();
        let trimmed = Trimmer::new(TrimmerOptions {
            hard: if hard { vec![Tool::FixedLength] } else { Vec::new() },
            soft: vec![Tool::PolyG, Tool::Quality, Tool::Adapter],
            five_prime: [five_prime, 0],
            ..options()
        }).trim(&batch(&slices));
        let mut records = RecordBatch::default();
        let shown = &trimmed.batch.first;
        for i in 0..shown.len() {
            let fields = RecordFields {
                name: shown.name(i),
                flag: flag::UNMAPPED,
                contig: -1,
                position: -1,
                mapping_quality: 0,
                cigar: &[],
                mate_contig: -1,
                mate_position: -1,
                template_length: 0,
                bases: shown.bases(i),
                qualities: shown.qualities(i),
            };
            encode(&fields, &mut records.bytes, |_| {});
            records.template_ends.push(records.bytes.len());
        }
        let restored = trimmed.restore(records);
        prop_assert_eq!(restored.len(), reads.len());
        for (i, (bases, qualities)) in reads.iter().enumerate() {
            let record = restored.template(i).next().unwrap();
            let got: String = (0..record.length()).map(|b| char::from(record.base_ascii(b))).collect();
            let cut = if hard { five_prime.min(bases.len()) } else { 0 };
            let filtered = cut > 0 && bases.len() - cut < 5;
            prop_assert_eq!(record.flag() & flag::QC_FAIL != 0, filtered);
            if filtered {
                prop_assert_eq!(got, "NNNNNNNNNN");
            } else {
                prop_assert_eq!(&got, &bases[cut..]);
                prop_assert_eq!(record.qualities(), &qualities[cut..]);
            }
        }
    }
}
