#![allow(clippy::unwrap_used)]

use std::fs;

use super::*;
use crate::edit::Edit;
use crate::random::{Purpose, Random};
use crate::variants::Variant;
use crate::variants::haplotype::Haplotype;
use crate::{Contig, Error};

const HEADER: &str =
    "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n";

/// A record as `POS REF ALT GT`, 1-based, or with a FILTER at its end.
fn vcf(records: &[&str]) -> String {
    let lines = records.iter().map(|record| {
        let fields: Vec<_> = record.split(' ').collect();
        let filter = fields.get(4).unwrap_or(&"PASS");
        format!(
            "c\t{}\t.\t{}\t{}\t.\t{filter}\t.\tGT\t{}\n",
            fields[0], fields[1], fields[2], fields[3]
        )
    });
    HEADER.to_string() + &lines.collect::<String>()
}

fn run(
    sequence: &[u8],
    truth: &str,
    calls: &str,
    bed: Option<&str>,
    filtered: bool,
) -> Result<Report> {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let reference = Reference {
        contigs: vec![Contig {
            name: "c".into(),
            sequence: sequence.to_vec(),
        }],
    };
    let (truth, calls) = (write("truth.vcf", truth), write("calls.vcf", calls));
    let regions = bed.map(|text| write("regions.bed", text));
    let regions = regions.as_deref();
    Comparison {
        reference: &reference,
        truth: &truth,
        calls: &calls,
        regions,
        filtered,
    }
    .run()
}

fn compare(sequence: &[u8], truth: &[&str], calls: &[&str]) -> Report {
    run(sequence, &vcf(truth), &vcf(calls), None, false).unwrap()
}

/// Found, missed and extra of both kinds together.
fn totals(report: &Report) -> (u64, u64, u64) {
    let (snv, indel) = (report.snv, report.indel);
    (
        snv.found + indel.found,
        snv.missed + indel.missed,
        snv.extra + indel.extra,
    )
}

//                              1234567890123456789012345678901234567890
const REFERENCE: &[u8] = b"GATTACAGGGGGGTCATCACACACACATTGCAagctGATC";

#[test]
fn equal_records_match() {
    let records = ["3 T C 0/1", "21 A G 1|1"];
    let report = compare(REFERENCE, &records, &records);
    assert_eq!(
        (report.snv.found, report.snv.correct, totals(&report)),
        (2, 2, (2, 0, 0))
    );
    assert_eq!(
        (report.snv.precision(), report.snv.recall(), report.snv.f1()),
        (1.0, 1.0, 1.0)
    );
}

#[test]
fn shifted_indels_match() {
    assert_eq!(
        totals(&compare(
            REFERENCE,
            &["15 C CATCA 0/1"],
            &["17 T TCAAT 0/1"]
        )),
        (1, 0, 0)
    );
    assert_eq!(
        totals(&compare(REFERENCE, &["7 AG A 0/1"], &["12 GG G 1/0"])),
        (1, 0, 0)
    );
    assert_eq!(
        totals(&compare(
            REFERENCE,
            &["15 C CATCA 0/1"],
            &["17 T TCCAT 0/1"]
        )),
        (0, 1, 1)
    );
    assert_eq!(
        totals(&compare(REFERENCE, &["17 TCA T 1/1"], &["25 ACA A 1/1"])),
        (1, 0, 0)
    );
    assert_eq!(
        totals(&compare(REFERENCE, &["17 T TCA 1/1"], &["22 C CAC 1/1"])),
        (1, 0, 0)
    );
}

#[test]
fn substitutions_match_split_or_whole() {
    let report = compare(
        REFERENCE,
        &["3 TTA CGC 0|1"],
        &["3 T C 0/1", "4 T G 0/1", "5 A C 0/1"],
    );
    assert_eq!((report.snv.found, report.snv.correct), (3, 3));
    assert_eq!(
        totals(&compare(
            REFERENCE,
            &["3 T C 1/1", "5 A C 1/1"],
            &["3 TTA CTC 1/1"]
        )),
        (2, 0, 0)
    );
}

