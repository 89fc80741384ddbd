//! The reference genome, packed to two bits a base.

mod storage;

pub use storage::Storage;

use std::ops::Range;

/// Number of a contig in the reference's order, from 0: BAM's `refID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContigId(pub u32);

/// A sequence of the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contig {
    /// Name: the FASTA header up to the first white space.
    pub name: String,
    /// Length in bases.
    pub length: u32,
    /// MD5 of the upper-case sequence: the `M5` tag of `@SQ`.
    pub md5: [u8; 16],
    /// Where the contig starts in the concatenated, packed bases; a multiple of 32.
    pub offset: u64,
}

/// All contigs, concatenated and packed: base `i` is bits `2 * (i % 32)` of word `i / 32`
/// (A 0, C 1, G 2, T 3). What is not A, C, G or T is packed as A and listed in `unknown`.
#[derive(Clone, Debug)]
pub struct Reference {
    contigs: Vec<Contig>,
    words: Storage,
    /// Sorted, disjoint runs `[start, end)` of bases other than A, C, G, T, in concatenated coordinates.
    unknown: Vec<Range<u64>>,
}

impl Reference {
    /// Puts a reference together from its parts. `words` holds little-endian `u64`.
    pub fn new(contigs: Vec<Contig>, words: Storage, unknown: Vec<Range<u64>>) -> Self {
        Self {
            contigs,
            words,
            unknown,
        }
    }

    /// The contigs, in the order of the FASTA file.
    pub fn contigs(&self) -> &[Contig] {
        &self.contigs
    }

    /// The contig with number `id`.
    pub fn contig(&self, id: ContigId) -> &Contig {
        &self.contigs[id.0 as usize]
    }

    /// The number of the contig with this name.
    pub fn find(&self, name: &str) -> Option<ContigId> {
        self.contigs
            .iter()
            .position(|c| c.name == name)
            .map(|i| ContigId(i as u32))
    }

    /// Packed words of all contigs.
    pub fn words(&self) -> &[u64] {
        self.words.as_u64()
    }

    /// Runs of bases other than A, C, G, T, in concatenated coordinates.
    pub fn unknown(&self) -> &[Range<u64>] {
        &self.unknown
    }

    /// Length of the concatenation in bases, with the padding between contigs.
    pub fn padded_length(&self) -> u64 {
        self.words().len() as u64 * 32
    }

    /// Contig and 0-based position on it of a concatenated coordinate; `None` in the padding.
    pub fn locate(&self, concatenated: u64) -> Option<(ContigId, u32)> {
        let after = self.contigs.partition_point(|c| c.offset <= concatenated);
        let id = after.checked_sub(1)?;
        let position = concatenated - self.contigs[id].offset;
        (position < u64::from(self.contigs[id].length))
            .then_some((ContigId(id as u32), position as u32))
    }

    /// Appends the base codes (A 0, C 1, G 2, T 3, N 4) of the 0-based half-open `span` of a
    /// contig to `out`; what lies beyond the contig's end is left out.
    pub fn bases(&self, contig: ContigId, span: Range<u32>, out: &mut Vec<u8>) {
        let contig = &self.contigs[contig.0 as usize];
        let end = span.end.min(contig.length);
        if span.start >= end {
            return;
        }
        let (start, end) = (
            contig.offset + u64::from(span.start),
            contig.offset + u64::from(end),
        );
        let first = out.len();
        unpack(self.words(), start..end, out);
        let mut run = self.unknown.partition_point(|r| r.end <= start);
        while let Some(r) = self.unknown.get(run).filter(|r| r.start < end) {
            let from = (r.start.max(start) - start) as usize;
            let to = (r.end.min(end) - start) as usize;
            out[first + from..first + to].fill(4);
            run += 1;
        }
    }
}

/// Appends the codes of the packed bases `span`, four bases by one look-up.
fn unpack(words: &[u64], span: Range<u64>, out: &mut Vec<u8>) {
    let first_word = (span.start / 32) as usize;
    let last_word = (span.end.div_ceil(32) as usize).max(first_word);
    let from = out.len();
    out.reserve((last_word - first_word) * 32);
    for word in &words[first_word..last_word] {
        for byte in word.to_le_bytes() {
            out.extend_from_slice(&FOUR_BASES[byte as usize]);
        }
    }
    out.truncate(from + (span.end - first_word as u64 * 32) as usize);
    // Bases of the first word that lie before the span.
    out.drain(from..from + (span.start % 32) as usize);
}

/// The four base codes of a packed byte.
const FOUR_BASES: [[u8; 4]; 256] = {
    let mut table = [[0; 4]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut i = 0;
        while i < 4 {
            table[byte][i] = (byte >> (2 * i)) as u8 & 3;
            i += 1;
        }
        byte += 1;
    }
    table
};
