//! `fafnir genotype`: gVCF files that tests make, whose genotypes are known.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use fafnir_io::bgzf::{Compressor, EOF_BLOCK};
use tempfile::TempDir;

use crate::support::{
    fafnir, fails, folder, gunzip, names, run, small, succeed, tiled, tool, trusted,
};

const SAMPLES: [&str; 4] = ["dad", "mum", "kid", "other"];
/// The site at which the child alone has a variant.
const NEW: (&str, usize) = ("chr1", 200_000);

/// What a site has, and copies of it in each sample.
struct Variant {
    reference: String,
    alternate: String,
    copies: [u8; 4],
}

/// gVCF files of a family and somebody else, and what is in them.
struct Cohort {
    folder: TempDir,
    files: Vec<PathBuf>,
    truth: BTreeMap<(String, usize), Variant>,
}

impl Cohort {
    fn new() -> Self {
        let (folder, contigs) = (folder(), contigs(&tiled().reference));
        let mut random = 12_345_u64;
        let mut draw = |below: u64| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let mut truth = BTreeMap::new();
        for (name, bases) in &contigs {
            let mut position = 50;
            while position + 20 < bases.len() {
                let [anchor, next @ ..] = &bases[position..position + 4] else {
                    unreachable!()
                };
                let plain = [&[*anchor], next]
                    .concat()
                    .iter()
                    .all(|b| b"ACGT".contains(b));
                let text = |bases: &[u8]| String::from_utf8(bases.to_vec()).unwrap();
                let other = text(&[if *anchor == b'A' { b'G' } else { b'A' }]);
                let (reference, alternate) = match draw(5) {
                    0 => (text(&bases[position..position + 4]), text(&[*anchor])),
                    1 => (text(&[*anchor]), text(&[*anchor]) + "TGTG"),
                    _ => (text(&[*anchor]), other),
                };
                let mut has = [[0_u64; 2]; 4];
                has.iter_mut()
                    .flatten()
                    .for_each(|copy| *copy = u64::from(draw(4) == 0));
                has[2] = [has[0][draw(2) as usize], has[1][draw(2) as usize]];
                let mut copies = has.map(|[a, b]| (a + b) as u8);
                if (name.as_str(), position) == NEW {
                    copies = [0, 0, 1, 0];
                }
                if plain && copies != [0; 4] {
                    let variant = Variant {
                        reference,
                        alternate,
                        copies,
                    };
                    truth.insert((name.clone(), position), variant);
                }
                position = match name.as_str() {
                    "chr1" if position < NEW.1 => NEW.1.min(position + 300 + draw(900) as usize),
                    _ => position + 300 + draw(900) as usize,
                };
            }
        }
        let files = (0..SAMPLES.len()).map(|sample| {
            let text = gvcf(sample, &contigs, &truth);
            let path = folder.path().join(format!("{}.g.vcf.gz", SAMPLES[sample]));
            fs::write(&path, bgzf(text.as_bytes())).unwrap();
            path
        });
        Self {
            files: files.collect(),
            folder,
            truth,
        }
    }

    fn command(&self, out: &Path) -> Command {
        command(&tiled().index, &self.files, out)
    }
}

fn command(index: &Path, files: &[PathBuf], out: &Path) -> Command {
    let mut command = fafnir();
    command.arg("genotype").arg("--ref").arg(index);
    for file in files {
        command.arg("--variant").arg(file);
    }
    command.arg("--output-directory").arg(out);
    command.args(["--output-file-prefix", "all", "--quiet"]);
    command
}

/// Names and upper-case bases.
fn contigs(fasta: &Path) -> Vec<(String, Vec<u8>)> {
    let text = String::from_utf8(gunzip(fasta)).unwrap();
    let records = text.split('>').skip(1).map(|record| {
        let (head, lines) = record.split_once('\n').unwrap();
        let name = head.split_whitespace().next().unwrap().to_owned();
        (name, lines.replace('\n', "").to_uppercase().into_bytes())
    });
    records.collect()
}

/// A sample's gVCF as GATK writes it, at thirtyfold depth.
fn gvcf(
    sample: usize,
    contigs: &[(String, Vec<u8>)],
    truth: &BTreeMap<(String, usize), Variant>,
) -> String {
    let mut out = String::from("##fileformat=VCFv4.2\n");
    for (name, bases) in contigs {
        writeln!(out, "##contig=<ID={name},length={}>", bases.len()).unwrap();
    }
    let name = SAMPLES[sample];
    writeln!(
        out,
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{name}"
    )
    .unwrap();
    for (name, bases) in contigs {
        let mut from = 0;
        let block = |out: &mut String, from: usize, to: usize| {
            if from < to {
                let (position, base) = (from + 1, char::from(bases[from]));
                write!(
                    out,
                    "{name}\t{position}\t.\t{base}\t<NON_REF>\t.\t.\tEND={to}\t"
                )
                .unwrap();
                out.push_str("GT:DP:GQ:MIN_DP:PL\t0/0:33:90:30:0,90,900\n");
            }
        };
        for ((_, start), variant) in truth
            .iter()
            .filter(|((contig, _), v)| contig == name && v.copies[sample] > 0)
        {
            block(&mut out, from, *start);
            let values = match variant.copies[sample] {
                1 => "0/1:15,15,0:30:90:400,0,400,450,450,900",
                _ => "1/1:0,30,0:30:90:900,90,0,900,90,900",
            };
            let (position, reference) = (start + 1, &variant.reference);
            let alternate = &variant.alternate;
            write!(
                out,
                "{name}\t{position}\t.\t{reference}\t{alternate},<NON_REF>\t50\t.\t"
            )
            .unwrap();
            writeln!(out, "DP=30;RAW_MQandDP=108000,30\tGT:AD:DP:GQ:PL\t{values}").unwrap();
            from = start + reference.len();
        }
        block(&mut out, from, bases.len());
    }
    out
}

