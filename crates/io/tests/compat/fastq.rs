//! Real FASTQ against samtools import.

use std::fs::File;

use fafnir_io::ReadPairBatch;
use fafnir_io::fastq::{FastqInput, FastqOptions, Layout, PairReader};

use crate::{data, have, output};

#[test]
fn real_pairs() {
    let stem = "hg002/HG002_NIST2x148_30x_chr20_10.00-10.10M_R";
    let (Some(one), Some(two)) = (
        data(&format!("{stem}1.fastq.gz")),
        data(&format!("{stem}2.fastq.gz")),
    ) else {
        return;
    };
    if !have("samtools") {
        return;
    }
    let open = |path: &std::path::Path| FastqInput {
        file: path.display().to_string(),
        read: File::open(path).unwrap(),
    };
    let mut text = String::new();
    let layout = Layout::Paired(open(&one), open(&two));
    let mut reader = PairReader::spawn(layout, FastqOptions::default()).unwrap();
    let mut batch = ReadPairBatch::default();
    while reader.next_batch(&mut batch).unwrap() {
        for i in 0..batch.len() {
            for (reads, flag) in [(&batch.first, 77), (&batch.second, 141)] {
                let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                let qualities: Vec<u8> = reads.qualities(i).iter().map(|q| q + 33).collect();
                text += &format!(
                    "{}\t{flag}\t*\t0\t0\t*\t*\t0\t0\t{}\t{}\n",
                    string(reads.name(i)),
                    string(reads.bases(i)),
                    string(&qualities)
                );
            }
        }
    }
    assert!(reader.templates() > 1000);
    reader.finish().unwrap();
    let expected = output(
        "samtools",
        &[
            "import",
            "-O",
            "sam",
            "-1",
            one.to_str().unwrap(),
            "-2",
            two.to_str().unwrap(),
        ],
    );
    let expected: String = expected
        .split_inclusive('\n')
        .filter(|l| !l.starts_with('@'))
        .collect();
    assert!(text == expected);
}