#[test]
fn an_insertion_and_deletion_match_a_substitution() {
    // GAT -> GCT, as a deletion of A and an insertion of C.
    let report = compare(REFERENCE, &["2 A C 1/1"], &["1 GA G 1/1", "2 A AC 1/1"]);
    assert_eq!((totals(&report), report.indel.correct), ((1, 0, 0), 2));
}

#[test]
fn genotypes_count() {
    let report = compare(REFERENCE, &["3 T C 0/1"], &["3 T C 1/1"]);
    assert_eq!(
        (totals(&report), report.snv.genotype_errors),
        ((0, 1, 1), 1)
    );
    // Both alleles of a repeat differ from the reference.
    assert_eq!(
        totals(&compare(
            REFERENCE,
            &["7 AGG AG,A 1|2"],
            &["7 AGG A,AG 1/2"]
        )),
        (1, 0, 0)
    );
    assert_eq!(
        totals(&compare(
            REFERENCE,
            &["7 AGG AG,A 1|2"],
            &["7 AG A 0/1", "7 AGG A 0/1"]
        )),
        (1, 0, 0)
    );
    assert_eq!(
        totals(&compare(REFERENCE, &["3 T C 1/1"], &["3 T C 1"])),
        (1, 0, 0)
    );
}

#[test]
fn phase_binds_the_truth_alone() {
    // On one haplotype, or on two: unphased calls fit both.
    for truth in [["3 T C 0|1", "5 A C 0|1"], ["3 T C 0|1", "5 A C 1|0"]] {
        assert_eq!(
            totals(&compare(REFERENCE, &truth, &["3 T C 0/1", "5 A C 0/1"])),
            (2, 0, 0)
        );
    }
    // A call of one record says that both are on one haplotype.
    let report = compare(REFERENCE, &["3 T C 0|1", "4 T G 1|0"], &["3 TT CG 0/1"]);
    assert_eq!(totals(&report), (1, 1, 1));
    assert_eq!(
        totals(&compare(
            REFERENCE,
            &["3 T C 0|1", "4 T G 0|1"],
            &["3 TT CG 0/1"]
        )),
        (2, 0, 0)
    );
}

#[test]
fn the_best_part_of_a_cluster_matches() {
    let truth = ["3 T C 0/1", "5 A C 0/1", "7 AG A 0/1"];
    let report = compare(
        REFERENCE,
        &truth,
        &["3 T C 0/1", "12 GG G 0/1", "14 T A 0/1"],
    );
    assert_eq!(totals(&report), (2, 1, 1));
    assert_eq!((report.missed[0].position, report.missed[0].line), (4, 4));
    assert_eq!(
        (report.extra[0].position, report.extra[0].kind),
        (13, Kind::Snv)
    );
}

#[test]
fn crowded_clusters_fall_back_to_equal_records() {
    let sequence = b"ACGT".repeat(30);
    let record = |at: u32| format!("{} {} N 0/1", 4 * at + 1, "A").replace('N', "T");
    let truth: Vec<_> = (0..25).map(record).collect();
    let truth: Vec<_> = truth.iter().map(String::as_str).collect();
    let report = compare(&sequence, &truth, &truth);
    assert_eq!(totals(&report), (25, 0, 0));
    assert_eq!(totals(&compare(&sequence, &truth, &truth[1..])), (24, 1, 0));
}

#[test]
fn regions_filters_and_unusable_records() {
    let truth = vcf(&["3 T C 0/1", "21 A G 0/1", "30 G C 0/1"]);
    let calls = vcf(&[
        "3 T C 0/1 LowQual",
        "21 A G 0/1",
        "22 C <DEL> 0/1",
        "25 A C ./.",
        "28 TT *,T 1/2",
        "34 G A 0/0",
    ]);
    let report = run(
        REFERENCE,
        &truth,
        &calls,
        Some("c\t0\t25\nother\t0\t5\n"),
        false,
    )
    .unwrap();
    assert_eq!((totals(&report), report.unusable_calls), ((1, 1, 0), 2));
    let report = run(REFERENCE, &truth, &calls, Some("c\t0\t25\n"), true).unwrap();
    assert_eq!(totals(&report), (2, 0, 0));
    assert_eq!(
        totals(&run(REFERENCE, &truth, &calls, None, true).unwrap()),
        (2, 1, 1)
    );
}

