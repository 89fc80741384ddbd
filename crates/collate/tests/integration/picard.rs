//! Duplicates as Picard's MarkDuplicates finds them, order as samtools sorts.

use std::path::Path;
use std::process::Command;

use fafnir_collate::{Options, SortedTiles};
use fafnir_io::bam::Records;

use crate::budget::some_templates;
use crate::order::{collate, concatenate, options};
use crate::sam::{self, data, installed, key};
use crate::templates::batches;

const PICARD: &str = "PicardCommandLine";

/// Picard's duplicates among query-grouped records: SAM lines and metrics lines.
fn mark_duplicates(folder: &Path, text: &str) -> (Vec<String>, Vec<String>) {
    let path = |name: &str| folder.join(name);
    std::fs::write(path("in.sam"), text).unwrap();
    let output = Command::new(PICARD)
        .arg("MarkDuplicates")
        .arg(format!("INPUT={}", path("in.sam").display()))
        .arg(format!("OUTPUT={}", path("out.sam").display()))
        .arg(format!("METRICS_FILE={}", path("metrics").display()))
        .args(["ASSUME_SORT_ORDER=queryname", "READ_NAME_REGEX=null"])
        .args(["VALIDATION_STRINGENCY=SILENT", "ADD_PG_TAG_TO_READS=false"])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let lines = |name: &str| -> Vec<String> {
        let text = std::fs::read_to_string(path(name)).unwrap();
        text.lines().map(str::to_owned).collect()
    };
    (lines("out.sam"), lines("metrics"))
}

/// Names of records with the duplicate flag and their flags, sorted.
fn flags_of_sam(lines: &[String]) -> Vec<(String, u16)> {
    let mut flags: Vec<_> = lines
        .iter()
        .filter(|line| !line.starts_with('@'))
        .map(|line| {
            let mut fields = line.split('\t');
            let name = fields.next().unwrap().to_owned();
            (name, fields.next().unwrap().parse().unwrap())
        })
        .collect();
    flags.sort();
    flags
}

fn flags_of_tiles(mut tiles: SortedTiles) -> Vec<(String, u16)> {
    let mut flags = Vec::new();
    while let Some(tile) = tiles.next_tile().unwrap() {
        let records = Records::new(&tile.bytes);
        flags.extend(records.map(|r| {
            let (name, flag, ..) = key(&r);
            (name, flag)
        }));
    }
    flags.sort();
    flags
}

#[test]
fn random_templates_as_picard() {
    if !installed(PICARD) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let batches = batches(&some_templates(20_000), 100);
    let (lines, metrics) = mark_duplicates(folder.path(), &sam::write(&batches));
    let tiles = collate(options(u64::MAX), &batches);
    for (i, library) in tiles.metrics().libraries.iter().enumerate() {
        let name = format!("lib{i}\t");
        let line = metrics.iter().find(|l| l.starts_with(&name)).unwrap();
        let size = library.estimated_library_size();
        let ours = format!(
            "{name}{}\t{}\t{}\t{}\t{}\t{}\t0\t{}\t{}",
            library.unpaired_reads_examined,
            library.read_pairs_examined,
            library.secondary_or_supplementary_reads,
            library.unmapped_reads,
            library.unpaired_read_duplicates,
            library.read_pair_duplicates,
            // Picard's metrics files have six decimals.
            format!("{:.6}", library.percent_duplication().unwrap()).trim_end_matches('0'),
            size.map_or(String::new(), |s| s.to_string()),
        );
        assert_eq!(ours, *line);
    }
    let theirs = flags_of_sam(&lines);
    let marked = theirs.iter().filter(|f| f.1 & 0x400 != 0).count();
    assert!(marked > 1000 && marked < theirs.len() - 1000);
    assert!(flags_of_tiles(tiles) == theirs);
}

#[test]
fn order_as_samtools() {
    if !installed("samtools") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let batches = batches(&some_templates(20_000), 100);
    let unmarked = Options {
        mark_duplicates: false,
        ..options(u64::MAX)
    };
    let ours = concatenate(collate(unmarked, &batches));
    let path = folder.path().join("in.sam");
    std::fs::write(&path, sam::write(&batches)).unwrap();
    let output = Command::new("samtools")
        .args(["sort", "--no-PG", "-O", "sam"])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let theirs: Vec<String> = text
        .lines()
        .filter(|line| !line.starts_with('@'))
        .map(|line| line.split('\t').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    let ours: Vec<String> = Records::new(&ours)
        .map(|r| format!("{} {}", key(&r).0, r.flag()))
        .collect();
    let differing = ours.iter().zip(&theirs).position(|(a, b)| a != b);
    assert_eq!((ours.len(), differing), (theirs.len(), None));
}

#[test]
fn picards_own_cases() {
    let Some(folder) = data() else { return };
    if !installed(PICARD) {
        return;
    }
    let mut cases = Vec::new();
    for group in ["picard", "CheckDuplicateMarking"] {
        for entry in std::fs::read_dir(folder.join(group)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "sam") {
                cases.push(std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(cases.len() > 20, "{}", cases.len());
    let text = combined(&cases);
    let scratch = tempfile::tempdir().unwrap();
    let (theirs, _) = mark_duplicates(scratch.path(), &text);
    let (batch, contig_lengths) = sam::read(&text);
    let options = Options {
        contig_lengths,
        library_of_read_group: vec![0],
        ..options(u64::MAX)
    };
    let ours = flags_of_tiles(collate(options, &[batch]));
    assert_eq!(ours, flags_of_sam(&theirs));
}

/// One SAM text of several, without tags, each case with contigs and names of its own (Picard
/// takes seconds to start), the records of a name together.
fn combined(cases: &[String]) -> String {
    let mut header = String::from("@HD\tVN:1.6\tGO:query\n");
    let mut all = String::new();
    for (case, text) in cases.iter().enumerate() {
        let contigs = text.lines().filter(|line| line.starts_with("@SQ"));
        contigs.for_each(|line| {
            let line = line.replace("\tSN:", &format!("\tSN:{case}."));
            header.push_str(&(line + "\n"));
        });
        let mut records: Vec<Vec<String>> = text
            .lines()
            .filter(|line| !line.starts_with('@'))
            .map(|line| line.split('\t').take(11).map(str::to_owned).collect())
            .collect();
        let names: Vec<String> = records.iter().map(|r| r[0].clone()).collect();
        records.sort_by_key(|r| names.iter().position(|name| *name == r[0]));
        for mut record in records {
            for field in [0, 2, 6] {
                if record[field] != "*" && record[field] != "=" {
                    record[field].insert_str(0, &format!("{case}."));
                }
            }
            all.push_str(&(record.join("\t") + "\n"));
        }
    }
    header + &all
}
