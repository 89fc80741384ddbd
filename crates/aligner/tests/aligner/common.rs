//! A small random genome, its index, and reads of it.

use std::{io::Write, sync::Arc};

use fafnir_aligner::{Aligner, AlignerOptions, Index, InsertSizeModel, build_index};
use fafnir_fpga_hal::{Hal, Isa};
use fafnir_io::{
    ReadPairBatch, Reference,
    bam::{RecordBatch, RecordView},
    fasta,
};
use tempfile::NamedTempFile;

pub(crate) const READ_GROUP: &[u8] = b"lane1";

/// A deterministic random number generator (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn sequence(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| b"ACGT"[self.below(4)]).collect()
    }
}

/// A reference of these contigs, and the FASTA it came from.
pub(crate) fn reference(contigs: &[(&str, Vec<u8>)]) -> Reference {
    let mut text = Vec::new();
    for (name, sequence) in contigs {
        writeln!(text, ">{name}").unwrap();
        text.extend_from_slice(sequence);
        text.push(b'\n');
    }
    fasta::read("test.fa", text.as_slice()).unwrap()
}

pub(crate) fn index_bytes(reference: &Reference) -> Vec<u8> {
    let mut bytes = Vec::new();
    build_index(reference, &mut bytes).unwrap();
    bytes
}

pub(crate) fn open(bytes: &[u8]) -> Result<Arc<Index>, fafnir_aligner::IndexError> {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    Index::open(file.path()).map(|index| Arc::new(index.into_inner()))
}

pub(crate) fn aligner_with(contigs: &[(&str, Vec<u8>)], isa: Isa) -> Aligner {
    let index = open(&index_bytes(&reference(contigs))).unwrap();
    Aligner::new(
        index,
        AlignerOptions::default(),
        Hal::with_isa(isa).unwrap(),
    )
}

pub(crate) fn aligner(contigs: &[(&str, Vec<u8>)]) -> Aligner {
    aligner_with(contigs, Isa::Scalar)
}

/// Pairs (or single reads, where the second is absent) with quality 30.
pub(crate) fn batch(reads: &[(&[u8], Option<&[u8]>)]) -> ReadPairBatch {
    let mut out = ReadPairBatch::default();
    for (i, (first, second)) in reads.iter().enumerate() {
        let name = format!("read{i}");
        out.first
            .push(name.as_bytes(), first, &vec![30; first.len()]);
        if let Some(second) = second {
            out.second
                .push(name.as_bytes(), second, &vec![30; second.len()]);
        }
    }
    out
}

pub(crate) fn map(aligner: &Aligner, batch: &ReadPairBatch) -> RecordBatch {
    aligner.map(
        batch,
        &InsertSizeModel::default(),
        READ_GROUP,
        &mut aligner.scratch(),
    )
}

pub(crate) fn reverse_complement(sequence: &[u8]) -> Vec<u8> {
    let complement = |b: &u8| match b {
        b'A' => b'T',
        b'C' => b'G',
        b'G' => b'C',
        b'T' => b'A',
        other => *other,
    };
    sequence.iter().rev().map(complement).collect()
}

pub(crate) fn cigar(record: &RecordView<'_>) -> String {
    record
        .cigar()
        .map(|op| format!("{}{}", op.length, char::from(op.kind)))
        .collect()
}

pub(crate) fn bases(record: &RecordView<'_>) -> Vec<u8> {
    (0..record.length()).map(|i| record.base_ascii(i)).collect()
}