#[test]
fn errors_name_the_line() {
    let good = vcf(&["3 T C 0/1"]);
    let cases = [
        (vcf(&["3 A C 0/1"]), "line 3: the REF allele"),
        (vcf(&["39 TCA T 0/1"]), "line 3: REF goes beyond"),
        (vcf(&["0 A C 0/1"]), "line 3: POS 0"),
        (vcf(&["x A C 0/1"]), "line 3: POS is not"),
        (vcf(&["3 T C 0/2"]), "line 3: '0/2'"),
        (
            good.replace("\nc\t", "\nd\t"),
            "line 3: the reference has no contig d",
        ),
        (good.replace("PASS\t.", "PASS"), "line 3: "),
        ("c\t3\n".into(), "line 1: a record before"),
        (String::new(), "line 0: the file ends"),
    ];
    for (calls, wanted) in cases
        .iter()
        .filter(|(calls, _)| !calls.contains("PASS\tGT"))
    {
        let message = run(REFERENCE, &good, calls, None, false)
            .unwrap_err()
            .to_string();
        assert!(message.contains(wanted), "{message}");
    }
    for bed in ["c\t1\n", "c\t5\t3\n"] {
        assert!(matches!(
            run(REFERENCE, &good, &good, Some(bed), false),
            Err(Error::Parse { line: 1, .. })
        ));
    }
}

/// A sequence with homopolymers and tandem repeats, so that indels have many places.
fn random_sequence(random: &mut Random) -> Vec<u8> {
    let mut sequence = Vec::new();
    while sequence.len() < 400 {
        let unit: Vec<u8> = (0..random.between(1, 4)).map(|_| random.base()).collect();
        sequence.extend(unit.repeat(random.between(1, 5) as usize));
    }
    sequence
}

fn random_variants(random: &mut Random, sequence: &[u8]) -> Vec<Variant> {
    let (mut variants, mut at) = (Vec::new(), 20 + random.below(30) as usize);
    while at + 30 < sequence.len() {
        let length = 1 + random.geometric(0.5, 5) as usize;
        let anchored = &sequence[at..=at + length];
        let (reference, alternate) = match random.below(4) {
            0 => (
                sequence[at..=at].to_vec(),
                vec![random.other_base(sequence[at])],
            ),
            1 => {
                let replaced = &sequence[at..at + length];
                (
                    replaced.to_vec(),
                    replaced
                        .iter()
                        .map(|&base| random.other_base(base))
                        .collect(),
                )
            }
            2 => (anchored.to_vec(), anchored[..1].to_vec()),
            _ => (anchored[..1].to_vec(), anchored.to_vec()),
        };
        let genotype = [[0, 1], [1, 0], [1, 1]][random.below(3) as usize];
        let end = at + reference.len();
        variants.push(Variant {
            position: at as u32,
            reference,
            alternates: vec![alternate],
            genotype,
        });
        at = end + 1 + random.below(40) as usize;
    }
    variants
}

/// The same haplotypes in other words: indels moved, substitutions split, phase forgotten.
fn reword(random: &mut Random, sequence: &[u8], variants: &[Variant]) -> Vec<Variant> {
    let mut reworded = Vec::new();
    for (index, variant) in variants.iter().enumerate() {
        let mut genotype = variant.genotype;
        if random.chance(0.5) {
            genotype.reverse();
        }
        let alternate = &variant.alternates[0];
        let edit = Edit::trimmed(variant.position, &variant.reference, alternate).unwrap();
        let least = index
            .checked_sub(1)
            .map_or(1, |before| variants[before].end() + 1);
        let most = variants
            .get(index + 1)
            .map_or(sequence.len() as u32 - 10, |next| next.position);
        if edit.length_change() != 0 {
            let mut left = edit.clone();
            left.left_align(sequence);
            let low = left.start.max(least);
            let high = left
                .rightmost(sequence)
                .min(most - 1 - (edit.end - edit.start));
            let start = random.between(low.min(high), high);
            let size = edit.end - edit.start;
            let mut bases = left.bases.clone();
            if !bases.is_empty() {
                let turn = (start - left.start) as usize % bases.len();
                bases.rotate_left(turn);
            }
            let reference = sequence[start as usize - 1..(start + size) as usize].to_vec();
            let alternate = [&reference[..1], &bases].concat();
            reworded.push(Variant {
                position: start - 1,
                reference,
                alternates: vec![alternate],
                genotype,
            });
        } else if variant.reference.len() > 1 && genotype == [1, 1] {
            for (at, (&base, &other)) in variant.reference.iter().zip(alternate).enumerate() {
                let position = variant.position + at as u32;
                reworded.push(Variant {
                    position,
                    reference: vec![base],
                    alternates: vec![vec![other]],
                    genotype,
                });
            }
        } else {
            reworded.push(Variant {
                genotype,
                ..variant.clone()
            });
        }
    }
    reworded
}

