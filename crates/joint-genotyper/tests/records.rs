//! From gVCF text to records.
#![allow(clippy::unwrap_used)]

use std::fmt::Write;

use fafnir_io::gvcf::GvcfReader;
use fafnir_io::{ContigId, Reference, fasta};
use fafnir_joint_genotyper::{Genotyper, Intake, JointOptions, JointRecord};
use proptest::prelude::*;

const BASES: &str = "ACGTTTTTACGTACGTACGTACGTACGTACGTACGTACGTACGTACGTACGTACGTACGTACGT";

fn reference() -> Reference {
    fasta::read("ref.fa", format!(">chr1\n{BASES}\n").as_bytes()).unwrap()
}

/// A gVCF of samples `names` with these lines: `POS REF ALT INFO FORMAT SAMPLE..`.
fn gvcf(names: &str, lines: &str) -> String {
    let mut text =
        String::from("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT");
    for name in names.split(' ') {
        write!(text, "\t{name}").unwrap();
    }
    text.push('\n');
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [position, bases, alternate, info, rest @ ..] = columns.as_slice() else {
            panic!("{line}");
        };
        let rest = rest.join("\t");
        writeln!(
            text,
            "chr1\t{position}\t.\t{bases}\t{alternate}\t.\t.\t{info}\t{rest}"
        )
        .unwrap();
    }
    text
}

/// The records of several files, read in spans of `length` bases.
fn genotype_in_spans(files: &[String], options: &JointOptions, length: u32) -> Vec<JointRecord> {
    let reference = reference();
    let mut intakes: Vec<Intake<&[u8]>> = files
        .iter()
        .map(|text| GvcfReader::new("x", text.as_bytes(), &reference).unwrap())
        .map(|reader| Intake::new(reader, &reference).unwrap())
        .collect();
    let names = intakes.iter().flat_map(|i| i.reader().samples().to_vec());
    let names: Vec<String> = names.collect();
    let genotyper = Genotyper::new(options.clone(), &names, None);
    let mut records = Vec::new();
    for start in (0..BASES.len() as u32).step_by(length as usize) {
        let span = start..start + length;
        let mut columns = Vec::new();
        for intake in &mut intakes {
            columns.extend(intake.take(ContigId(0), span.clone(), &reference).unwrap());
        }
        let genotyped = genotyper.genotype(ContigId(0), &span, &columns, |_| true);
        records.extend(genotyped.records);
    }
    assert!(intakes.iter().all(|intake| intake.next_place().is_none()));
    records
}

fn genotype(files: &[String]) -> Vec<String> {
    let records = genotype_in_spans(files, &JointOptions::default(), 64);
    let line = |record: &JointRecord| {
        let mut text = Vec::new();
        record.write_text("chr1", &mut text);
        String::from_utf8(text).unwrap().trim_end().to_owned()
    };
    records.iter().map(line).collect()
}

/// POS, REF, ALT, and GT:AD of each sample.
fn shown(line: &str) -> String {
    let columns: Vec<&str> = line.split('\t').collect();
    let samples = columns[9..].iter().map(|sample| {
        let fields: Vec<&str> = sample.splitn(3, ':').collect();
        fields[..2].join(":")
    });
    let samples: Vec<String> = samples.collect();
    format!(
        "{} {} {} {}",
        columns[1],
        columns[3],
        columns[4],
        samples.join(" ")
    )
}

fn value<'a>(line: &'a str, sample: usize, key: &str) -> &'a str {
    let columns: Vec<&str> = line.split('\t').collect();
    let at = columns[8].split(':').position(|k| k == key).unwrap();
    columns[9 + sample].split(':').nth(at).unwrap()
}

#[test]
fn alleles_meet_over_the_longest_reference() {
    let deletion = gvcf(
        "a",
        "4 TTT T,<NON_REF> . GT:AD:DP:PL 0/1:10,9,0:19:300,0,310,330,340,650",
    );
    let snp = gvcf(
        "b",
        "1 A <NON_REF> END=3 GT:DP:PL 0/0:20:0,60,600
         4 T C,<NON_REF> . GT:AD:DP:PL 1/1:0,20,0:20:600,60,0,600,60,600",
    );
    let insertion = gvcf(
        "c",
        "4 T TG,<NON_REF> . GT:AD:DP:PL 0/1:7,8,0:15:250,0,240,270,265,520",
    );
    let lines = genotype(&[deletion, snp, insertion]);
    assert_eq!(lines.len(), 1);
    assert_eq!(
        shown(&lines[0]),
        "4 TTT T,CTT,TGTT 0/1:10,9,0,0 2/2:0,0,20,0 0/3:7,0,0,8"
    );
    // What a sample has not seen has the likelihoods of <NON_REF>.
    assert_eq!(
        value(&lines[0], 0, "PL"),
        "300,0,310,330,340,650,330,340,650,650"
    );
    assert_eq!(
        value(&lines[0], 1, "PL"),
        "600,600,600,60,60,0,600,600,60,600"
    );
}

