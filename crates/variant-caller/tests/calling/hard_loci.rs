//! Real puzzling loci, each with the call that its curators expect (pd3/mpileup-tests).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fafnir_fpga_hal::Hal;
use fafnir_io::bam::aux::AuxValue;
use fafnir_io::bam::{RecordView, Records};
use fafnir_io::{ContigId, Reference, bgzf, fasta};
use fafnir_variant_caller::{Caller, CallerOptions, Model, Scratch};

/// Cases, of 47, that must be right: every allele called, and none that its curators call wrong.
const LEAST: usize = 40;

fn data() -> Option<PathBuf> {
    let root = std::env::var_os("FAFNIR_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join("hard-loci");
    if path.exists() {
        return Some(path);
    }
    let why = format!("SKIPPED: {} is missing\n", path.display());
    std::io::stderr().write_all(why.as_bytes()).unwrap();
    None
}

/// An allele at its leftmost place: 0-based position, REF, ALT.
type Placed = (usize, Vec<u8>, Vec<u8>);

/// Left-aligned and parsimonious.
fn normal(contig: &[u8], position: usize, reference: &[u8], alternate: &[u8]) -> Placed {
    let (mut at, mut from, mut to) = (position, reference.to_vec(), alternate.to_vec());
    loop {
        if from.last() == to.last() && from.len() + to.len() > 2 {
            from.pop();
            to.pop();
        } else if !from.is_empty() && !to.is_empty() {
            break;
        }
        if from.is_empty() || to.is_empty() {
            if at == 0 {
                break;
            }
            at -= 1;
            from.insert(0, contig[at]);
            to.insert(0, contig[at]);
        }
    }
    while from.len() > 1 && to.len() > 1 && from[0] == to[0] {
        from.remove(0);
        to.remove(0);
        at += 1;
    }
    (at, from, to)
}

/// Records of each read group of each file: a sample each, in the files' order. Some reach beyond the end
/// of their contig, which was cut out of a genome: our own reader refuses those.
fn samples(folder: &Path, files: &str) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for file in files.split(' ') {
        let mut bytes = Vec::new();
        let file = File::open(folder.join(file)).unwrap();
        bgzf::Reader::new(file).read_to_end(&mut bytes).unwrap();
        let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        // Magic, text, then the contigs: each a name and a length.
        let mut at = 8 + number(4);
        let contigs = number(at);
        at += 4;
        for _ in 0..contigs {
            at += 8 + number(at);
        }
        let mut groups: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for record in Records::new(&bytes[at..]) {
            let group = match record.aux(b"RG") {
                Some(AuxValue::Text(name)) => name.to_vec(),
                _ => Vec::new(),
            };
            let of = groups.entry(group).or_default();
            of.extend_from_slice(&(record.as_bytes().len() as u32).to_le_bytes());
            of.extend_from_slice(record.as_bytes());
        }
        all.extend(groups.into_values());
    }
    all
}

/// The alleles that pass in any sample.
fn called(reference: &Arc<Reference>, contig: &[u8], samples: &[Vec<u8>]) -> Vec<Placed> {
    let (options, model) = (CallerOptions::default(), Model::default());
    let caller = Caller::new(options, Arc::clone(reference), model, Hal::new().unwrap());
    let mut found = Vec::new();
    for sample in samples {
        let views: Vec<RecordView<'_>> = Records::new(sample).collect();
        let span = 0..contig.len() as u32;
        let records = caller.call_span(ContigId(0), span, &views, &mut Scratch::default());
        for record in records.iter().filter(|r| r.filters.is_empty()) {
            let at = record.position as usize;
            for alternate in record.alternates.iter().filter(|a| *a != b"*") {
                found.push(normal(contig, at, &record.reference, alternate));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

#[test]
fn most_of_the_hard_loci_are_called() {
    let Some(folder) = data() else { return };
    let lines = std::fs::read_to_string(folder.join("expected.tsv")).unwrap();
    let (mut right, mut cases, mut report) = (0, 0, String::new());
    for line in lines.lines().filter(|l| !l.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let folder = folder.join("dat").join(fields[0]);
        let fasta = File::open(folder.join(fields[1])).unwrap();
        let reference = Arc::new(fasta::read(fields[1], fasta).unwrap());
        let mut codes = Vec::new();
        reference.bases(ContigId(0), 0..reference.contigs()[0].length, &mut codes);
        let contig: Vec<u8> = codes.iter().map(|&c| b"ACGTN"[usize::from(c)]).collect();
        let found = called(&reference, &contig, &samples(&folder, fields[2]));
        let (mut expected, mut wrong) = (Vec::new(), Vec::new());
        for site in fields[4].split(';') {
            let columns: Vec<&str> = site.split_whitespace().collect();
            let at: usize = columns[0].rsplit(':').next().unwrap().parse().unwrap();
            for alternate in columns[2].split(',') {
                let [from, to] = [columns[1], alternate].map(str::as_bytes);
                let allele = normal(&contig, at - 1, from, to);
                if columns.get(3..) == Some(&["wrong"]) {
                    wrong.push(allele);
                } else {
                    expected.push(allele);
                }
            }
        }
        cases += 1;
        let text = |alleles: Vec<&Placed>| -> String {
            let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
            let each = alleles.iter();
            each.map(|(at, from, to)| format!(" {}:{}>{}", at + 1, text(from), text(to)))
                .collect()
        };
        let missed: Vec<&Placed> = expected.iter().filter(|e| !found.contains(e)).collect();
        let extra: Vec<&Placed> = found.iter().filter(|f| !expected.contains(f)).collect();
        right += usize::from(missed.is_empty() && !found.iter().any(|f| wrong.contains(f)));
        if !missed.is_empty() || !extra.is_empty() {
            report += &format!(
                "{}: missed{}; also called{}\n",
                fields[2],
                text(missed),
                text(extra)
            );
        }
    }
    println!("{right} of {cases}\n{report}");
    assert!(right >= LEAST, "{right} of {cases}\n{report}");
}
