//! What other people's tools say of our files.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::PathBuf,
};

use fafnir_io::bam::{BamReader, RecordView, flag};

use crate::support::{assert_valid, folder, gunzip, succeed, tiled, tiled_results, tool};

fn bam() -> PathBuf {
    tiled_results().join("s.bam")
}

fn vcf() -> PathBuf {
    tiled_results().join("s.hard-filtered.vcf.gz")
}

/// Calls `each` with every record of the BAM file.
fn for_each_record(mut each: impl FnMut(RecordView<'_>)) {
    let mut reader = BamReader::new("s.bam", File::open(bam()).unwrap()).unwrap();
    reader.require_sorted();
    let mut record = Vec::new();
    while reader.read(&mut record).unwrap() {
        each(RecordView::new(&record));
    }
}

#[test]
fn every_read_is_there_once_as_it_came() {
    type Seen = BTreeMap<(String, u8), (Vec<u8>, Vec<u8>)>;
    let mut expected = Seen::new();
    for (end, path) in [(1, &tiled().r1), (2, &tiled().r2)] {
        let text = gunzip(path);
        let lines: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
        for record in lines.chunks_exact(4) {
            let name = record[0][1..]
                .split(|b| matches!(b, b' ' | b'/'))
                .next()
                .unwrap();
            let qualities = record[3].iter().map(|q| q - 33).collect();
            let name = String::from_utf8(name.to_vec()).unwrap();
            expected.insert((name, end), (record[1].to_vec(), qualities));
        }
    }
    let mut count = 0;
    for_each_record(|record| {
        let bits = record.flag();
        if bits & (flag::SECONDARY | flag::SUPPLEMENTARY) != 0 {
            return;
        }
        count += 1;
        let mut bases: Vec<u8> = (0..record.length()).map(|i| record.base_ascii(i)).collect();
        let mut qualities = record.qualities().to_vec();
        if bits & flag::REVERSE != 0 {
            bases.reverse();
            qualities.reverse();
            for base in &mut bases {
                *base = match *base {
                    b'A' => b'T',
                    b'C' => b'G',
                    b'G' => b'C',
                    b'T' => b'A',
                    other => other,
                };
            }
        }
        let name = String::from_utf8(record.name().to_vec()).unwrap();
        let end = if bits & flag::FIRST != 0 { 1 } else { 2 };
        let read = expected.remove(&(name.clone(), end));
        assert_eq!(read, Some((bases, qualities)), "{name} end {end}");
    });
    assert!(count > 50_000, "{count} reads");
    assert!(expected.is_empty(), "{} reads are missing", expected.len());
}

#[test]
fn samtools_reads_the_bam_and_its_index() {
    let Some(mut quickcheck) = tool("samtools") else {
        return;
    };
    quickcheck.arg("quickcheck").arg("-v").arg(bam());
    succeed(quickcheck);

    let mut spans = Vec::new();
    let mut records = 0;
    for_each_record(|record| {
        records += 1;
        if record.contig() == 0 {
            let unmapped = record.flag() & flag::UNMAPPED != 0;
            let end = if unmapped {
                record.position() + 1
            } else {
                record.reference_end()
            };
            spans.push((record.position(), end));
        }
    });
    let count = |region: Option<&str>| -> usize {
        let mut view = tool("samtools").unwrap();
        view.args(["view", "-c"]).arg(bam()).args(region);
        String::from_utf8(succeed(view))
            .unwrap()
            .trim()
            .parse()
            .unwrap()
    };
    assert_eq!(count(None), records);
    // Around tile borders, at both ends of the contig, and nowhere in particular.
    for (start, end) in [
        (0, 1),
        (262_143, 262_144),
        (262_144, 262_145),
        (262_000, 262_300),
        (100_000, 400_000),
        (524_287, 524_289),
        (12_345, 12_346),
        (500_000, 700_000),
    ] {
        let expected = spans.iter().filter(|(s, e)| *s < end && *e > start).count();
        let region = format!("chr1:{}-{end}", start + 1);
        assert_eq!(count(Some(&region)), expected, "{region}");
    }
}

#[test]
fn picard_finds_no_error_in_the_bam() {
    let Some(picard) = tool("PicardCommandLine") else {
        return;
    };
    let reference = folder();
    let fasta = reference.path().join("ref.fa");
    fs::copy(&tiled().reference, &fasta).unwrap();
    let mut dictionary = tool("PicardCommandLine").unwrap();
    dictionary
        .arg("CreateSequenceDictionary")
        .arg(format!("R={}", fasta.display()))
        .arg("QUIET=true");
    succeed(dictionary);
    let more = [
        "VALIDATE_INDEX=true".to_owned(),
        format!("R={}", fasta.display()),
    ];
    assert_valid(picard, &bam(), &more);
}

#[test]
fn bcftools_reads_the_vcf_without_a_warning() {
    let Some(mut view) = tool("bcftools") else {
        return;
    };
    view.args(["view", "-H"]).arg(vcf());
    let output = view.output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let records = output.stdout.iter().filter(|b| **b == b'\n').count();
    assert!(records > 800, "{records} records");

    let folder = folder();
    let reference = folder.path().join("ref.fa");
    fs::copy(&tiled().reference, &reference).unwrap();
    let mut norm = tool("bcftools").unwrap();
    norm.args(["norm", "--check-ref", "e", "-f"])
        .arg(&reference)
        .arg(vcf());
    let output = norm.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.lines().all(|line| line.starts_with("Lines")), "{said}");

    let by_region = |region: &str| {
        let mut view = tool("bcftools").unwrap();
        view.args(["view", "-H", "-r", region]).arg(vcf());
        succeed(view).iter().filter(|b| **b == b'\n').count()
    };
    assert_eq!(by_region("chr1") + by_region("chr2"), records);
}

#[test]
fn md5sum_agrees() {
    let Some(mut md5sum) = tool("md5sum") else {
        return;
    };
    md5sum
        .arg("-c")
        .arg("s.bam.md5sum")
        .current_dir(tiled_results());
    let said = String::from_utf8(succeed(md5sum)).unwrap();
    assert_eq!(said, "s.bam: OK\n");
}