#[test]
fn a_deletion_that_began_before_is_a_star() {
    let deletion = gvcf(
        "a",
        "4 TTTTT T,<NON_REF> . GT:AD:DP:PL 0/1:10,9,0:19:300,0,310,330,340,650",
    );
    let snp = gvcf(
        "b",
        "1 A <NON_REF> END=5 GT:DP:PL 0/0:20:0,60,600
         6 T C,<NON_REF> . GT:AD:DP:PL 0/1:9,9,0:18:300,0,300,330,330,600",
    );
    let lines = genotype(&[deletion.clone(), snp]);
    let shown: Vec<String> = lines.iter().map(|line| shown(line)).collect();
    assert_eq!(shown[0], "4 TTTTT T 0/1:10,9 0/0:20,0");
    assert_eq!(shown[1], "6 T C,* 0/2:10,0,9 0/1:9,9,0");
    assert_eq!(value(&lines[1], 0, "PL"), "300,330,650,0,340,310");
    // A sample that says so itself.
    let own = gvcf(
        "c",
        "6 T *,C,<NON_REF> . GT:AD:DP:PL 1/2:0,9,8,0:17:600,300,300,300,0,300,600,300,300,600",
    );
    let lines = genotype(&[deletion, own]);
    assert!(lines[1].contains("\t6\t.\tT\tC,*\t"), "{}", lines[1]);
    assert_eq!(value(&lines[1], 1, "GT"), "1/2");
    assert_eq!(value(&lines[1], 1, "PL"), "600,300,300,300,0,300");
}

#[test]
fn of_two_deletions_in_a_repeat_the_longer_is_a_star() {
    let deletions = gvcf(
        "a",
        "4 TTTTT T,TTTT,<NON_REF> . GT:AD:DP:PL 1/2:0,9,8,0:17:600,300,300,300,0,300,600,300,300,600",
    );
    let snp = gvcf(
        "b",
        "1 A <NON_REF> END=7 GT:DP:PL 0/0:20:0,60,600
         8 T C,<NON_REF> . GT:AD:DP:PL 0/1:9,9,0:18:300,0,310,330,340,650",
    );
    let lines = genotype(&[deletions, snp]);
    let shown: Vec<String> = lines.iter().map(|line| shown(line)).collect();
    assert_eq!(shown[1], "8 T C,* 0/2:8,0,9 0/1:9,9,0");
}

#[test]
fn what_nobody_carries_is_dropped() {
    // The deletion is an error of one sample; without it REF is one base.
    let files = [
        gvcf(
            "a",
            "4 TTT C,T,<NON_REF> . GT:AD:DP:PL 0/0:20,0,1,0:21:0,60,600,40,610,620,60,600,610,600",
        ),
        gvcf(
            "b",
            "4 T C,<NON_REF> . GT:AD:DP:PL 0/1:9,9,0:18:300,0,300,330,330,600",
        ),
    ];
    let lines = genotype(&files);
    assert_eq!(shown(&lines[0]), "4 T C 0/0:20,0 0/1:9,9");
    // Nobody has a variant.
    assert!(genotype(&files[..1]).is_empty());
}

#[test]
fn the_likeliest_alleles_are_kept() {
    let files: Vec<String> = (0..4)
        .map(|i| {
            let longer = format!("T{}", "G".repeat(i + 1));
            let phred = 100 * (i + 1);
            let record = format!(
                "4 T {longer},<NON_REF> . GT:AD:PL 0/1:9,9,0:{phred},0,300,{phred},300,600"
            );
            gvcf(&format!("s{i}"), &record)
        })
        .collect();
    let options = JointOptions {
        max_alternates: 2,
        ..JointOptions::default()
    };
    let records = genotype_in_spans(&files, &options, 64);
    assert_eq!(
        records[0].site.alternates,
        [b"TGGG".to_vec(), b"TGGGG".to_vec()]
    );
}

#[test]
fn blocks_without_likelihoods_speak_by_quality_or_depth() {
    let files = [
        gvcf(
            "a b c d",
            "4 T C . GT:PL 0/1:300,0,300 0/1:300,0,300 0/1:300,0,300 ./.:.",
        ),
        gvcf("e", "1 A <NON_REF> END=9 GT:DP:GQ 0/0:30:20"),
        gvcf("f", "1 A . END=9 GT:DP 0/0:7"),
        gvcf("g", "1 A . END=9 GT:DP ./.:0"),
    ];
    let line = &genotype(&files)[0];
    assert_eq!(value(line, 4, "PL"), "0,20,200");
    assert_eq!(value(line, 5, "PL"), "0,21,210");
    for missing in [3, 6] {
        assert_eq!(value(line, missing, "GT"), "./.");
    }
    assert!(line.contains(";AN=10;"), "{line}");
}

