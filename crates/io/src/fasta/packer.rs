//! Packs sequence to two bits a base, and digests it.

use std::collections::BTreeSet;
use std::ops::Range;

use md5::{Digest, Md5};

use super::FastaErrorKind;
use crate::reference::Contig;

/// Most bases of a contig: positions are signed 32-bit numbers in BAM.
const MAX_LENGTH: u64 = (1 << 31) - 1;
/// Bases gathered before they are digested and packed; a multiple of 32.
const CHUNK: usize = 1 << 14;

/// Why a piece of sequence was not taken.
pub(super) enum PushError {
    /// The byte with this index in the piece is no IUPAC letter.
    Character(usize),
    NoContig,
    TooLong,
}

#[derive(Default)]
pub(super) struct Packer {
    contigs: Vec<Contig>,
    names: BTreeSet<String>,
    words: Vec<u64>,
    unknown: Vec<Range<u64>>,
    /// Upper-case bases of the current contig that are not packed yet.
    pending: Vec<u8>,
    /// Bases of the current contig, packed and pending.
    length: u64,
    digest: Md5,
    open: bool,
}

impl Packer {
    pub(super) fn is_empty(&self) -> bool {
        self.contigs.is_empty()
    }

    pub(super) fn start_contig(&mut self, name: &[u8]) -> Result<(), FastaErrorKind> {
        let name = String::from_utf8_lossy(name).into_owned();
        if !self.names.insert(name.clone()) {
            return Err(FastaErrorKind::Duplicate(name));
        }
        self.contigs.push(Contig {
            name,
            length: 0,
            md5: [0; 16],
            offset: self.words.len() as u64 * 32,
        });
        self.length = 0;
        self.open = true;
        Ok(())
    }

    pub(super) fn end_contig(&mut self) -> Result<(), FastaErrorKind> {
        self.pack(self.pending.len());
        self.open = false;
        let Some(contig) = self.contigs.last_mut() else {
            return Ok(());
        };
        if self.length == 0 {
            return Err(FastaErrorKind::NoSequence(contig.name.clone()));
        }
        contig.length = self.length as u32;
        contig.md5 = self.digest.finalize_reset().into();
        Ok(())
    }

    /// Appends bases of either case.
    pub(super) fn push(&mut self, bases: &[u8]) -> Result<(), PushError> {
        if !self.open {
            return Err(PushError::NoContig);
        }
        self.length += bases.len() as u64;
        if self.length > MAX_LENGTH {
            return Err(PushError::TooLong);
        }
        let from = self.pending.len();
        // Clearing the case bit spoils what is no letter, but that is refused below anyway.
        self.pending.extend(bases.iter().map(|b| b & !0x20));
        if !all_acgtn(&self.pending[from..])
            && let Some(wrong) = bases.iter().position(|b| !is_iupac(*b))
        {
            return Err(PushError::Character(wrong));
        }
        if self.pending.len() >= CHUNK {
            self.pack(self.pending.len() / 32 * 32);
        }
        Ok(())
    }

    pub(super) fn into_parts(self) -> (Vec<Contig>, Vec<u64>, Vec<Range<u64>>) {
        (self.contigs, self.words, self.unknown)
    }

    /// Digests and packs the first `count` pending bases; the last word is filled up with zeros.
    fn pack(&mut self, count: usize) {
        self.digest.update(&self.pending[..count]);
        for word in self.pending[..count].chunks(32) {
            let start = self.words.len() as u64 * 32;
            match word.first_chunk::<32>().filter(|word| all_acgt(word)) {
                Some(word) => self.words.push(pack_32(word)),
                None => {
                    let mut packed = 0;
                    for (i, base) in word.iter().enumerate() {
                        match base {
                            b'A' | b'C' | b'G' | b'T' => {
                                packed |= u64::from(code(*base)) << (2 * i);
                            }
                            _ => mark(&mut self.unknown, start + i as u64),
                        }
                    }
                    self.words.push(packed);
                }
            }
        }
        self.pending.drain(..count);
    }
}

/// Adds one base to the runs of unknown bases.
fn mark(unknown: &mut Vec<Range<u64>>, at: u64) {
    match unknown.last_mut() {
        Some(run) if run.end == at => run.end += 1,
        _ => unknown.push(at..at + 1),
    }
}

/// Code of one of `ACGT`: bits 1 and 2 of the letters are 00, 01, 11, 10.
fn code(base: u8) -> u8 {
    let bits = base >> 1 & 3;
    bits ^ bits >> 1
}

/// Packs 32 letters, all of `ACGT`, eight at a time.
fn pack_32(bases: &[u8; 32]) -> u64 {
    let mut packed = 0;
    for (i, eight) in bases.as_chunks::<8>().0.iter().enumerate() {
        let bits = u64::from_le_bytes(*eight) >> 1 & 0x0303_0303_0303_0303;
        let codes = bits ^ bits >> 1 & 0x0101_0101_0101_0101;
        let codes = (codes | codes >> 6) & 0x000f_000f_000f_000f;
        let codes = (codes | codes >> 12) & 0x0000_00ff_0000_00ff;
        packed |= ((codes | codes >> 24) & 0xffff) << (16 * i);
    }
    packed
}

// Without a branch in the loops, so that they compile to vector instructions.

fn all_acgt(bases: &[u8; 32]) -> bool {
    bases.iter().fold(true, |ok, b| {
        ok & ((*b == b'A') | (*b == b'C') | (*b == b'G') | (*b == b'T'))
    })
}

fn all_acgtn(bases: &[u8]) -> bool {
    bases.iter().fold(true, |ok, b| {
        ok & ((*b == b'A') | (*b == b'C') | (*b == b'G') | (*b == b'T') | (*b == b'N'))
    })
}

/// Whether `byte` is a nucleotide letter, in either case.
fn is_iupac(byte: u8) -> bool {
    b"ACGTUNRYSWKMBDHVX".contains(&byte.to_ascii_uppercase())
}
