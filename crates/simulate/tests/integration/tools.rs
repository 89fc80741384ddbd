//! What samtools, bcftools and bwa make of our files.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use fafnir_simulate::compare::Comparison;
use fafnir_simulate::{Reference, Simulation};

use crate::{small, text};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");

/// Whether a tool is there; a run that requires everything fails without it.
fn have(tool: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {tool}")])
        .output()
        .unwrap()
        .status
        .success();
    if !found {
        assert!(
            std::env::var("FAFNIR_REQUIRE").as_deref() != Ok("all"),
            "{tool} is required"
        );
        let _ = writeln!(std::io::stderr(), "SKIPPED: {tool} is not installed");
    }
    found
}

/// Standard output and standard error of a shell command in a directory.
fn sh(directory: &Path, command: &str) -> (String, String) {
    let output = Command::new("bash")
        .args(["-ec", command])
        .current_dir(directory)
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(output.status.success(), "{command}: {err}");
    (out, err)
}

fn records(vcf: &str) -> Vec<&str> {
    vcf.lines().filter(|line| !line.starts_with('#')).collect()
}

#[test]
fn bcftools_reads_the_truth_and_has_nothing_to_normalise() {
    if !have("bcftools") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let written = Simulation::new(small(21, 0))
        .write_to(directory.path())
        .unwrap();
    let truth = fs::read_to_string(&written.truth_vcf).unwrap();
    let (viewed, warnings) = sh(directory.path(), "bcftools view --no-version truth.vcf");
    assert_eq!(warnings, "");
    assert_eq!(records(&viewed), records(&truth));
    let (normalised, _) = sh(directory.path(), "bcftools norm -c e -f ref.fa truth.vcf");
    assert_eq!(records(&normalised), records(&truth));
}

/// Where records are few and plain, `bcftools isec` is the judge.
#[test]
fn counts_are_those_of_isec() {
    if !have("bcftools") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut options = small(22, 0);
    (options.variants.mnp, options.variants.clustered) = (0.0, 0.0);
    let written = Simulation::new(options.clone())
        .write_to(directory.path())
        .unwrap();
    options.seed = 23;
    let other = directory.path().join("other");
    let foreign = Simulation::from_reference(options, &written.reference, None)
        .write_to(&other)
        .unwrap();
    let truth = fs::read_to_string(&written.truth_vcf).unwrap();
    // Calls: all but every seventh true variant, and every fifth of another truth.
    let mut calls = String::new();
    let mut called: Vec<&str> = Vec::new();
    let foreign = fs::read_to_string(&foreign.truth_vcf).unwrap();
    called.extend(
        records(&truth)
            .iter()
            .enumerate()
            .filter(|(index, _)| index % 7 != 0)
            .map(|(_, line)| line),
    );
    called.extend(records(&foreign).iter().step_by(5));
    truth
        .lines()
        .filter(|line| line.starts_with('#'))
        .for_each(|line| calls += &format!("{line}\n"));
    called.iter().for_each(|line| calls += &format!("{line}\n"));
    fs::write(directory.path().join("calls.vcf"), calls).unwrap();
    sh(
        directory.path(),
        "bcftools sort -Oz -o calls.vcf.gz calls.vcf 2>/dev/null; bcftools view -Oz -o truth.vcf.gz truth.vcf
         bcftools index calls.vcf.gz; bcftools index truth.vcf.gz
         bcftools isec -c none -p isec truth.vcf.gz calls.vcf.gz",
    );
    let count = |file: &str, kind: &str| {
        let (out, _) = sh(
            directory.path(),
            &format!("bcftools view -H -v {kind} isec/{file}.vcf | wc -l"),
        );
        out.trim().parse::<u64>().unwrap()
    };
    let reference = Reference::read_fasta(&written.reference).unwrap();
    let calls = directory.path().join("calls.vcf.gz");
    let comparison = Comparison {
        reference: &reference,
        truth: &written.truth_vcf,
        calls: &calls,
        regions: Some(&written.truth_bed),
        filtered: false,
    };
    let report = comparison.run().unwrap();
    for (kind, counts) in [("snps", report.snv), ("indels", report.indel)] {
        let wanted = (
            count("0002", kind),
            count("0000", kind),
            count("0001", kind),
        );
        assert_eq!(
            (counts.found, counts.missed, counts.extra),
            wanted,
            "{kind}"
        );
    }
    assert!(report.snv.missed > 30 && report.snv.extra > 30 && report.indel.missed > 1);
}

