//! Reads as base codes and packed words, on both strands.

use fafnir_io::Reads;

use crate::syncmer::BothStrands;

/// The reads of a batch, each on both strands.
#[derive(Debug, Default)]
pub(crate) struct PackedReads {
    codes: Vec<u8>,
    words: Vec<u64>,
    reads: Vec<Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    codes: usize,
    words: usize,
    length: u32,
    has_unknown: bool,
}

/// A read on one strand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'a> {
    /// A 0, C 1, G 2, T 3, anything else 4.
    pub(crate) codes: &'a [u8],
    /// Two bits a base, 32 to a word, as the reference; unknown bases are packed as A.
    pub(crate) words: &'a [u64],
    /// Bit `2 * (i % 32)` of word `i / 32` is set where base `i` is unknown; empty where none is.
    pub(crate) unknown: &'a [u64],
}

impl Query<'_> {
    pub(crate) fn len(&self) -> u32 {
        self.codes.len() as u32
    }
}

impl PackedReads {
    pub(crate) fn clear(&mut self) {
        self.codes.clear();
        self.words.clear();
        self.reads.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.reads.len()
    }

    /// Packs read `index` of `reads`.
    pub(crate) fn push(&mut self, reads: &Reads, index: usize) {
        let bases = reads.bases(index);
        let place = Place {
            codes: self.codes.len(),
            words: self.words.len(),
            length: bases.len() as u32,
            has_unknown: false,
        };
        self.codes.extend(bases.iter().map(|b| CODE[*b as usize]));
        let middle = self.codes.len();
        self.codes
            .extend(bases.iter().rev().map(|b| COMPLEMENT[*b as usize]));
        let has_unknown = self.codes[place.codes..middle].contains(&4);
        let (forward, backward) = self.codes[place.codes..].split_at(bases.len());
        pack(forward, &mut self.words);
        pack(backward, &mut self.words);
        if has_unknown {
            mask(forward, &mut self.words);
            mask(backward, &mut self.words);
        }
        self.reads.push(Place {
            has_unknown,
            ..place
        });
    }

    pub(crate) fn length(&self, read: usize) -> u32 {
        self.reads[read].length
    }

    /// The packed bases of read `read`; `None` if some are unknown.
    pub(crate) fn both_strands(&self, read: usize) -> Option<BothStrands<'_>> {
        let place = &self.reads[read];
        let count = place.length.div_ceil(32) as usize;
        let words = &self.words[place.words..place.words + 2 * count];
        let (forward, backward) = words.split_at(count);
        (!place.has_unknown).then_some(BothStrands {
            forward,
            backward,
            length: place.length,
        })
    }

    /// Read `read` as it is, or its reverse complement.
    pub(crate) fn query(&self, read: usize, reverse: bool) -> Query<'_> {
        let Place {
            codes,
            words,
            length,
            has_unknown,
        } = self.reads[read];
        let (length, strand) = (length as usize, usize::from(reverse));
        let count = length.div_ceil(32);
        let code_start = codes + strand * length;
        let word_start = words + strand * count;
        Query {
            codes: &self.codes[code_start..code_start + length],
            words: &self.words[word_start..word_start + count],
            unknown: if has_unknown {
                &self.words[word_start + 2 * count..word_start + 3 * count]
            } else {
                &[]
            },
        }
    }
}

fn pack(codes: &[u8], out: &mut Vec<u64>) {
    out.extend(codes.chunks(32).map(|chunk| {
        chunk
            .iter()
            .enumerate()
            .fold(0, |word, (i, code)| word | u64::from(code & 3) << (2 * i))
    }));
}

fn mask(codes: &[u8], out: &mut Vec<u64>) {
    out.extend(codes.chunks(32).map(|chunk| {
        chunk
            .iter()
            .enumerate()
            .fold(0, |word, (i, code)| word | u64::from(code >> 2) << (2 * i))
    }));
}

const CODE: [u8; 256] = table(*b"ACGT");
const COMPLEMENT: [u8; 256] = table(*b"TGCA");

const fn table(letters: [u8; 4]) -> [u8; 256] {
    let mut out = [4; 256];
    let mut i = 0;
    while i < 4 {
        out[letters[i] as usize] = i as u8;
        i += 1;
    }
    out
}
