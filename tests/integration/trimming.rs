//! Trimming: what is cut, what is kept, what is told.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use fafnir_io::bam::{BamReader, RecordView, flag};

use crate::support::{
    assert_valid, fafnir, fails, folder, gunzip, names, replay, small, succeed, tool,
};

const ADAPTERS: [&str; 2] = [
    "AGATCGGAAGAGCACACGTCTGAACTCCAGTCA",
    "AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT",
];

/// Pairs of fragments of 40 to 238 bases, read for 150: what is beyond a fragment's end is adapter,
/// then Gs. The second file holds the same reads as a perfect trimmer leaves them.
struct Fragments {
    whole: [PathBuf; 2],
    cut: [PathBuf; 2],
    adapters: [PathBuf; 2],
    /// Bases beyond the ends.
    beyond: usize,
}

impl Fragments {
    fn new(folder: &Path) -> Self {
        let text = String::from_utf8(gunzip(&small().reference)).unwrap();
        let lines = text.lines().skip(1);
        let genome: String = lines
            .take_while(|line| !line.starts_with('>'))
            .map(str::to_uppercase)
            .collect();
        let mut beyond = 0;
        let mut files = [const { String::new() }; 4];
        for i in 0..100 {
            let length = 40 + 2 * i;
            let fragment = &genome[100 * i + 500..100 * i + 500 + length];
            let reverse: String = fragment.chars().rev().map(complement).collect();
            for (end, strand) in [fragment, &reverse].into_iter().enumerate() {
                let read = format!("{strand}{}{}", ADAPTERS[end], "G".repeat(150));
                let shown = length.min(150);
                beyond += 150 - shown;
                for (file, length) in [(end, 150), (2 + end, shown)] {
                    let (bases, qualities) = (&read[..length], "F".repeat(length));
                    files[file].push_str(&format!("@f{i}\n{bases}\n+\n{qualities}\n"));
                }
            }
        }
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let fasta = |end: usize| format!(">adapter\n{}\n", ADAPTERS[end]);
        Self {
            whole: [write("w1.fq", &files[0]), write("w2.fq", &files[1])],
            cut: [write("c1.fq", &files[2]), write("c2.fq", &files[3])],
            adapters: [write("a1.fa", &fasta(0)), write("a2.fa", &fasta(1))],
            beyond,
        }
    }

    fn align(&self, files: &[PathBuf; 2], out: &Path) -> Command {
        let mut command = fafnir();
        command.args(["align", "--ref"]).arg(&small().index);
        command.arg("-1").arg(&files[0]).arg("-2").arg(&files[1]);
        command.args(["--RGSM", "s", "--quiet", "--output-directory"]);
        command.arg(out);
        command
    }

    fn trim(&self, how: &[&str], out: &Path) -> Command {
        let mut command = self.align(&self.whole, out);
        command.args(how);
        command.arg("--trim-adapter-read1").arg(&self.adapters[0]);
        command.arg("--trim-adapter-read2").arg(&self.adapters[1]);
        command
    }
}

fn complement(base: char) -> char {
    match base {
        'A' => 'T',
        'C' => 'G',
        'G' => 'C',
        'T' => 'A',
        other => other,
    }
}

fn records(out: &Path) -> Vec<Vec<u8>> {
    let file = fs::File::open(out.join("s.bam")).unwrap();
    let mut reader = BamReader::new("s.bam", file).unwrap();
    let (mut record, mut all) = (Vec::new(), Vec::new());
    while reader.read(&mut record).unwrap() {
        all.push(record.clone());
    }
    all
}

fn metrics(out: &Path) -> String {
    fs::read_to_string(out.join("s.trimmer_metrics.csv")).unwrap()
}

