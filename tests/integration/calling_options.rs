//! Options of calling: filters, names of known variants, targets, ploidy.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::support::{self, folder, gunzip, replay, small, succeed, trusted};

/// Results of `fafnir run` on the small sample.
fn plain() -> &'static Path {
    static RESULTS: OnceLock<PathBuf> = OnceLock::new();
    RESULTS.get_or_init(|| {
        let kept = folder().keep();
        succeed(small().command("run", &kept));
        kept
    })
}

fn call(folder: &Path, options: &[&str]) -> Command {
    let mut command = small().command("call", folder);
    command.arg("-b").arg(plain().join("s.bam")).args(options);
    command
}

fn text(folder: &Path) -> String {
    String::from_utf8(gunzip(&folder.join("s.hard-filtered.vcf.gz"))).unwrap()
}

fn records(text: &str) -> Vec<Vec<&str>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').collect()).collect()
}

/// The records of a call with these options.
fn called(options: &[&str]) -> String {
    let out = folder();
    succeed(call(out.path(), options));
    text(out.path())
}

/// What is said of a call that ends with this exit status.
fn refused(status: i32, options: &[&str]) -> String {
    let out = folder();
    support::refused(status, call(out.path(), options), out.path())
}

#[test]
fn hard_filters_are_those_asked_for() {
    let plain = text(plain());
    let usual =
        "DRAGENSnpHardQUAL:snp:QUAL<10.41;DRAGENIndelHardQUAL:indel:QUAL<7.83;LowDepth:all:DP<=1";
    assert_eq!(called(&["--vc-hard-filter", usual]), plain);
    assert!(
        plain.contains(
            "##FILTER=<ID=DRAGENSnpHardQUAL,Description=\"Set if true: snp: QUAL<10.41\">"
        )
    );

    let mine = called(&[
        "--vc-hard-filter",
        "Mine:snp:QUAL<1e9 ; Deep:all: (DP>=0 && MQ>0)",
    ]);
    assert!(mine.contains("##FILTER=<ID=Deep,Description=\"Set if true: all: DP>=0 && MQ>0\">"));
    assert!(!mine.contains("LowDepth"));
    let mut snps = 0;
    for (record, before) in records(&mine).iter().zip(records(&plain)) {
        let snp = record[4]
            .split(',')
            .all(|allele| allele.len() == record[3].len());
        snps += usize::from(snp);
        assert_eq!(record[6], if snp { "Mine;Deep" } else { "Deep" });
        assert_eq!((&record[..6], &record[7..]), (&before[..6], &before[7..]));
    }
    assert!(snps > 5 && snps < records(&mine).len());
    let none = called(&["--vc-hard-filter", "none"]);
    assert!(records(&none).iter().all(|record| record[6] == "PASS"));

    let said = refused(2, &["--vc-hard-filter", "LowQual:snps:QUAL<1"]);
    assert!(
        said.contains("column 9: expected snp, indel or all, found 's'"),
        "{said}"
    );
}

#[test]
fn known_variants_give_their_names() {
    let out = folder();
    let plain = text(plain());
    let mut known =
        String::from("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n");
    let mut names: BTreeMap<(&str, &str), String> = BTreeMap::new();
    for (number, record) in records(&plain).iter().enumerate() {
        // Every third is unknown, or known with another allele.
        let (allele, name) = match number % 3 {
            0 => (record[4], format!("rs{number}")),
            1 => ("<DEL>", String::from("rsOther")),
            _ => continue,
        };
        known += &format!(
            "{}\t{}\t{name}\t{}\t{allele}\t.\t.\t.\n",
            record[0], record[1], record[3]
        );
        if number % 3 == 0 {
            names.insert((record[0], record[1]), name);
        }
    }
    let file = out.path().join("known.vcf");
    fs::write(&file, &known).unwrap();
    let calls = out.path().join("calls");
    succeed(call(&calls, &["--dbsnp", file.to_str().unwrap()]));
    let named = text(&calls);
    assert!(named.contains("##INFO=<ID=DB,Number=0,Type=Flag,"));
    for (record, before) in records(&named).iter().zip(records(&plain)) {
        let name = names.get(&(record[0], record[1]));
        assert_eq!(record[2], name.map_or(".", String::as_str));
        let info = record[7].strip_suffix(";DB");
        assert_eq!(info.is_some(), name.is_some());
        assert_eq!(info.unwrap_or(record[7]), before[7]);
    }
    assert!(names.len() > 5);
    let report = fafnir::verify_path(&calls, &[trusted()]).unwrap();
    let definition = &report.envelopes[0].statement.predicate.build_definition;
    assert_eq!(definition.external_parameters["knownVariants"], true);
    let mut inputs = definition.resolved_dependencies.iter();
    assert!(inputs.any(|input| input.annotations.role == "known variants"));

    fs::write(&file, known.replace("chr", "")).unwrap();
    let said = refused(10, &["--dbsnp", file.to_str().unwrap()]);
    assert!(said.contains("no contig is one of the reference"), "{said}");
    fs::write(&file, "chr1\t5\n").unwrap();
    let said = refused(10, &["--dbsnp", file.to_str().unwrap()]);
    assert!(
        said.contains("line 1: it does not start with ##fileformat=VCF"),
        "{said}"
    );
}

