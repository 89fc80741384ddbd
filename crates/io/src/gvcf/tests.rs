#![allow(clippy::unwrap_used)]

use super::*;
use crate::bgzf::{Compressor, EOF_BLOCK};
use crate::{ContigId, Reference, fasta};

const FASTA: &[u8] = b">chr1\nACGTACGTACGTACGTACGT\n>chr2\nNNTTTTTTTT\n";
const HEADER: &str = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=20>\n\
    ##contig=<ID=chr2,length=10>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\tb\n";

fn reference() -> Reference {
    fasta::read("ref.fa", FASTA).unwrap()
}

fn read_all(bytes: &[u8]) -> Result<Vec<GvcfRecord>, GvcfError> {
    let reference = reference();
    let mut reader = GvcfReader::new("a.g.vcf", bytes, &reference)?;
    let (mut records, mut record) = (Vec::new(), GvcfRecord::default());
    while reader.read(&reference, &mut record)? {
        records.push(record.clone());
    }
    Ok(records)
}

fn read(lines: &str) -> Result<Vec<GvcfRecord>, GvcfError> {
    read_all(format!("{HEADER}{lines}").as_bytes())
}

#[test]
fn blocks_and_variants_of_several_tools() {
    let records = read(
        "chr1\t1\t.\tA\t<NON_REF>\t.\t.\tEND=4\tGT:DP:GQ:MIN_DP:PL\t0/0:9:20:7:0,20,200\t./.:0:0:0:0,0,0\n\
         chr1\t5\t.\tA\tG,<*>\t3.2\t.\tDP=5;MQ=60\tGT:GQ:AD:PL\t0/1:33:2,3,0:30,0,40,36,49,90\t0:.:.:0,9,9\n\
         chr1\t6\t.\tcgt\tC,*\t.\tPASS\tRAW_MQandDP=7200,2\tPL:GT\t0,3,6,9,12,15:0|2\t.:.\n\
         chr2\t1\t.\tNNT\t<DEL>\t.\t.\tEND=9\tGT:GL\t./.:-2,0,-3.04\t./.\n",
    )
    .unwrap();
    assert_eq!(records.len(), 4);
    let block = &records[0];
    assert_eq!(
        (block.position, block.end, block.has_variant()),
        (0, 4, false)
    );
    assert_eq!(block.samples[0].depth, Some(7));
    assert_eq!(block.samples[0].likelihoods, [0, 20, 200]);
    let snp = &records[1];
    assert_eq!(
        snp.alternates,
        [Alternate::Bases(b"G".to_vec()), Alternate::NonReference]
    );
    assert_eq!((snp.samples[0].ploidy, snp.samples[1].ploidy), (2, 1));
    assert!(snp.samples[0].carrier && !snp.samples[1].carrier);
    assert_eq!(
        snp.mapping,
        Some(MappingQuality {
            squares: 3600.0,
            reads: None
        })
    );
    let deletion = &records[2];
    assert_eq!(
        (deletion.reference.as_slice(), deletion.end),
        (&b"CGT"[..], 8)
    );
    assert_eq!(deletion.alternates[1], Alternate::Spanned);
    assert!(deletion.samples[1].likelihoods.is_empty());
    let symbolic = &records[3];
    assert_eq!((symbolic.contig, symbolic.end), (ContigId(1), 9));
    assert_eq!(symbolic.samples[0].likelihoods, [20, 0, 30]);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let block = "chr1\t3\t.\tG\t<NON_REF>\t.\t.\t.\tGT\t0/0\t0/0\n";
    for (lines, why) in [
        (
            "chr9\t3\t.\tG\t.\t.\t.\t.\tGT\t0/0\t0/0\n",
            "contig \"chr9\" is not in the reference",
        ),
        ("chr1\t21\t.\tG\t.\t.\t.\t.\tGT\t0/0\t0/0\n", "POS: \"21\""),
        (
            "chr1\t3\t.\tT\t.\t.\t.\t.\tGT\t0/0\t0/0\n",
            "REF is T, but the reference has G",
        ),
        ("chr1\t20\t.\tTA\tT\t.\t.\t.\tGT\t0/0\t0/0\n", "REF is TA"),
        (
            "chr1\t3\t.\tG\t.\t.\t.\tEND=2\tGT\t0/0\t0/0\n",
            "END: \"2\"",
        ),
        (
            "chr1\t3\t.\tG\t.\t.\t.\tEND=99\tGT\t0/0\t0/0\n",
            "END: \"99\"",
        ),
        ("chr1\t3\t.\tG\tR\t.\t.\t.\tGT\t0/0\t0/0\n", "ALT: \"R\""),
        ("chr1\t3\t.\tG\tA\t.\t.\t.\tGT\t0/2\t0/0\n", "GT: \"0/2\""),
        (
            "chr1\t3\t.\tG\tA\t.\t.\t.\tGT\t0/0/1\t0/0\n",
            "GT \"0/0/1\"",
        ),
        (
            "chr1\t3\t.\tG\tA\t.\t.\t.\tPL\t0,1,2\t0,1,2,3\n",
            "PL of sample 2 has 4 values",
        ),
        (
            "chr1\t3\t.\tG\tA\t.\t.\t.\tPL\t0,-1,2\t0,1,2\n",
            "PL: \"-1\"",
        ),
        (
            "chr1\t3\t.\tG\tA\t.\t.\t.\tGT:AD\t0/0:1\t0/0:1,2\n",
            "AD of sample 1 has 1 values",
        ),
        (
            "chr1\t3\t.\tG\tA\t.\t.\t.\tGT\t0/0\n",
            "10 columns where the header has 11",
        ),
        (
            "chr1\t3\t.\tG\tA\t.\t.\t.\tGT\t0/0\t0/0\t0/0\n",
            "12 columns",
        ),
    ] {
        let error = read(&format!("{block}{lines}")).unwrap_err();
        assert_eq!((error.file.as_str(), error.line), ("a.g.vcf", 6), "{error}");
        assert_eq!(error.offset as usize, HEADER.len() + block.len());
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.to_string().contains("record chr"), "{error}");
    }
    let error = read(&format!(
        "{block}{}",
        block.replace("\t3\t.\tG", "\t2\t.\tC")
    ))
    .unwrap_err();
    assert!(error.to_string().contains("comes after chr1:3"), "{error}");
}

