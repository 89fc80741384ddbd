//! FASTQ, FASTA, BED and sites of VCF, each of which may be compressed.

use std::io::Read as _;

use fafnir_io::bgzf::{Compressor, EOF_BLOCK};
use fafnir_io::decode::Decoder;
use fafnir_io::fastq::{FastqInput, FastqOptions, Layout, PairReader};
use fafnir_io::vcf::SiteReader;
use fafnir_io::{ContigId, ReadPairBatch, Reference, bed};

const FASTQ: &[u8] = b"@a/1 x\nACGTN\n+\nIIIII\n@a/2\nAC\n+a/2\n#I\n";
const FASTA: &[u8] = b">chr1 first\nACGTNNNNacgtRY\nACG\n\n>chr2\nN\n>chr3\r\nTTTT\r\n";

/// What a decoder gives at most: deflate makes a thousand bytes of one.
const MOST: u64 = 1 << 22;

thread_local! {
    static REFERENCE: Reference = fafnir_io::fasta::read("ref.fa", FASTA).expect("a FASTA file");
}

/// FASTQ as single reads, in turn, and from two files, which a zero byte parts.
pub fn fastq(data: &[u8]) {
    let input = |read| FastqInput {
        file: "r.fq".into(),
        read,
    };
    let (first, second) = match data.iter().position(|&byte| byte == 0) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, data),
    };
    for layout in [
        Layout::Single(input(data)),
        Layout::Interleaved(input(data)),
        Layout::Paired(input(first), input(second)),
    ] {
        let options = FastqOptions {
            batch_pairs: 3,
            ..FastqOptions::default()
        };
        let mut reader = PairReader::new(layout, options);
        let mut batch = ReadPairBatch::default();
        while let Ok(true) = reader.next_batch(&mut batch) {
            for i in 0..batch.len() {
                let reads = &batch.first;
                assert_eq!(reads.bases(i).len(), reads.qualities(i).len());
                assert!(!reads.name(i).is_empty());
            }
        }
    }
}

/// Two reads, plain and compressed.
pub fn fastq_seeds() -> Vec<Vec<u8>> {
    vec![FASTQ.to_vec(), bgzf(FASTQ), [FASTQ, b"\0", FASTQ].concat()]
}

/// Plain, gzip and BGZF, and the reader of BGZF alone.
pub fn decode(data: &[u8]) {
    let mut out = Vec::new();
    let _ = Decoder::new(data).take(MOST).read_to_end(&mut out);
    out.clear();
    let mut reader = fafnir_io::bgzf::Reader::new(data).take(MOST);
    let _ = reader.read_to_end(&mut out);
}

/// Members of gzip with all fields of headers, and blocks of BGZF.
pub fn decode_seeds() -> Vec<Vec<u8>> {
    // Extra field, name, comment and checksum of the header; then a stored block.
    let mut gzip = b"\x1f\x8b\x08\x1c\0\0\0\0\0\xff\x03\0abcname\0comment\0".to_vec();
    gzip.extend_from_slice(b"\x01\x04\0\xfb\xffACGT");
    gzip.extend_from_slice(&crc32(b"ACGT").to_le_bytes());
    gzip.extend_from_slice(&4_u32.to_le_bytes());
    let padded = [&gzip[..], &gzip, &[0; 9]].concat();
    vec![gzip, padded, bgzf(FASTA), FASTA.to_vec()]
}

/// FASTA of the index, and of simulations.
pub fn fasta(data: &[u8]) {
    if let Ok((reference, _)) = fafnir_io::fasta::read_with_index("ref.fa", data) {
        let mut bases = Vec::new();
        for (id, contig) in (0..).map(ContigId).zip(reference.contigs()) {
            bases.clear();
            reference.bases(id, 0..contig.length, &mut bases);
            assert_eq!(bases.len(), contig.length as usize);
        }
    }
    super::simulated::fasta(data);
}

/// Line ends and letters of all kinds.
pub fn fasta_seeds() -> Vec<Vec<u8>> {
    vec![FASTA.to_vec(), bgzf(FASTA), b">a\nACGT".to_vec()]
}

/// BED.
pub fn bed(data: &[u8]) {
    REFERENCE.with(|reference| {
        let _ = bed::read("regions.bed", data, reference);
    });
}

/// Lines of each kind.
pub fn bed_seeds() -> Vec<Vec<u8>> {
    let text: &[u8] =
        b"#c\ntrack name=x\nbrowser y\nchr1\t0\t5\tname\t0\t+\r\nchr3 1 4\n\nchr1\t3\t9\n";
    vec![text.to_vec(), bgzf(text)]
}

/// Variants on that reference, in its order.
pub fn sites(data: &[u8]) {
    REFERENCE.with(|reference| {
        let Ok(mut reader) = SiteReader::new("sites.vcf", data, reference, true) else {
            return;
        };
        let mut last = (ContigId(0), 0);
        while let Ok(Some(site)) = reader.next_site() {
            let place = (site.contig, site.position);
            assert!(last <= place && place.1 < reference.contig(place.0).length);
            last = place;
        }
    });
}

/// A header with contigs, and records of several.
pub fn sites_seeds() -> Vec<Vec<u8>> {
    let text: &[u8] = b"##fileformat=VCFv4.2\n##contig=<ID=chr1,length=16>\n##contig=<ID=x>\n\
        #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchr1\t2\trs1;rs2\tC\tA,CT\t.\t.\t.\r\n\
        x\t9\t.\tA\t<DEL>\t.\t.\t.\nchr3\t1\t.\tTT\tT\t5\tPASS\tX=1\tGT\t0/1\n";
    vec![text.to_vec(), bgzf(text)]
}

/// As gzip defines it.
fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}

pub(super) fn bgzf(data: &[u8]) -> Vec<u8> {
    let mut bytes = Compressor::new(1)
        .expect("a level of libdeflate")
        .compress_bytes(data)
        .bytes;
    bytes.extend_from_slice(&EOF_BLOCK);
    bytes
}