#[test]
fn padded_targets_give_the_calls_that_overlap_them() {
    let out = folder();
    let plain = text(plain());
    let bed = out.path().join("targets.bed");
    fs::write(&bed, "chr1\t3000\t3001\nchr1\t3400\t4000\nchr2\t0\t700\n").unwrap();
    let bed = bed.to_str().unwrap();
    let targets = [("chr1", 2_750..4_250), ("chr2", 0..950)];
    let inside: Vec<Vec<&str>> = records(&plain)
        .into_iter()
        .filter(|record| {
            let start: usize = record[1].parse::<usize>().unwrap() - 1;
            let end = start + record[3].len();
            targets
                .iter()
                .any(|(contig, span)| record[0] == *contig && start < span.end && end > span.start)
        })
        .collect();
    assert!(!inside.is_empty());
    for padding in ["--vc-target-bed-padding", "--interval-padding"] {
        let text = called(&["-L", bed, padding, "250"]);
        assert_eq!(records(&text), inside);
    }
    assert!(records(&called(&["-L", bed])).len() < inside.len());
    refused(2, &["--vc-target-bed-padding", "5"]);
}

#[test]
fn ploidy_is_that_of_the_region() {
    let out = folder();
    let plain = text(plain());
    let bed = out.path().join("ploidy.bed");
    fs::write(&bed, "chr1\t10000\t12000\t0\nchr2\t0\t5000\t1\n").unwrap();
    let mixed = called(&["--ploidy-bed", bed.to_str().unwrap()]);
    let mut counts = [0; 3];
    let usual = records(&plain);
    for record in records(&mixed) {
        let position: u32 = record[1].parse().unwrap();
        let genotype = record[9].split(':').next().unwrap();
        let likelihoods = record[8].split(':').position(|key| key == "PL").unwrap();
        let likelihoods = record[9].split(':').nth(likelihoods).unwrap();
        assert!(record[0] != "chr1" || !(10_001..=12_000).contains(&position));
        if record[0] == "chr2" && position <= 5_000 {
            counts[1] += 1;
            assert!(!genotype.contains('/'), "{record:?}");
            assert!(record[7].contains("AN=1;"));
            let alleles = 1 + record[4].split(',').count();
            assert_eq!(likelihoods.split(',').count(), alleles);
        } else {
            counts[2] += 1;
            assert!(usual.contains(&record), "{record:?}");
        }
    }
    assert!(counts[1] > 0 && counts[2] > 0, "{counts:?}");
    assert!(mixed.len() < plain.len());

    let haploid = called(&["--ploidy", "1"]);
    let again = called(&["--sample-ploidy", "1"]);
    assert_eq!(haploid, again);
    assert!(
        records(&haploid)
            .iter()
            .all(|record| !record[9].split(':').next().unwrap().contains('/'))
    );

    let said = refused(2, &["--sample-sex", "male"]);
    assert!(said.contains("the reference has neither X nor Y"), "{said}");
    refused(2, &["--sample-sex", "both"]);
    fs::write(&bed, "chr1\t1\t2\t1\nchr2\t0\t5\t3\n").unwrap();
    let said = refused(10, &["--ploidy-bed", bed.to_str().unwrap()]);
    assert!(
        said.contains("line 2: \"3\" in column 4 is no ploidy"),
        "{said}"
    );
}

#[test]
fn a_replay_repeats_every_option_of_calling() {
    let out = folder();
    let path = |name: &str| out.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("ploidy.bed"), "chr2\t0\t5000\t1\n").unwrap();
    let start = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
    let known = "chr1\t387\trs1\tA\tC\t.\t.\t.\nchr2\t744\trs2\tT\tC\t.\t.\t.\n";
    fs::write(path("known.vcf"), format!("{start}{known}")).unwrap();
    let first = out.path().join("first");
    let mut command = small().command("run", &first);
    command.args([
        "-L",
        "chr1:300-9000",
        "-L",
        "chr2",
        "--vc-target-bed-padding",
        "20",
    ]);
    command.args(["--vc-hard-filter", "Low:all:QUAL<40 || DP<4"]);
    command.args([
        "--ploidy-bed",
        &path("ploidy.bed"),
        "--dbsnp",
        &path("known.vcf"),
    ]);
    command.args(["--vc-forcegt-vcf", &path("known.vcf")]);
    succeed(command);
    let second = out.path().join("second");
    replay("run", &first, &second);
    let file = "s.hard-filtered.vcf.gz";
    assert!(fs::read(first.join(file)).unwrap() == fs::read(second.join(file)).unwrap());
    let text = text(&second);
    let line = text.lines().find(|line| line.contains("\trs1\t")).unwrap();
    assert!(line.contains(";FGT;NML;DB\t"), "{line}");
    assert!(text.contains("\tLow\t"));
}
