//! SAM text, to ask other programs.

use std::fmt::Write;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use fafnir_io::bam::{RecordBatch, RecordFields, RecordView, encode};

use crate::templates::{CONTIG_LENGTHS, LIBRARIES};

/// The records in input order, as SAM grouped by query name.
pub(crate) fn write(batches: &[RecordBatch]) -> String {
    let mut text = String::from("@HD\tVN:1.6\tSO:unsorted\tGO:query\n");
    for (i, length) in CONTIG_LENGTHS.iter().enumerate() {
        writeln!(text, "@SQ\tSN:c{i}\tLN:{length}").unwrap();
    }
    for (i, library) in LIBRARIES.iter().enumerate() {
        writeln!(text, "@RG\tID:rg{i}\tLB:lib{library}\tSM:s\tPL:ILLUMINA").unwrap();
    }
    let contig = |c: i32| match c {
        -1 => "*".to_owned(),
        c => format!("c{c}"),
    };
    for batch in batches {
        for record in (0..batch.len()).flat_map(|i| batch.template(i)) {
            let cigar: String = record
                .cigar()
                .map(|op| format!("{}{}", op.length, char::from(op.kind)))
                .collect();
            let qualities = record.qualities().iter();
            writeln!(
                text,
                "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\tRG:Z:rg{}",
                String::from_utf8_lossy(record.name()),
                record.flag(),
                contig(record.contig()),
                record.position() + 1,
                record.mapping_quality(),
                if cigar.is_empty() { "*" } else { &cigar },
                contig(record.mate_contig()),
                record.mate_position() + 1,
                record.template_length(),
                "A".repeat(record.length()),
                qualities.map(|q| char::from(q + 33)).collect::<String>(),
                batch.read_group
            )
            .unwrap();
        }
    }
    text
}

/// A batch of all records of SAM text, grouped by name in the order of first appearance, with the
/// contigs' lengths. All are of read group 0.
pub(crate) fn read(text: &str) -> (RecordBatch, Vec<u32>) {
    let mut names = Vec::new();
    let mut lengths = Vec::new();
    let mut templates: Vec<(&str, Vec<u8>)> = Vec::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        if fields[0] == "@SQ" {
            let tag = |t| fields.iter().find_map(|f| f.strip_prefix(t)).unwrap();
            names.push(tag("SN:"));
            lengths.push(tag("LN:").parse().unwrap());
        }
        if line.starts_with('@') {
            continue;
        }
        let contig = |name: &str| {
            names
                .iter()
                .position(|n| *n == name)
                .map_or(-1, |i| i as i32)
        };
        let own = contig(fields[2]);
        let qualities: Vec<u8> = match fields[10] {
            "*" => vec![255; fields[9].len()],
            text => text.bytes().map(|q| q - 33).collect(),
        };
        let record = RecordFields {
            name: fields[0].as_bytes(),
            flag: fields[1].parse().unwrap(),
            contig: own,
            position: fields[3].parse::<i32>().unwrap() - 1,
            mapping_quality: fields[4].parse().unwrap(),
            cigar: &cigar(fields[5]),
            mate_contig: if fields[6] == "=" {
                own
            } else {
                contig(fields[6])
            },
            mate_position: fields[7].parse::<i32>().unwrap() - 1,
            template_length: fields[8].parse().unwrap(),
            bases: fields[9].as_bytes(),
            qualities: &qualities,
        };
        let place = templates.iter().position(|t| t.0 == fields[0]);
        let place = place.unwrap_or_else(|| {
            templates.push((fields[0], Vec::new()));
            templates.len() - 1
        });
        encode(&record, &mut templates[place].1, |_| ());
    }
    let mut batch = RecordBatch::default();
    for (_, bytes) in templates {
        batch.bytes.extend_from_slice(&bytes);
        batch.template_ends.push(batch.bytes.len());
    }
    (batch, lengths)
}

fn cigar(text: &str) -> Vec<u32> {
    let mut length = 0;
    let mut cigar = Vec::new();
    for byte in text.bytes().filter(|b| *b != b'*') {
        if byte.is_ascii_digit() {
            length = 10 * length + u32::from(byte - b'0');
        } else {
            let kind = b"MIDNSHP=X".iter().position(|k| *k == byte).unwrap();
            cigar.push(length << 4 | kind as u32);
            length = 0;
        }
    }
    cigar
}

/// Name and place of a record.
pub(crate) fn key(record: &RecordView<'_>) -> (String, u16, i32, i32) {
    let name = String::from_utf8_lossy(record.name()).into_owned();
    (name, record.flag(), record.contig(), record.position())
}

/// Whether `program` can be run; where it cannot, says so, and fails where it must not be missing.
pub(crate) fn installed(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        let required = std::env::var("FAFNIR_REQUIRE").is_ok_and(|r| r == "all");
        assert!(!required, "{program} is required and missing");
        let _ = writeln!(std::io::stderr(), "SKIPPED: no {program}");
    }
    found
}

/// Folder of the test data, if it is there.
pub(crate) fn data() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = std::env::var_os("FAFNIR_TEST_DATA")
        .map_or_else(|| root.join("../shared/data"), |p| root.join(p));
    let folder = folder.join("mark-duplicates");
    let found = folder.is_dir();
    if !found {
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: no test data at {}",
            folder.display()
        );
    }
    found.then_some(folder)
}
