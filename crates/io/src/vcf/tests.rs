#![allow(clippy::unwrap_used)]

use super::*;

fn number(value: f32) -> String {
    let mut out = Vec::new();
    write_number(value, &mut out);
    String::from_utf8(out).unwrap()
}

fn record() -> Record {
    Record {
        contig: ContigId(0),
        position: 9,
        reference: b"AC".to_vec(),
        alternates: vec![b"A".to_vec(), b"*".to_vec()],
        quality: 30.456,
        filters: vec![],
        info: vec![("DP", "3".into()), ("DB", String::new())],
        format: vec![("GT", "1/2".into()), ("GQ", String::new())],
    }
}

fn line(record: &Record) -> String {
    let mut out = Vec::new();
    record.write_text("chr1", &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn numbers() {
    for (value, text) in [
        (0.0, "0"),
        (-0.001, "0"),
        (100.0, "100"),
        (30.5, "30.5"),
        (30.456, "30.46"),
        (-1.25, "-1.25"),
        (f32::NAN, "."),
        (f32::INFINITY, "."),
    ] {
        assert_eq!(number(value), text);
    }
}

#[test]
fn lines() {
    assert_eq!(
        line(&record()),
        "chr1\t10\t.\tAC\tA,*\t30.46\tPASS\tDP=3;DB\tGT:GQ\t1/2:.\n"
    );
    let bare = Record {
        alternates: vec![],
        filters: vec!["a", "b"],
        info: vec![],
        format: vec![],
        quality: f32::NAN,
        ..record()
    };
    assert_eq!(line(&bare), "chr1\t10\t.\tAC\t.\t.\ta;b\t.\t.\t.\n");
    assert_eq!(bare.end(), 11);
    let block = Record {
        info: vec![("END", "50".into())],
        ..record()
    };
    assert_eq!(block.end(), 50);
}

#[test]
fn disorder_is_an_error() {
    let contig = |name: &str| crate::bam::header::HeaderContig {
        name: name.into(),
        length: 1000,
        md5: None,
    };
    let header = VcfHeader {
        contigs: vec![contig("a"), contig("b")],
        ..VcfHeader::default()
    };
    let at = |contig, position| Record {
        contig: ContigId(contig),
        position,
        ..record()
    };
    let mut compressor = crate::bgzf::Compressor::new(1).unwrap();
    for (records, good) in [
        (vec![at(0, 5), at(0, 5), at(1, 1)], true),
        (vec![at(0, 5), at(0, 4)], false),
        (vec![at(1, 5), at(0, 6)], false),
        (vec![at(2, 5)], false),
    ] {
        let mut writer = VcfWriter::new(Vec::new(), &header, 1).unwrap();
        let result = VcfTile::new(&records, &header, &mut compressor)
            .and_then(|tile| writer.write_tile(&tile));
        assert_eq!(result.is_ok(), good);
    }
}
