//! gVCF files: every base once, the same bytes every time, and what bcftools says of them.

use std::{
    collections::BTreeMap,
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use crate::determinism::{assert_same, results};
use crate::support::{folder, gunzip, run, small, succeed, tiled, tiled_results, tool};

const VCF: &str = "s.hard-filtered.vcf.gz";
const GVCF: &str = "s.hard-filtered.gvcf.gz";

/// Calls the shared BAM file into `out`.
fn call(out: &Path, args: &[&str]) -> PathBuf {
    let mut command = tiled().command("call", out);
    command
        .arg("-b")
        .arg(tiled_results().join("s.bam"))
        .args(args);
    succeed(command);
    out.join(GVCF)
}

/// What a line speaks of, and whether it is a block.
struct Line {
    contig: String,
    span: Range<u64>,
    is_block: bool,
    fields: Vec<String>,
}

impl Line {
    fn of_sample(&self, key: &str) -> Option<&str> {
        let keys = self.fields[8].split(':');
        let at = keys.into_iter().position(|k| k == key)?;
        self.fields[9].split(':').nth(at)
    }
}

fn lines(path: &Path) -> Vec<Line> {
    let text = String::from_utf8(gunzip(path)).unwrap();
    let records = text.lines().filter(|line| !line.starts_with('#'));
    records
        .map(|line| {
            let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
            let start = fields[1].parse::<u64>().unwrap() - 1;
            let named = fields[7].split(';').find_map(|f| f.strip_prefix("END="));
            let end = named.map_or(start + fields[3].len() as u64, |end| end.parse().unwrap());
            Line {
                contig: fields[0].clone(),
                span: start..end,
                is_block: fields[4] == "<NON_REF>",
                fields,
            }
        })
        .collect()
}

/// Each base of `targets` is in one block, or in records.
fn assert_whole(lines: &[Line], targets: &BTreeMap<String, Vec<Range<u64>>>) {
    for (contig, targets) in targets {
        let length = targets.iter().map(|t| t.end).max().unwrap() as usize + 1_000;
        let (mut blocks, mut records) = (vec![0u8; length], vec![0u8; length]);
        for line in lines.iter().filter(|l| l.contig == *contig) {
            let counts = if line.is_block {
                &mut blocks
            } else {
                &mut records
            };
            for at in line.span.clone() {
                counts[at as usize] = counts[at as usize].saturating_add(1);
            }
        }
        for at in 0..length {
            let place = format!("{contig}:{}", at + 1);
            if targets.iter().any(|t| t.contains(&(at as u64))) {
                let (block, record) = (blocks[at], records[at] > 0);
                assert_eq!(block, u8::from(!record), "{place}: blocks, beside {record}");
            } else {
                assert_eq!(blocks[at], 0, "{place} is no target");
            }
        }
    }
}

fn contigs() -> BTreeMap<String, Vec<Range<u64>>> {
    let index = fs::read_to_string(&tiled().reference).unwrap();
    let mut all: BTreeMap<String, Vec<Range<u64>>> = BTreeMap::new();
    let mut name = String::new();
    for line in index.lines() {
        match line.strip_prefix('>') {
            Some(header) => {
                name = header.split_whitespace().next().unwrap().to_owned();
                all.insert(name.clone(), vec![Range::default()]);
            }
            None => all.get_mut(&name).unwrap()[0].end += line.len() as u64,
        }
    }
    all
}

#[test]
fn the_same_bytes_beside_the_same_vcf() {
    let [one, many] = [folder(), folder()];
    let gvcf = call(one.path(), &["-E", "gvcf", "-t", "1"]);
    call(
        many.path(),
        &["--vc-emit-ref-confidence", "GVCF", "-t", "7"],
    );
    let of = |folder: &Path| -> Vec<_> {
        let all = results(folder).into_iter();
        all.filter(|(name, _)| name.contains("vcf")).collect()
    };
    assert_same(&of(one.path()), &of(many.path()), "7 threads");
    assert_eq!(of(one.path()).len(), 4);
    assert!(
        fs::read(one.path().join(VCF)).unwrap() == fs::read(tiled_results().join(VCF)).unwrap(),
        "a gVCF file changes the VCF file"
    );

    let all = lines(&gvcf);
    assert_whole(&all, &contigs());
    // Every call is there, with its genotype, and no allele has less than all its values.
    let called = lines(&one.path().join(VCF));
    assert!(called.len() > 1_000, "{} calls", called.len());
    let detailed: BTreeMap<(&str, u64), &Line> = all
        .iter()
        .filter(|l| !l.is_block)
        .map(|l| ((l.contig.as_str(), l.span.start), l))
        .collect();
    for call in &called {
        let detailed = detailed[&(call.contig.as_str(), call.span.start)];
        assert_eq!(detailed.fields[4], format!("{},<NON_REF>", call.fields[4]));
        for key in ["GT", "GQ", "DP", "PS"] {
            assert_eq!(
                detailed.of_sample(key),
                call.of_sample(key),
                "{:?}",
                call.fields
            );
        }
        for (key, ploidy) in [("AD", 1), ("F1R2", 1), ("PL", 2), ("GP", 2)] {
            let alleles = detailed.fields[4].split(',').count() + 1;
            let values = detailed.of_sample(key).unwrap().split(',').count();
            let expected = [alleles, alleles * (alleles + 1) / 2][ploidy - 1];
            assert_eq!(values, expected, "{key} of {:?}", detailed.fields);
        }
    }
    // Ten fragments deep, all but a few bases are sure to be the reference.
    let sure = all
        .iter()
        .filter(|l| l.is_block && l.of_sample("GT") == Some("0/0"));
    let bases: u64 = sure.map(|l| l.span.end - l.span.start).sum();
    let length: u64 = contigs().values().map(|t| t[0].end).sum();
    assert!(bases > length * 9 / 10, "{bases} of {length}");
}

#[test]
fn each_base_within_targets() {
    let out = folder();
    let name = contigs().keys().next().unwrap().clone();
    // Across a tile's border, and a target of one base.
    let wanted = [262_000..262_500, 5_000..5_001, 40_000..41_500];
    let mut args = vec!["-E".to_owned(), "BP_RESOLUTION".to_owned()];
    for target in &wanted {
        args.push(format!("-L={name}:{}-{}", target.start + 1, target.end));
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let all = lines(&call(out.path(), &args));
    assert!(
        all.iter()
            .all(|l| !l.is_block || l.span.end == l.span.start + 1)
    );
    assert_whole(&all, &BTreeMap::from([(name, wanted.to_vec())]));
}

#[test]
fn it_is_signed() {
    let out = folder();
    let mut command = small().command("run", out.path());
    command.args(["-E", "GVCF", "--vc-gvcf-gq-bands", "10", "20", "30", "40"]);
    succeed(command);
    let text = String::from_utf8(gunzip(&out.path().join(GVCF))).unwrap();
    let bands = text.lines().filter(|l| l.starts_with("##GVCFBlock"));
    assert_eq!(bands.count(), 5);
    let said = run(["verify".as_ref(), out.path().as_os_str()]).stdout;
    assert!(String::from_utf8_lossy(&said).contains("s.hard-filtered.gvcf.gz: unchanged"));
    let path = out.path().join(GVCF);
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 40;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    let said = crate::support::fails(11, ["verify".as_ref(), out.path()]);
    assert!(said.contains("gvcf"), "{said}");
}

#[test]
fn bcftools_takes_it() {
    if tool("bcftools").is_none() {
        return;
    }
    let [one, two] = [folder(), folder()];
    let gvcf = call(one.path(), &["-E", "GVCF"]);
    // Another sample: every other read group's name would do, but a name is enough for merging.
    let other = two.path().join("other.gvcf.gz");
    let bcftools = |args: &[&str]| {
        let mut command = tool("bcftools").unwrap();
        command.args(args);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "bcftools {args:?}: {said}");
        assert!(!said.contains("[W::"), "bcftools {args:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let (gvcf, other) = (gvcf.to_str().unwrap(), other.to_str().unwrap());
    let reference = tiled().reference.to_str().unwrap();
    let names = two.path().join("names");
    fs::write(&names, "other\n").unwrap();
    bcftools(&["reheader", "-s", names.to_str().unwrap(), "-o", other, gvcf]);
    bcftools(&["index", "-t", other]);

    assert!(bcftools(&["view", "-H", gvcf]).lines().count() > 1_000);
    let checked = bcftools(&["norm", "-c", "e", "-f", reference, gvcf]);
    assert!(checked.lines().count() > 1_000);
    // Our index is that which bcftools makes.
    let stats = |path: &str| bcftools(&["index", "-s", path]);
    assert_eq!(stats(gvcf), stats(other));
    // Blocks become bases: as many as there are.
    let (name, spans) = contigs().into_iter().next().unwrap();
    let region = format!("{name}:1000-3000");
    let whole = bcftools(&[
        "convert",
        "--gvcf2vcf",
        "-f",
        reference,
        "-r",
        &region,
        gvcf,
    ]);
    let whole: Vec<u64> = whole
        .lines()
        .filter(|l| !l.starts_with('#'))
        .map(|l| l.split('\t').nth(1).unwrap().parse().unwrap())
        .filter(|at| (1_000..=3_000).contains(at))
        .collect();
    assert!(
        whole.len() >= 1_900 && spans[0].end > 3_000,
        "{}",
        whole.len()
    );
    let merged = bcftools(&["merge", "-g", reference, gvcf, other]);
    let merged: Vec<&str> = merged.lines().filter(|l| !l.starts_with('#')).collect();
    assert!(merged.len() > 1_000);
    // Two samples alike: what one has, the other has.
    for line in merged {
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(fields[9], fields[10], "{line}");
    }
}