fn spelled(sequence: &[u8], variants: &[Variant]) -> [Vec<u8>; 2] {
    [0, 1].map(|number| {
        let haplotype = Haplotype::new(sequence, variants, number);
        let mut bases = Vec::new();
        haplotype.extract(0, haplotype.length() as usize, &mut bases);
        bases
    })
}

fn text(variants: &[Variant], separator: char) -> String {
    let lines = variants.iter().map(|variant| {
        let reference = String::from_utf8_lossy(&variant.reference);
        let alternates = String::from_utf8(variant.alternates.join(&b',')).unwrap();
        let [first, second] = variant.genotype;
        format!(
            "c\t{}\t.\t{reference}\t{alternates}\t.\tPASS\t.\tGT\t{first}{separator}{second}\n",
            variant.position + 1
        )
    });
    HEADER.to_string() + &lines.collect::<String>()
}

#[test]
fn other_words_for_the_same_haplotypes_match() {
    let mut random = Random::new(11, Purpose::Variants, 0);
    for case in 0..400 {
        let sequence = random_sequence(&mut random);
        let variants = random_variants(&mut random, &sequence);
        let reworded = reword(&mut random, &sequence, &variants);
        let (truth, calls) = (text(&variants, '|'), text(&reworded, '/'));
        let report = run(&sequence, &truth, &calls, None, false).unwrap();
        assert_eq!(
            (totals(&report).1, totals(&report).2),
            (0, 0),
            "case {case}\n{truth}\n{calls}"
        );
    }
}

#[test]
fn one_record_of_both_haplotypes_matches() {
    let mut random = Random::new(12, Purpose::Variants, 0);
    for case in 0..300 {
        let sequence = random_sequence(&mut random);
        let mut variants = random_variants(&mut random, &sequence);
        variants.truncate(4);
        let [first, second] = spelled(&sequence, &variants);
        let mut whole = vec![Variant {
            position: 0,
            reference: sequence.clone(),
            alternates: vec![first.clone(), second.clone()],
            genotype: [1, 2],
        }];
        if first == second {
            whole[0].alternates.pop();
            whole[0].genotype = [1, 1];
        } else if first == sequence || second == sequence {
            continue;
        }
        let report = run(
            &sequence,
            &text(&variants, '|'),
            &text(&whole, '/'),
            None,
            false,
        )
        .unwrap();
        assert_eq!(
            (totals(&report).1, totals(&report).2),
            (0, 0),
            "case {case}: {variants:?}"
        );
    }
}

#[test]
fn a_dropped_variant_is_one_missed() {
    let mut random = Random::new(13, Purpose::Variants, 0);
    for case in 0..300 {
        let sequence = random_sequence(&mut random);
        let mut variants = random_variants(&mut random, &sequence);
        variants.retain(|variant| variant.reference.len() == 1 || variant.alternates[0].len() == 1);
        let mut calls = variants.clone();
        calls.remove(random.below(calls.len() as u32) as usize);
        let (truth, calls) = (text(&variants, '|'), text(&calls, '/'));
        let report = run(&sequence, &truth, &calls, None, false).unwrap();
        assert_eq!(
            totals(&report),
            (variants.len() as u64 - 1, 1, 0),
            "case {case}\n{truth}\n{calls}"
        );
        // The other way about it is one too many.
        let report = run(&sequence, &calls, &truth, None, false).unwrap();
        assert_eq!(
            (totals(&report).1, totals(&report).2),
            (0, 1),
            "case {case}"
        );
    }
}
