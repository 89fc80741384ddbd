//! NM and MD: how an alignment differs from the reference.

use std::io::Write;

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
                    let bases = query.codes[q..q + length]
                        .iter()
                        .zip(&self.target[t..t + length]);
                    for (base, target) in bases {
                        // N matches nothing (SAM tags specification: MD).
                        if base == target && *base < 4 {
                            run += 1;
                        } else {
                            distance += 1;
                            number(&mut self.text, run);
                            run = 0;
                            self.text.push(LETTER[*target as usize]);
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

fn number(out: &mut Vec<u8>, value: u32) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "{value}");
}

const LETTER: [u8; 5] = *b"ACGTN";
