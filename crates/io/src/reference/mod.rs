//! The reference genome, packed to two bits a base.

mod storage;
mod unknown_contig;

pub use storage::Storage;
pub use unknown_contig::UnknownContig;

use std::{ops::Range, sync::Arc};

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
    /// Sorted, disjoint runs `[start, end)` of bases other than A, C, G, T, in concatenated
    /// coordinates.
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

    /// The same reference with N in place of the bases of `spans`, in concatenated coordinates.
    /// Contigs keep the digests of their real bases.
    pub fn masked(&self, spans: impl IntoIterator<Item = Range<u64>>) -> Self {
        let mut runs: Vec<Range<u64>> = spans.into_iter().filter(|s| s.start < s.end).collect();
        let mut words = self.words().to_vec();
        for run in &runs {
            for base in run.clone() {
                words[(base / 32) as usize] &= !(3 << (2 * (base % 32)));
            }
        }
        runs.extend(self.unknown.iter().cloned());
        runs.sort_unstable_by_key(|run| run.start);
        let mut unknown: Vec<Range<u64>> = Vec::with_capacity(runs.len());
        for run in runs {
            match unknown.last_mut() {
                Some(last) if last.end >= run.start => last.end = last.end.max(run.end),
                _ => unknown.push(run),
            }
        }
        Self::new(
            self.contigs.clone(),
            Storage::Owned(Arc::new(words)),
            unknown,
        )
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

/// Appends the codes of the packed bases `span`.
fn unpack(words: &[u64], span: Range<u64>, out: &mut Vec<u8>) {
    let first_word = (span.start / 32) as usize;
    let end_word = span.end.div_ceil(32) as usize;
    let from = out.len();
    out.reserve((end_word - first_word) * 32);
    for word in &words[first_word..end_word] {
        let mut bases = [0; 32];
        for (i, eight) in bases.as_chunks_mut::<8>().0.iter_mut().enumerate() {
            *eight = spread(word >> (16 * i) & 0xffff).to_le_bytes();
        }
        out.extend_from_slice(&bases);
    }
    out.truncate(from + (span.end - first_word as u64 * 32) as usize);
    // Bases of the first word that lie before the span.
    out.drain(from..from + (span.start % 32) as usize);
}

/// Spreads eight 2-bit codes to a byte each.
fn spread(packed: u64) -> u64 {
    let codes = (packed | packed << 24) & 0x0000_00ff_0000_00ff;
    let codes = (codes | codes << 12) & 0x000f_000f_000f_000f;
    (codes | codes << 6) & 0x0303_0303_0303_0303
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn masked_bases_are_unknown_and_the_digest_stays() {
        let text = b">a\nACGTNNACGT\n>b\nTTTTTTTTTT\n";
        let reference = crate::fasta::read("t.fa", text.as_slice()).unwrap();
        let offset = reference.contig(ContigId(1)).offset;
        let masked = reference.masked([6..8, offset + 3..offset + 5, offset + 4..offset + 6, 9..9]);
        let bases = |contig| {
            let mut out = Vec::new();
            masked.bases(ContigId(contig), 0..10, &mut out);
            out
        };
        assert_eq!(bases(0), [0, 1, 2, 3, 4, 4, 4, 4, 2, 3]);
        assert_eq!(bases(1), [3, 3, 3, 4, 4, 4, 3, 3, 3, 3]);
        assert_eq!(masked.unknown(), [4..8, offset + 3..offset + 6]);
        assert_eq!(masked.contigs(), reference.contigs());
        // What is unknown is packed as A.
        let plain = crate::fasta::read("t.fa", &b">a\nACGTNNNNGT\n"[..]).unwrap();
        assert_eq!(masked.words()[0], plain.words()[0]);
    }
}
