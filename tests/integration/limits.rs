//! Reads and references at the limits of what is mapped, and beyond.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use fafnir_io::bam::{BamReader, RecordView, flag};

use crate::support::{self, fafnir, folder, gunzip, run, small, succeed, tiled};

/// What a test looks at of a record.
#[derive(Debug, PartialEq)]
struct Seen {
    name: String,
    flag: u16,
    position: i32,
    length: usize,
}

/// `fafnir align` of these reads with this index, prefix `s`.
fn align(index: &Path, options: &[&str], files: &[(&str, &Path)], out: &Path) -> Command {
    let mut command = fafnir();
    command.args(["align", "--ref"]).arg(index).args(options);
    for (option, file) in files {
        command.arg(option).arg(file);
    }
    command.args(["--RGSM", "s", "--quiet", "--output-directory"]);
    command.arg(out);
    command
}

fn records(bam: &Path) -> Vec<Seen> {
    let file = fs::File::open(bam).unwrap();
    let mut reader = BamReader::new("s.bam", file).unwrap();
    let (mut record, mut all) = (Vec::new(), Vec::new());
    while reader.read(&mut record).unwrap() {
        let record = RecordView::new(&record);
        all.push(Seen {
            name: String::from_utf8(record.name().to_vec()).unwrap(),
            flag: record.flag(),
            position: record.position(),
            length: record.length(),
        });
    }
    all
}

fn fastq(path: PathBuf, reads: &[(&str, &str)]) -> PathBuf {
    let record = |(name, bases): &(&str, &str)| {
        let qualities = "I".repeat(bases.len());
        format!("@{name}\n{bases}\n+\n{qualities}\n")
    };
    fs::write(&path, reads.iter().map(record).collect::<String>()).unwrap();
    path
}

/// Bases of the first contig of a FASTA file.
fn contig(path: &Path) -> String {
    let text = String::from_utf8(gunzip(path)).unwrap();
    let lines = text.lines().skip(1);
    let lines = lines.take_while(|line| !line.starts_with('>'));
    lines.map(str::to_uppercase).collect()
}