#[test]
fn hard_cuts_give_what_trimmed_reads_give() {
    let folder = folder();
    let fragments = Fragments::new(folder.path());
    let [expected, out] = ["expected", "out"].map(|name| folder.path().join(name));
    succeed(fragments.align(&fragments.cut, &expected));
    succeed(fragments.trim(&["--read-trimmers", "adapter"], &out));
    // Two bases of an adapter are left, and four bases of a fragment look like one.
    let of = |out: &Path| -> Vec<Vec<u8>> {
        let mut all = records(out);
        all.retain(|record| !matches!(RecordView::new(record).name(), b"f54" | b"f81"));
        all
    };
    assert!(of(&expected) == of(&out), "records differ");
    assert!(!names(&expected).contains(&"s.trimmer_metrics.csv".to_owned()));
    let csv = metrics(&out);
    for line in [
        "TRIMMER STATISTICS,,Total input reads,200\n".to_owned(),
        "TRIMMER STATISTICS,,Total input bases,30000\n".to_owned(),
        "TRIMMER STATISTICS,,Average input read length,150.00\n".to_owned(),
        "TRIMMER STATISTICS,,Total trimmed reads,109,54.50\n".to_owned(),
        format!(
            "TRIMMER STATISTICS,,Total trimmed bases,{},20.53\n",
            fragments.beyond
        ),
        "TRIMMER STATISTICS,,Adapter trimmed reads unfiltered R2 3prime,55,55.00\n".to_owned(),
        "TRIMMER STATISTICS,,Total filtered reads,0,0.00\n".to_owned(),
    ] {
        assert!(csv.contains(&line), "{line}{csv}");
    }

    let statement = fafnir().arg("verify").arg(&out).output().unwrap();
    assert!(statement.status.success());
    let bam = gunzip(&out.join("s.bam"));
    let header = String::from_utf8_lossy(&bam);
    assert!(header.contains(&format!("trim-adapter-read2={}", ADAPTERS[1])));

    // The replay trims too, and the metrics are among the results.
    let again = folder.path().join("again");
    replay("align", &out, &again);
    assert_eq!(csv, metrics(&again));
    assert!(records(&again) == records(&out));
}

#[test]
fn soft_cuts_keep_all_bases_as_clips() {
    let folder = folder();
    let fragments = Fragments::new(folder.path());
    let [hard, soft] = ["hard", "soft"].map(|name| folder.path().join(name));
    succeed(fragments.trim(&["--read-trimmers", "adapter"], &hard));
    succeed(fragments.trim(&["--soft-read-trimmers", "adapter,polyg"], &soft));
    let (hard, all) = (records(&hard), records(&soft));
    assert_eq!(hard.len(), all.len());
    for (hard, soft) in hard.iter().zip(&all) {
        let (hard, soft) = (RecordView::new(hard), RecordView::new(soft));
        assert_eq!(hard.name(), soft.name());
        assert_eq!(hard.flag(), soft.flag());
        assert_eq!(hard.position(), soft.position());
        assert_eq!(hard.template_length(), soft.template_length());
        assert_eq!(soft.length(), 150);
        let clipped: u32 = soft
            .cigar()
            .filter(|op| op.kind == b'S')
            .map(|op| op.length)
            .sum();
        let before: u32 = hard
            .cigar()
            .filter(|op| op.kind == b'S')
            .map(|op| op.length)
            .sum();
        assert_eq!(clipped as usize, 150 - hard.length() + before as usize);
        // What was cut lies at the read's 3' end.
        if hard.length() < 140 {
            let reverse = soft.flag() & flag::REVERSE != 0;
            let (first, last) = (soft.cigar().next(), soft.cigar().next_back());
            let end = if reverse { first } else { last };
            assert_eq!(end.unwrap().kind, b'S');
        }
    }
    let csv = metrics(&soft);
    assert!(
        csv.contains("Poly-G soft trimmed reads unfiltered R1 3prime,"),
        "{csv}"
    );
    assert!(
        csv.contains(",Reads filtered for minimum read length R1,0,0.00\n"),
        "{csv}"
    );
    let Some(picard) = tool("PicardCommandLine") else {
        return;
    };
    assert_valid(picard, &soft.join("s.bam"), &[]);
}

