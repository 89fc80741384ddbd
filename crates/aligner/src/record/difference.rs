//! NM and MD: how an alignment differs from the reference.

use super::Context;
use crate::alignment::{Alignment, DELETION, INSERTION};

/// Counts and writes the differences of one alignment after the other, a template at a time.
#[derive(Debug, Default)]
pub(super) struct Differences {
    target: Vec<u8>,
    text: Vec<u8>,
}

impl Differences {
    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    /// Compares read `read` with the reference along `alignment`, appends its MD to the text, and
    /// gives the edit distance (NM).
    pub(super) fn add(&mut self, context: &Context<'_>, read: usize, alignment: &Alignment) -> u32 {
        let query = context.reads.query(read, alignment.reverse);
        self.target.clear();
        let span = alignment.start..alignment.end;
        context
            .reference
            .bases(alignment.contig, span, &mut self.target);
        let (mut q, mut t) = (alignment.query_start as usize, 0usize);
        let (mut distance, mut run) = (0, 0u32);
        for op in context.alignments.cigar(alignment) {
            let (kind, length) = (op & 15, (op >> 4) as usize);
            match kind {
                INSERTION => {
                    distance += length as u32;
                    q += length;
                }
                DELETION => {
                    distance += length as u32;
                    number(&mut self.text, run);
                    run = 0;
                    self.text.push(b'^');
                    let deleted = &self.target[t..t + length];
                    self.text
                        .extend(deleted.iter().map(|b| LETTER[*b as usize]));
                    t += length;
                }
                _ => {
                    let bases = &query.codes[q..q + length];
                    let target = &self.target[t..t + length];
                    let mut at = 0;
                    while at < length {
                        let same = matching(&bases[at..], &target[at..]);
                        run += same as u32;
                        at += same;
                        if let Some(other) = target.get(at) {
                            distance += 1;
                            number(&mut self.text, run);
                            run = 0;
                            self.text.push(LETTER[*other as usize]);
                            at += 1;
                        }
                    }
                    q += length;
                    t += length;
                }
            }
        }
        number(&mut self.text, run);
        distance
    }

    /// The edit distance of read `read` to the reference along `alignment`.
    pub(super) fn distance(
        &mut self,
        context: &Context<'_>,
        read: usize,
        alignment: &Alignment,
    ) -> u32 {
        let end = self.text.len();
        let distance = self.add(context, read, alignment);
        self.text.truncate(end);
        distance
    }

    /// MD of all alignments since the last [`Self::clear`], one behind the other.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }
}

/// Number of bases that match before the first difference. N matches nothing (SAM tags
/// specification: MD).
fn matching(bases: &[u8], target: &[u8]) -> usize {
    const UNKNOWN: u64 = 0x0404_0404_0404_0404;
    let eight = |codes: &[u8]| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(codes);
        u64::from_le_bytes(bytes)
    };
    let mut same = 0;
    for (a, b) in bases.chunks_exact(8).zip(target.chunks_exact(8)) {
        let (a, b) = (eight(a), eight(b));
        let different = (a ^ b) | (a & UNKNOWN);
        if different != 0 {
            return same + different.trailing_zeros() as usize / 8;
        }
        same += 8;
    }
    let rest = bases[same..].iter().zip(&target[same..]);
    same + rest.take_while(|(a, b)| a == b && **a < 4).count()
}

/// Appends a number in decimal digits.
fn number(out: &mut Vec<u8>, mut value: u32) {
    let mut digits = [0; 10];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
}

const LETTER: [u8; 5] = *b"ACGTN";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn matches_are_counted_as_one_by_one(
            bases in prop::collection::vec(0u8..5, 0..60),
            changes in prop::collection::vec((0usize..60, 0u8..5), 0..3),
        ) {
            let mut target = bases.clone();
            for (at, code) in changes {
                if let Some(base) = target.get_mut(at) {
                    *base = code;
                }
            }
            let pairs = bases.iter().zip(&target);
            let expected = pairs.take_while(|(a, b)| a == b && **a < 4).count();
            prop_assert_eq!(matching(&bases, &target), expected);
        }

        #[test]
        fn numbers_are_written_in_digits(value: u32) {
            let mut out = Vec::new();
            number(&mut out, value);
            prop_assert_eq!(out, value.to_string().into_bytes());
        }
    }
}
