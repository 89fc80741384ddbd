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
        let middle = place.codes + bases.len();
        self.codes.resize(middle, 0);
        for (code, base) in self.codes[place.codes..].iter_mut().zip(bases) {
            *code = code_of(*base);
        }
        self.codes.extend_from_within(place.codes..);
        let (forward, backward) = self.codes[place.codes..].split_at_mut(middle - place.codes);
        backward.reverse();
        backward
            .iter_mut()
            .for_each(|code| *code = complement(*code));
        let has_unknown = forward.iter().fold(0, |all, code| all | code) > 3;
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
        let mut word = 0;
        let eights = chunk.chunks_exact(8);
        let rest = eights.remainder();
        for (i, code) in rest.iter().enumerate() {
            word |= u64::from(code & 3) << (2 * (chunk.len() - rest.len() + i));
        }
        for (i, eight) in eights.enumerate() {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(eight);
            word |= squeeze(u64::from_le_bytes(bytes)) << (16 * i);
        }
        word
    }));
}

/// The lowest two bits of each byte, side by side.
fn squeeze(bytes: u64) -> u64 {
    let twos = bytes & 0x0303_0303_0303_0303;
    let fours = (twos | twos >> 6) & 0x000f_000f_000f_000f;
    let eights = (fours | fours >> 12) & 0x0000_00ff_0000_00ff;
    (eights | eights >> 24) & 0xffff
}

fn mask(codes: &[u8], out: &mut Vec<u64>) {
    out.extend(codes.chunks(32).map(|chunk| {
        chunk
            .iter()
            .enumerate()
            .fold(0, |word, (i, code)| word | u64::from(code >> 2) << (2 * i))
    }));
}

/// A 0, C 1, G 2, T 3, anything else 4; without a table, so that many are made at once.
fn code_of(base: u8) -> u8 {
    let is = |letter: u8, code: u8| if base == letter { code } else { 0 };
    let known = is(b'A', 4) | is(b'C', 5) | is(b'G', 6) | is(b'T', 7);
    known ^ 4
}

fn complement(code: u8) -> u8 {
    if code > 3 { code } else { 3 - code }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn reads_are_packed_base_by_base(bases in "[ACGTN]{1,100}") {
            let mut source = Reads::default();
            source.push(b"r", bases.as_bytes(), &vec![30; bases.len()]);
            let mut reads = PackedReads::default();
            reads.push(&source, 0);
            let find = |base: u8| b"ACGT".iter().position(|b| *b == base);
            for reverse in [false, true] {
                let query = reads.query(0, reverse);
                for i in 0..bases.len() {
                    let at = if reverse { bases.len() - 1 - i } else { i };
                    let code = find(bases.as_bytes()[at]).map(|c| if reverse { 3 - c } else { c });
                    let bits = |words: &[u64]| {
                        words.get(i / 32).map_or(0, |word| word >> (2 * (i % 32)) & 3)
                    };
                    prop_assert_eq!(query.codes[i], code.unwrap_or(4) as u8);
                    prop_assert_eq!(bits(query.words), code.unwrap_or(0) as u64);
                    prop_assert_eq!(bits(query.unknown), u64::from(code.is_none()));
                }
            }
        }
    }
}
