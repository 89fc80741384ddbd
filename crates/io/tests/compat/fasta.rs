//! FASTA against samtools.

use std::fs::{self, File};
use std::process::Command;

use fafnir_io::fasta;
use fafnir_io::reference::ContigId;

use crate::{Random, data, have, output};

/// The same bytes, and the same files refused.
#[test]
fn index() {
    if !have("samtools") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ref.fa");
    let mut random = Random(1);
    let (mut even, mut refused) = (0, 0);
    let fixed = [
        ">a one\nACGT\nAC\n>b\tx\nACG\n\n>c\nA\n",
        ">a\r\nACGT\r\nAC\r\n>b\r\nA",
        ">a\nACGT",
        ">a\nACGT\nACGT\n>b\nACGTACGT\nACG",
    ];
    let drawn = (0..60).map(|_| {
        let mut text = String::new();
        for contig in 0..1 + random.below(3) {
            let end = ["\n", "\n", "\r\n"][random.below(3) as usize];
            text += &format!(">c{contig} text{end}");
            let width = 1 + random.below(12);
            for _ in 0..random.below(4) {
                text += &"ACGTN".repeat(3)[..width as usize];
                text += end;
            }
            let longer = u32::from(random.below(4) == 0);
            let last = 1 + random.below(width + longer);
            text += &"ACGTN".repeat(3)[..last as usize];
            text += end;
        }
        text
    });
    for text in fixed.map(String::from).into_iter().chain(drawn) {
        fs::write(&path, &text).unwrap();
        let run = Command::new("samtools")
            .args(["faidx", path.to_str().unwrap(), "--fai-idx"])
            .arg(directory.path().join("fai"))
            .output()
            .unwrap();
        let ours = fasta::read_with_index("ref.fa", text.as_bytes());
        assert_eq!(ours.is_ok(), run.status.success(), "{text}");
        match ours {
            Ok((_, fai)) => {
                let theirs = fs::read_to_string(directory.path().join("fai")).unwrap();
                assert_eq!(fai.to_string(), theirs, "{text}");
                even += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(even > 30 && refused > 3, "{even}, {refused}");
}

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
