//! FASTA against samtools.

use std::fs::{self, File};

use fafnir_io::fasta;
use fafnir_io::reference::ContigId;

use crate::{data, have, output};

#[test]
fn real_reference() {
    let Some(path) = data("grch38/chr20_chr21_10M.fa.gz") else {
        return;
    };
    if !have("samtools") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("ref.fa.gz");
    fs::copy(&path, &copy).unwrap();
    let copy = copy.to_str().unwrap();
    let reference = fasta::read(copy, File::open(copy).unwrap()).unwrap();
    let dict = output("samtools", &["dict", "-H", copy]);
    let mut lines = dict.lines();
    for contig in reference.contigs() {
        let md5: String = contig.md5.iter().map(|b| format!("{b:02x}")).collect();
        let expected = format!("@SQ\tSN:{}\tLN:{}\tM5:{md5}", contig.name, contig.length);
        assert!(lines.next().unwrap().starts_with(&expected));
    }
    assert_eq!(lines.next(), None);
    let name = &reference.contigs()[0].name;
    let plain = output("samtools", &["faidx", copy, name]);
    let (_, sequence) = plain.split_once('\n').unwrap();
    let mut bases = Vec::new();
    reference.bases(ContigId(0), 0..u32::MAX, &mut bases);
    let expected: Vec<u8> = sequence
        .bytes()
        .filter(|b| *b != b'\n')
        .map(|b| match b.to_ascii_uppercase() {
            b'A' => 0,
            b'C' => 1,
            b'G' => 2,
            b'T' => 3,
            _ => 4,
        })
        .collect();
    assert!(bases == expected);
}
