//! Real human reads against GIAB's truth, with floors that a regression would break.
//!
//! The data are not part of the repository: `FAFNIR_TEST_DATA` names their folder. Counts are of the
//! haplotype-aware comparison of `fafnir_simulate::compare`, inside the confident regions.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use fafnir::simulate::{
    Reference,
    compare::{Comparison, Report},
};

use crate::support::{assert_valid, data, fafnir, folder, gunzip, succeed, tool};

/// Variants that may be missed and called in error.
struct Floor {
    snv: (u64, u64),
    indel: (u64, u64),
}

/// The folder of real data, if it is there.
fn real() -> Option<PathBuf> {
    data("truth")?.parent().map(Path::to_owned)
}

/// The index of the whole chromosome 20, built once.
fn index(data: &Path) -> &'static Path {
    static INDEX: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = INDEX.get_or_init(|| {
        let folder = folder();
        let path = folder.path().join("chr20.fafnir");
        let mut command = fafnir();
        command
            .arg("index")
            .arg(data.join("reference/b37.chr20.fa.gz"))
            .arg("-o")
            .arg(&path);
        succeed(command);
        (folder, path)
    });
    path
}

/// Runs FASTQ to VCF and compares with a truth in the part of the confident regions that `span`
/// (0-based, half-open) covers; more errors than the floor allows are a failure.
#[track_caller]
fn compare(
    (reads, sample): (&str, &str),
    truth: &str,
    span: (u32, u32),
    floor: &Floor,
) -> Option<Report> {
    let data = real()?;
    let out = folder();
    let mut command = fafnir();
    command.arg("run").arg("--ref").arg(index(&data));
    for (option, end) in [("-1", 1), ("-2", 2)] {
        command
            .arg(option)
            .arg(data.join(format!("{reads}_R{end}.fastq.gz")));
    }
    command.args(["--RGSM", sample, "--output-file-prefix", "s", "--quiet"]);
    command.arg("--output-directory").arg(out.path());
    succeed(command);
    let mut verify = fafnir();
    verify.arg("verify").arg(out.path());
    succeed(verify);

    let regions = out.path().join("regions.bed");
    let confident = data.join("truth/HG002_v4.2.1.lifted_b37.chr20.bed");
    let confident = String::from_utf8(gunzip(&confident)).unwrap();
    let inside = confident.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let start = fields[1].parse::<u32>().unwrap().max(span.0);
        let end = fields[2].parse::<u32>().unwrap().min(span.1);
        (start < end).then(|| format!("{}\t{start}\t{end}\n", fields[0]))
    });
    std::fs::write(&regions, inside.collect::<String>()).unwrap();
    let reference = Reference::read_fasta(&data.join("reference/b37.chr20.fa.gz")).unwrap();
    let report = Comparison {
        reference: &reference,
        truth: &data.join("truth").join(truth),
        calls: &out.path().join("s.hard-filtered.vcf.gz"),
        regions: Some(&regions),
        filtered: false,
    }
    .run()
    .unwrap();
    assert_within(&report, floor);
    Some(report)
}

#[track_caller]
fn assert_within(report: &Report, floor: &Floor) {
    let missed_and_extra = |c: &fafnir::simulate::compare::Counts| (c.missed, c.extra);
    let (snv, indel) = (
        missed_and_extra(&report.snv),
        missed_and_extra(&report.indel),
    );
    let held = snv.0 <= floor.snv.0
        && snv.1 <= floor.snv.1
        && indel.0 <= floor.indel.0
        && indel.1 <= floor.indel.1;
    assert!(
        held,
        "{report}\nmissed {:?}\nextra {:?}",
        report.missed, report.extra
    );
}

const HG002: &str = "HG002_v4.2.1.lifted_b37.chr20.vcf.gz";

#[test]
fn hg002_at_thirty_fold_without_pcr() {
    let reads = ("hg002/HG002_NIST2x148_30x_chr20_10.00-10.10M", "HG002");
    let floor = Floor {
        snv: (1, 1),
        indel: (1, 1),
    };
    let Some(report) = compare(reads, HG002, (10_000_000, 10_100_000), &floor) else {
        return;
    };
    let variants = (
        report.snv.found + report.snv.missed,
        report.indel.found + report.indel.missed,
    );
    assert_eq!(variants, (206, 28));
}

#[test]
fn hg002_at_eighty_fold_with_pcr() {
    let reads = ("hg002/HG002_10xWGS_chr20_20156208_20234556", "HG002");
    let floor = Floor {
        snv: (1, 1),
        indel: (1, 1),
    };
    compare(reads, HG002, (20_156_080, 20_234_631), &floor);
}

#[test]
fn hg002_at_sixty_fold_with_pcr() {
    let reads = ("hg002/HG002_10xWGS_chr20_36018823_36039513", "HG002");
    let floor = Floor {
        snv: (1, 2),
        indel: (1, 2),
    };
    compare(reads, HG002, (36_018_791, 36_039_635), &floor);
}

#[test]
fn na12878_at_fifty_fold() {
    let reads = ("na12878/NA12878_2x101_52x_chr20_10.00-10.10M", "NA12878");
    let truth = "HG001_v3.3.2.b37.chr20.vcf.gz";
    // HG001's own confident regions are not at hand: what is extra inside HG002's may be true.
    let floor = Floor {
        snv: (2, 6),
        indel: (1, 5),
    };
    compare(reads, truth, (10_000_000, 10_100_000), &floor);
}

#[test]
fn picard_finds_no_error_in_real_alignments() {
    let (Some(data), Some(picard)) = (real(), tool("PicardCommandLine")) else {
        return;
    };
    let out = folder();
    let reads = data.join("hg002/HG002_10xWGS_chr20_20156208_20234556");
    let mut command = fafnir();
    command.arg("align").arg("--ref").arg(index(&data));
    for (option, end) in [("-1", 1), ("-2", 2)] {
        command
            .arg(option)
            .arg(format!("{}_R{end}.fastq.gz", reads.display()));
    }
    command.args([
        "--RGSM",
        "HG002",
        "--RGPL",
        "ILLUMINA",
        "--output-file-prefix",
        "s",
        "--quiet",
    ]);
    command.arg("--output-directory").arg(out.path());
    succeed(command);
    assert_valid(picard, &out.path().join("s.bam"), &[]);
}