#[track_caller]
fn refused(command: Command, out: &Path, parts: &[&str]) {
    let said = support::refused(10, command, out);
    for part in parts {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn reads_of_30_to_65535_bases_are_mapped() {
    let folder = folder();
    let genome = contig(&tiled().reference);
    let at = |start: usize, length: usize| &genome[start..start + length];
    // Where the simulated genome repeats itself a short read may have no place of its own.
    let reads = [
        ("empty", ""),
        ("short", at(100_000, 29)),
        ("least", at(100_000, 30)),
        ("longest", at(120_000, 65_535)),
        ("unknown", &"N".repeat(100)),
    ];
    let file = fastq(folder.path().join("limits.fq"), &reads);
    let out = folder.path().join("out");
    succeed(align(&tiled().index, &[], &[("-1", &file)], &out));
    let seen = records(&out.join("s.bam"));
    assert_eq!(seen.len(), reads.len());
    for (name, bases) in reads {
        let of = seen.iter().find(|seen| seen.name == name).unwrap();
        let mapped = of.flag & flag::UNMAPPED == 0;
        assert_eq!(mapped, ["least", "longest"].contains(&name), "{of:?}");
        assert_eq!(of.length, bases.len());
    }
    let longest = seen.iter().find(|seen| seen.name == "longest").unwrap();
    assert_eq!(longest.position, 120_000);
}

#[test]
fn a_short_mate_is_unmapped_where_its_mate_is() {
    let folder = folder();
    let genome = contig(&small().reference);
    let reverse: String = genome[3300..3329]
        .chars()
        .rev()
        .map(|c| match c {
            'A' => 'T',
            'C' => 'G',
            'G' => 'C',
            _ => 'A',
        })
        .collect();
    let one = fastq(folder.path().join("1.fq"), &[("p", &genome[3000..3150])]);
    let two = fastq(folder.path().join("2.fq"), &[("p", &reverse)]);
    let out = folder.path().join("out");
    succeed(align(
        &small().index,
        &[],
        &[("-1", &one), ("-2", &two)],
        &out,
    ));
    let seen = records(&out.join("s.bam"));
    let short = seen.iter().find(|seen| seen.length == 29).unwrap();
    assert_ne!(short.flag & flag::UNMAPPED, 0);
    assert_eq!(short.position, 3000);
}

#[test]
fn longer_reads_and_names_are_refused() {
    let folder = folder();
    let out = folder.path().join("out");
    let bases = "ACGT".repeat(16_384);
    let file = fastq(
        folder.path().join("long.fq"),
        &[("a", "ACGT"), ("b", &bases)],
    );
    let command = || align(&small().index, &[], &[("-1", &file)], &out);
    refused(command(), &out, &["long.fq", "record 2", "65,535"]);
    let name = "n".repeat(255);
    let file = fastq(
        folder.path().join("name.fq"),
        &[("a", "ACGT"), (&name, "ACGT")],
    );
    let command = align(&small().index, &[], &[("-1", &file)], &out);
    refused(command, &out, &["name.fq", "record 2", "254"]);
    let name = &name[1..];
    let file = fastq(folder.path().join("fine.fq"), &[(name, "ACGT")]);
    succeed(align(&small().index, &[], &[("-1", &file)], &out));
    assert_eq!(records(&out.join("s.bam"))[0].name, name);
}

#[test]
fn an_odd_read_of_interleaved_pairs_is_refused() {
    let folder = folder();
    let out = folder.path().join("out");
    let reads = [("a", "ACGT"), ("a", "ACGT"), ("b", "ACGT")];
    let file = fastq(folder.path().join("odd.fq"), &reads);
    let command = align(&small().index, &["-p"], &[("-1", &file)], &out);
    refused(
        command,
        &out,
        &["odd.fq", "record 4", "first read of a pair"],
    );
}

#[test]
fn names_may_recur_in_other_lanes() {
    let folder = folder();
    let genome = contig(&small().reference);
    let [a, b] = ["a.fq", "b.fq"]
        .map(|name| fastq(folder.path().join(name), &[("same", &genome[2000..2150])]));
    let out = folder.path().join("out");
    succeed(align(&small().index, &[], &[("-1", &a), ("-1", &b)], &out));
    let seen = records(&out.join("s.bam"));
    assert_eq!(seen.len(), 2);
    assert!(
        seen.iter()
            .all(|seen| seen.name == "same" && seen.position == 2000)
    );
    // One of them is the other's duplicate.
    assert_eq!(
        seen.iter()
            .filter(|seen| seen.flag & flag::DUPLICATE != 0)
            .count(),
        1
    );
}

#[test]
fn a_reference_may_be_shorter_than_a_read() {
    let folder = folder();
    let genome = contig(&small().reference);
    let fasta = folder.path().join("tiny.fa");
    fs::write(&fasta, format!(">tiny\n{}\n>dot\nA\n", &genome[2050..2110])).unwrap();
    let index = folder.path().join("tiny.fafnir");
    run([
        "index".as_ref(),
        fasta.as_os_str(),
        "-o".as_ref(),
        index.as_os_str(),
    ]);
    let file = fastq(
        folder.path().join("r.fq"),
        &[("r", &genome[2000..2150]), ("t", "A")],
    );
    let out = folder.path().join("out");
    let mut command = fafnir();
    command
        .args(["run", "--ref"])
        .arg(&index)
        .arg("-1")
        .arg(&file);
    command
        .args(["--RGSM", "s", "--quiet", "--output-directory"])
        .arg(&out);
    command.args(["-t", "7"]);
    succeed(command);
    let seen = records(&out.join("s.bam"));
    assert_eq!(
        (seen[0].position, seen[0].flag, seen[0].length),
        (0, 0, 150)
    );
    assert_ne!(seen[1].flag & flag::UNMAPPED, 0);
}