#[test]
fn records_of_one_position_are_put_together() {
    // As bcftools writes them: bases and indels apart.
    let files = [gvcf(
        "a",
        "4 T C,<*> . PL:AD 200,0,200,230,230,400:8,8,0
         4 TTTTT TTTT,<*> . PL:AD 0,48,400,48,400,400:16,0,0",
    )];
    let lines = genotype(&files);
    assert_eq!(shown(&lines[0]), "4 T C 0/1:8,8");
}

#[test]
fn one_copy_of_a_contig() {
    let files = [
        gvcf("a", "4 T C,<NON_REF> . GT:AD:DP:PL 1:0,9,0:9:300,0,300"),
        gvcf(
            "b",
            "4 T C,<NON_REF> . GT:AD:DP:PL 0/1:9,9,0:18:300,0,300,330,330,600",
        ),
        gvcf("c", "1 A <NON_REF> END=9 GT:DP:PL 0:9:0,300"),
    ];
    let line = &genotype(&files)[0];
    assert_eq!(shown(line), "4 T C 1:0,9 0/1:9,9 0:9,0");
    assert!(line.contains("AC=2;AF=0.5;AN=4;"), "{line}");
}

#[test]
fn a_single_sample_has_the_priors_of_a_single_sample() {
    let line = &genotype(&[gvcf("a", "4 T C,<NON_REF> . GT:PL 0/1:60,0,30,90,60,120")])[0];
    // 60 less the prior of a heterozygous base, 30.
    let quality: f64 = line.split('\t').nth(5).unwrap().parse().unwrap();
    assert!((29.5..30.5).contains(&quality), "{line}");
    let posteriors: Vec<f64> = value(line, 0, "GP")
        .split(',')
        .map(|p| p.parse().unwrap())
        .collect();
    assert!((posteriors[0] - 30.0).abs() < 0.5, "{line}");
    assert!((posteriors[2] - 33.0).abs() < 0.5, "{line}");
}

/// A sample's records: what it has in each stretch of eight bases.
fn sample() -> impl Strategy<Value = Vec<(u8, u32)>> {
    prop::collection::vec((0..5_u8, 0..300_u32), 8)
}

fn write_sample(name: usize, stretches: &[(u8, u32)]) -> String {
    let mut lines = String::new();
    for (number, (kind, phred)) in stretches.iter().enumerate() {
        let start = number * 8;
        let reference = |length: usize| &BASES[start..start + length];
        let position = start + 1;
        let (snp, first) = (if reference(1) == "C" { "G" } else { "C" }, reference(1));
        let (far, hom) = (phred * 2, phred / 3);
        let _ = match kind {
            0 => writeln!(
                lines,
                "{position} {first} <NON_REF> END={} GT:DP:PL 0/0:9:0,{hom},{far}",
                start + 8
            ),
            1 => writeln!(
                lines,
                "{position} {first} {snp},<NON_REF> . GT:AD:PL 0/1:5,5,0:{phred},0,{phred},{far},{far},{far}"
            ),
            // Deletions reach into the next stretch.
            2 if start + 12 <= BASES.len() => writeln!(
                lines,
                "{position} {} {first},<NON_REF> . GT:AD:PL 0/1:5,5,0:{phred},0,{phred},{far},{far},{far}",
                reference(12)
            ),
            3 => writeln!(
                lines,
                "{position} {first} {first}TT,<NON_REF> . GT:PL 1/1:{far},{hom},0,{far},{hom},{far}"
            ),
            _ => Ok(()),
        };
    }
    gvcf(&format!("s{name}"), &lines)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn spans_show_in_no_record(samples in prop::collection::vec(sample(), 1..5)) {
        let files: Vec<String> = samples.iter().enumerate().map(|(i, s)| write_sample(i, s)).collect();
        let options = JointOptions { emit_confidence: 0.0, ..JointOptions::default() };
        let whole = genotype_in_spans(&files, &options, 64);
        for length in [1, 5, 16] {
            prop_assert_eq!(&genotype_in_spans(&files, &options, length), &whole);
        }
        for record in &whole {
            let bases = &BASES[record.site.position as usize..][..record.site.reference.len()];
            prop_assert_eq!(bases.as_bytes(), record.site.reference.as_slice());
        }
    }
}