fn bgzf(text: &[u8]) -> Vec<u8> {
    let mut bytes = Compressor::new(1).unwrap().compress_bytes(text).bytes;
    bytes.extend_from_slice(&EOF_BLOCK);
    bytes
}

const VCF: &str = "all.hard-filtered.vcf.gz";

#[test]
fn genotypes_are_those_of_the_samples_at_any_thread_count() {
    let cohort = Cohort::new();
    let outs = ["1", "5"].map(|threads| {
        let out = folder();
        let mut command = cohort.command(out.path());
        command.args(["-t", threads]);
        succeed(command);
        out
    });
    for name in [VCF, "all.hard-filtered.vcf.gz.tbi"] {
        let [one, five] = outs
            .each_ref()
            .map(|out| fs::read(out.path().join(name)).unwrap());
        assert!(one == five, "{name} differs");
    }
    let text = String::from_utf8(gunzip(&outs[0].path().join(VCF))).unwrap();
    let mut expected = cohort.truth.iter();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let ((contig, position), variant) = expected.next().unwrap();
        assert_eq!(columns[..2], [contig.as_str(), &(position + 1).to_string()]);
        assert_eq!(
            columns[3..5],
            [&variant.reference, &variant.alternate],
            "{line}"
        );
        assert_eq!(columns[6], "PASS", "{line}");
        assert!(columns[7].contains(";DP=120;MQ=60;"), "{line}");
        for (copies, sample) in variant.copies.iter().zip(&columns[9..]) {
            let genotype = ["0/0:30,0:30:", "0/1:15,15:30:", "1/1:0,30:30:"][usize::from(*copies)];
            assert!(sample.starts_with(genotype), "{line}");
        }
        let copies: u8 = variant.copies.iter().sum();
        assert!(columns[7].starts_with(&format!("AC={copies};")), "{line}");
    }
    assert!(expected.next().is_none());
    assert!(cohort.truth.len() > 700, "{} sites", cohort.truth.len());
    let said = run(["verify".as_ref(), outs[0].path()]).stdout;
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains(&format!("{VCF}: unchanged")), "{said}");
    let report = fafnir::verify_path(outs[0].path(), &[trusted()]).unwrap();
    assert_eq!(report.files.len(), names(outs[0].path()).len() - 1);
}

#[test]
fn bcftools_reads_what_is_written() {
    let Some(mut fill) = tool("bcftools") else {
        return;
    };
    let (cohort, out) = (Cohort::new(), folder());
    succeed(cohort.command(out.path()));
    let vcf = out.path().join(VCF);
    fill.args(["+fill-tags", "-Ov"])
        .arg(&vcf)
        .args(["--", "-t", "AC,AN,AF"]);
    let output = fill.output().unwrap();
    assert!(output.status.success());
    let tags = |text: &[u8]| -> Vec<String> {
        let text = String::from_utf8(text.to_vec()).unwrap();
        let records = text.lines().filter(|line| !line.starts_with('#'));
        let sorted = |line: &str| {
            let info = line.split('\t').nth(7).unwrap();
            let mut tags: Vec<&str> = info.split(';').collect();
            tags.sort_unstable();
            tags.join(";")
        };
        records.map(sorted).collect()
    };
    assert_eq!(tags(&output.stdout), tags(&gunzip(&vcf)));

    let mut norm = tool("bcftools").unwrap();
    let reference = out.path().join("ref.fa");
    fs::copy(&tiled().reference, &reference).unwrap();
    norm.args(["norm", "--check-ref", "e", "-Ou", "-f"])
        .arg(&reference)
        .arg(&vcf);
    succeed(norm);
    let mut view = tool("bcftools").unwrap();
    view.args(["view", "-H", "-r", "chr1:262000-262300,chr2"])
        .arg(&vcf);
    let inside = |(contig, position): &&(String, usize)| {
        contig == "chr2" || (261_990..262_300).contains(position)
    };
    let shown = succeed(view).iter().filter(|b| **b == b'\n').count();
    assert_eq!(shown, cohort.truth.keys().filter(inside).count());
}