#[test]
fn reads_that_become_too_short_are_filtered() {
    let folder = folder();
    let fragments = Fragments::new(folder.path());
    let out = folder.path().join("out");
    let how = [
        "--read-trimmers",
        "adapter,polyg",
        "--trim-min-length",
        "60",
    ];
    succeed(fragments.trim(&how, &out));
    let all = records(&out);
    assert_eq!(all.len(), 200);
    let failed: Vec<RecordView<'_>> = all
        .iter()
        .map(|record| RecordView::new(record))
        .filter(|record| record.flag() & flag::QC_FAIL != 0)
        .collect();
    // Fragments of 40 to 58 bases.
    assert_eq!(failed.len(), 20);
    for record in failed {
        assert_ne!(record.flag() & flag::UNMAPPED, 0);
        let bases: Vec<u8> = (0..record.length()).map(|i| record.base_ascii(i)).collect();
        assert_eq!(bases, [b'N'; 10]);
    }
    let csv = metrics(&out);
    assert!(csv.contains(",Total filtered reads,20,10.00\n"), "{csv}");
    assert!(
        csv.contains(",Adapter trimmed reads filtered R1 3prime,10,"),
        "{csv}"
    );
    let mapping = fs::read_to_string(out.join("s.mapping_metrics.csv")).unwrap();
    assert!(
        mapping.contains("SUMMARY,,QC-failed reads,20,"),
        "{mapping}"
    );
}

#[test]
fn a_fixed_number_of_bases() {
    let folder = folder();
    let fragments = Fragments::new(folder.path());
    let out = folder.path().join("out");
    let how = [
        "--read-trimmers",
        "fixed-len",
        "--trim-r1-5prime",
        "7",
        "--trim-r2-3prime",
        "3",
    ];
    succeed(fragments.trim(&how, &out));
    let lengths = |last: bool| -> Vec<usize> {
        let all = records(&out);
        let views = all.iter().map(|record| RecordView::new(record));
        let of = views.filter(|view| (view.flag() & flag::LAST != 0) == last);
        of.map(|view| view.length()).collect()
    };
    assert!(lengths(false).iter().all(|length| *length == 143));
    assert!(lengths(true).iter().all(|length| *length == 147));
}

#[test]
fn multiqc_shows_them() {
    let Some(mut multiqc) = tool("multiqc") else {
        return;
    };
    let folder = folder();
    let fragments = Fragments::new(folder.path());
    let out = folder.path().join("out");
    succeed(fragments.trim(&["--read-trimmers", "adapter"], &out));
    let report = folder.path().join("report");
    multiqc.args(["--module", "dragen", "--no-ansi", "-o"]);
    multiqc.arg(&report).arg(&out);
    let output = multiqc.output().unwrap();
    let said = String::from_utf8([output.stderr, output.stdout].concat()).unwrap();
    assert!(
        said.contains("Found 1 add_trimmer_metrics reports"),
        "{said}"
    );
}

#[test]
fn what_cannot_be_trimmed_is_told() {
    let index = small().index.to_str().unwrap();
    let base = ["align", "--ref", index, "-1", "x.fq", "--RGSM", "s"];
    let told = |options: &[&str], part: &str| {
        let said = fails(2, base.iter().chain(options));
        assert!(said.contains(part), "{said}");
    };
    told(&["--read-trimmers", "adapter"], "--trim-adapter-read1");
    told(&["--soft-read-trimmers", "quality"], "--trim-min-quality");
    told(&["--soft-read-trimmers", "min-len"], "--read-trimmers");
    told(&["--read-trimmers", "everything"], "polyg");
    let missing = [
        "--read-trimmers",
        "adapter",
        "--trim-adapter-read1",
        "nowhere.fa",
    ];
    let said = fails(10, base.iter().chain(&missing));
    assert!(said.contains("nowhere.fa"), "{said}");
}