/// Real haplotypes in the words of `bcftools norm --atomize` are the same haplotypes.
#[test]
fn giab_matches_itself_in_other_words() {
    let data =
        std::env::var("FAFNIR_TEST_DATA").map_or_else(|_| DATA.into(), std::path::PathBuf::from);
    let fasta = data.join("reference/b37.chr20.fa.gz");
    let truth = data.join("truth/HG002_v4.2.1.lifted_b37.chr20.vcf.gz");
    if !have("bcftools") {
        return;
    }
    if !fasta.exists() || !truth.exists() {
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: no real data in {}",
            data.display()
        );
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let command = format!(
        "bcftools norm -f '{}' -m -any --atomize '{}' 2>/dev/null >atoms.vcf",
        fasta.canonicalize().unwrap().display(),
        truth.canonicalize().unwrap().display()
    );
    sh(directory.path(), &command);
    let reference = Reference::read_fasta(&fasta).unwrap();
    let calls = directory.path().join("atoms.vcf");
    let comparison = Comparison {
        reference: &reference,
        truth: &truth,
        calls: &calls,
        regions: None,
        filtered: true,
    };
    let report = comparison.run().unwrap();
    assert!(
        report.missed.is_empty() && report.extra.is_empty(),
        "{report}"
    );
    assert!(
        report.snv.found > 20_000 && report.indel.correct > report.indel.found,
        "{report}"
    );
}

#[test]
fn bwa_maps_the_reads_where_they_come_from() {
    if !have("bwa") || !have("samtools") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let written = Simulation::new(small(24, 3000))
        .write_to(directory.path())
        .unwrap();
    let (sam, _) = sh(
        directory.path(),
        "bwa index ref.fa 2>/dev/null; bwa mem ref.fa reads_R1.fastq.gz reads_R2.fastq.gz 2>/dev/null | samtools view -F 0x900",
    );
    let positions = String::from_utf8(text(written.positions.as_ref().unwrap())).unwrap();
    let truth: std::collections::BTreeMap<&str, Vec<&str>> = positions
        .lines()
        .skip(1)
        .map(|line| (line.split('\t').next().unwrap(), line.split('\t').collect()))
        .collect();
    let (mut placed, mut properly, mut near, mut exact) = (0, 0, 0, 0);
    for line in sam.lines() {
        let fields: Vec<_> = line.split('\t').collect();
        let (flag, start) = (
            fields[1].parse::<u32>().unwrap(),
            fields[3].parse::<i64>().unwrap(),
        );
        let truth = &truth[fields[0]];
        if truth[1] == "*" {
            assert_eq!(flag & 4, 4, "a contaminant is mapped: {line}");
            continue;
        }
        placed += 1;
        properly += u32::from(flag & 2 != 0);
        let column = if flag & 64 != 0 { 2 } else { 4 };
        let strand = if flag & 16 != 0 { "-" } else { "+" };
        let distance = (start - truth[column].parse::<i64>().unwrap()).abs();
        let here = fields[2] == truth[1] && strand == truth[column + 1];
        near += u32::from(here && distance <= 20);
        exact += u32::from(here && distance == 0);
    }
    assert!(placed > 5900, "{placed} reads");
    let share = |count: u32| f64::from(count) / f64::from(placed);
    let shares = (share(properly), share(near), share(exact));
    assert!(
        shares.0 > 0.99 && shares.1 > 0.99 && shares.2 > 0.97,
        "{shares:?}"
    );
}