#[test]
fn a_child_that_has_what_its_parents_lack_is_de_novo() {
    let (cohort, out) = (Cohort::new(), folder());
    let pedigree = cohort.folder.path().join("family.ped");
    fs::write(
        &pedigree,
        "f dad 0 0 1 1\nf mum 0 0 2 1\nf kid dad mum 2 2\n",
    )
    .unwrap();
    let mut command = cohort.command(out.path());
    command.arg("--pedigree").arg(&pedigree);
    command.args(["-L", "chr1:1-400000"]);
    succeed(command);
    let text = String::from_utf8(gunzip(&out.path().join(VCF))).unwrap();
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let last: Vec<&str> = columns[9..]
            .iter()
            .map(|s| s.rsplit(':').next().unwrap())
            .collect();
        assert_eq!((last[0], last[1], last[3]), (".", ".", "."), "{line}");
        match last[2] {
            "Inherited" => {}
            denovo => found.push((denovo.to_owned(), columns[1].to_owned())),
        }
    }
    assert_eq!(found, [("DeNovo".to_owned(), (NEW.1 + 1).to_string())]);
}

/// Runs with other files, and expects an error that leaves nothing behind.
#[track_caller]
fn refused(status: i32, files: &[PathBuf], more: &[&str]) -> String {
    let out = folder();
    let mut command = command(&small().index, files, out.path());
    command.args(more);
    let said = fails(status, command.get_args());
    assert_eq!(names(out.path()), [""; 0], "something was left behind");
    said
}

#[test]
fn damaged_input_publishes_nothing() {
    let (folder, contigs) = (folder(), contigs(&small().reference));
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let empty = BTreeMap::new();
    let good = gvcf(0, &contigs, &empty);
    let first = write("dad.g.vcf.gz", &bgzf(good.as_bytes()));
    let with = |other: PathBuf| refused(10, &[first.clone(), other], &[]);

    let whole = bgzf(gvcf(1, &contigs, &empty).as_bytes());
    for cut in [28, 40] {
        let said = with(write("cut.g.vcf.gz", &whole[..whole.len() - cut]));
        assert!(
            said.contains("cut.g.vcf.gz") && said.contains("truncated"),
            "{said}"
        );
    }
    let lines: Vec<&str> = good.lines().collect();
    let (head, body) = lines.split_at(lines.len() - contigs.len());
    let reversed: Vec<&str> = body.iter().rev().copied().collect();
    let unsorted = format!("{}\n{}\n", head.join("\n"), reversed.join("\n")).replace("dad", "mum");
    let said = with(write("unsorted.vcf", unsorted.as_bytes()));
    assert!(
        said.contains("unsorted.vcf: line") && said.contains("sort the file"),
        "{said}"
    );
    let said = with(write("other.vcf", good.replace("ID=", "ID=x").as_bytes()));
    assert!(said.contains("another reference"), "{said}");
    let said = with(write("twice.vcf", good.as_bytes()));
    assert!(said.contains("both have sample dad"), "{said}");
    let said = with(folder.path().join("missing.vcf"));
    assert!(said.contains("missing.vcf"), "{said}");
    let said = refused(2, &[first.clone(), first.clone()], &[]);
    assert!(said.contains("is given twice"), "{said}");

    let pedigree = write("bad.ped", b"f kid dad\n");
    let said = refused(
        10,
        std::slice::from_ref(&first),
        &["--pedigree", &pedigree.display().to_string()],
    );
    assert!(said.contains("bad.ped: line 1"), "{said}");
    let said = refused(20, &[first], &["--memory", "1"]);
    assert!(said.contains("--memory"), "{said}");
}

#[test]
fn too_many_files_for_the_process_are_told() {
    let (folder, contigs) = (folder(), contigs(&small().reference));
    let path = folder.path().join("dad.vcf");
    fs::write(&path, gvcf(0, &contigs, &BTreeMap::new())).unwrap();
    let out = folder.path().join("out");
    let limited = command(&small().index, &[path], &out);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "ulimit -n 40; exec \"$0\" \"$@\""])
        .arg(limited.get_program());
    shell.args(limited.get_args());
    for (name, value) in limited.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let output = shell.output().unwrap();
    let said = crate::support::stderr(&output);
    assert_eq!(output.status.code(), Some(20), "{said}");
    assert!(said.contains("raise the limit to 65"), "{said}");
}

#[test]
fn a_list_names_files_from_its_own_folder() {
    let (cohort, out) = (Cohort::new(), folder());
    let list = cohort.folder.path().join("list.txt");
    fs::write(&list, "dad.g.vcf.gz\n# not her\nkid.g.vcf.gz\n").unwrap();
    let mut command = command(&tiled().index, &[], out.path());
    command
        .arg("--variant-list")
        .arg(&list)
        .args(["-L", "chr2:1-5000"]);
    succeed(command);
    let text = String::from_utf8(gunzip(&out.path().join(VCF))).unwrap();
    assert!(text.contains("\tFORMAT\tdad\tkid\n"));
}