#[test]
fn headers_are_held_against_the_reference() {
    for (from, to, why) in [
        ("length=20", "length=21", "contig chr1 has 21 bases, but 20"),
        (
            "ID=chr2",
            "ID=chrX",
            "contig \"chrX\" is not in the reference",
        ),
        ("##fileformat=VCFv4.2", "BCF", "does not start with"),
        ("\tFORMAT\ta\tb", "", "no samples"),
        ("#CHROM", "CHROM", "no samples"),
    ] {
        let error = read_all(HEADER.replace(from, to).as_bytes()).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
    // Lengths may be missing, and contigs too.
    assert!(
        read_all(HEADER.replace(",length=20", "").as_bytes())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn truncated_files_are_known() {
    let text = format!("{HEADER}chr1\t3\t.\tG\t<NON_REF>\t.\t.\t.\tGT\t0/0\t0/0\n");
    let mut whole = Compressor::new(1)
        .unwrap()
        .compress_bytes(text.as_bytes())
        .bytes;
    let error = read_all(&whole).unwrap_err();
    assert!(error.to_string().contains("end-of-file block"), "{error}");
    let error = read_all(&whole[..whole.len() - 9]).unwrap_err();
    assert!(error.to_string().contains("truncated"), "{error}");
    whole.extend_from_slice(&EOF_BLOCK);
    assert_eq!(read_all(&whole).unwrap().len(), 1);
    let error = read_all(&text.as_bytes()[..text.len() - 1]).unwrap_err();
    assert!(
        error.to_string().contains("without the end of the line"),
        "{error}"
    );
    // Line ends of other systems.
    assert_eq!(
        read_all(text.replace('\n', "\r\n").as_bytes())
            .unwrap()
            .len(),
        1
    );
}
