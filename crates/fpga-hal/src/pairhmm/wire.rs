//! Batches and results of the PairHMM as bytes: the payloads of frames, and what kernels read.
//!
//! A batch is words [read bases, haplotype bases], then one array of words each for the pairs' read
//! starts, read lengths, haplotype starts, haplotype lengths and D(0,j), then seven arrays of
//! f32, one value a read base (emission where bases agree, where they differ; transitions match to
//! match, gap to match, match to insertion, match to deletion, gap to gap), then the reads' bases
//! with zeros up to a whole word, then the haplotypes'. Probabilities are made here, so that no
//! device's logarithm or division shows. Results are one f32 a pair: the scaled sum.

mod answer;

pub use self::answer::answer;

use std::{collections::HashMap, ops::Range};

use super::{
    Batch, CONTRACT, MAX_LENGTH,
    batch::Pair,
    model::{Real, Row},
};
use crate::device::{Frame, FrameError, Kind, MAX_PAYLOAD, put_words, words};

const SIZES: usize = 2;
const FIELDS: usize = 5;
const PROBABILITIES: usize = 7;

/// What a received pair takes to compute.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Size {
    /// Read bases.
    pub rows: usize,
    /// Haplotype bases.
    pub columns: usize,
}

/// The reads, or the haplotypes, that travel: each once, end to end.
#[derive(Default)]
struct Travelling {
    /// New starts by old start and length.
    starts: HashMap<(usize, usize), u32>,
    bases: usize,
}

impl Travelling {
    /// Returns where a sequence starts that started elsewhere, and whether it is new.
    fn start(&mut self, start: usize, length: usize) -> (u32, bool) {
        let known = self.starts.len();
        let end = self.bases as u32;
        let start = *self.starts.entry((start, length)).or_insert(end);
        let is_new = self.starts.len() > known;
        if is_new {
            self.bases += length;
        }
        (start, is_new)
    }
}

/// Makes the frame of the pairs `range` of a batch, with the reads and haplotypes that they use.
///
/// # Errors
///
/// [`FrameError::TooLong`].
pub fn encode(batch: &Batch, range: Range<usize>) -> Result<Frame, FrameError> {
    let count = range.len();
    let pairs = || range.clone().map(|index| batch.pair(index));
    let (mut reads, mut haplotypes) = (Travelling::default(), Travelling::default());
    let (mut read_starts, mut haplotype_starts) = (Vec::new(), Vec::new());
    let mut rows: Vec<Row<f32>> = Vec::new();
    let (mut read_bases, mut haplotype_bases) = (Vec::new(), Vec::new());
    for Pair {
        read,
        read_start,
        haplotype,
        haplotype_start,
    } in pairs()
    {
        let (start, is_new) = reads.start(read_start, read.bases.len());
        read_starts.push(start);
        if is_new {
            rows.extend(read.rows::<f32>());
            read_bases.extend_from_slice(read.bases);
        }
        let (start, is_new) = haplotypes.start(haplotype_start, haplotype.len());
        haplotype_starts.push(start);
        if is_new {
            haplotype_bases.extend_from_slice(haplotype);
        }
        let length = head_length(count, reads.bases) + haplotypes.bases;
        if length > MAX_PAYLOAD {
            return Err(FrameError::TooLong { length });
        }
    }

    let length = head_length(count, reads.bases) + haplotypes.bases;
    let mut payload = Vec::with_capacity(length);
    let sizes = [reads.bases as u32, haplotypes.bases as u32];
    put_words(&mut payload, sizes.into_iter());
    put_words(&mut payload, read_starts.into_iter());
    let read_lengths = pairs().map(|pair| pair.read.bases.len() as u32);
    put_words(&mut payload, read_lengths);
    put_words(&mut payload, haplotype_starts.into_iter());
    let haplotype_lengths = pairs().map(|pair| pair.haplotype.len() as u32);
    put_words(&mut payload, haplotype_lengths);
    let starts = pairs().map(|pair| f32::start(pair.haplotype.len()).to_bits());
    put_words(&mut payload, starts);
    let probabilities: [fn(&Row<f32>) -> f32; PROBABILITIES] = [
        |row| row.agree,
        |row| row.differ,
        |row| row.match_to_match,
        |row| row.gap_to_match,
        |row| row.match_to_insertion,
        |row| row.match_to_deletion,
        |row| row.gap_to_gap,
    ];
    for probability in probabilities {
        put_words(
            &mut payload,
            rows.iter().map(|row| probability(row).to_bits()),
        );
    }
    payload.extend_from_slice(&read_bases);
    payload.resize(payload.len().next_multiple_of(4), 0);
    payload.extend_from_slice(&haplotype_bases);
    Frame::batch(Kind::Pairhmm, CONTRACT, count, payload)
}

/// Checks a received batch, so that a kernel can trust it, and returns the sizes of its pairs.
///
/// # Errors
///
/// [`FrameError::Payload`].
pub fn check(frame: &Frame) -> Result<Vec<Size>, FrameError> {
    let wrong = |what| Err(FrameError::Payload { what });
    if (frame.kind, frame.contract) != (Kind::Pairhmm, CONTRACT) {
        return wrong("it is no pairhmm batch of this contract");
    }
    let count = frame.count as usize;
    let Some((sizes, fields)) = frame.payload.split_at_checked(4 * SIZES) else {
        return wrong("it has no sizes");
    };
    let mut sizes = words(sizes).map(|size| size as usize);
    let (Some(read_bases), Some(haplotype_bases)) = (sizes.next(), sizes.next()) else {
        return wrong("it has no sizes");
    };
    let head = head_length(count, read_bases);
    if frame.payload.len() != head + haplotype_bases {
        return wrong("it is not as long as its pairs and bases");
    }
    let bases = &frame.payload[head_length(count, 0) + 4 * PROBABILITIES * read_bases..];
    if bases.iter().any(|&base| base > 4) {
        return wrong("a base has no code");
    }
    let field = |k: usize| words(&fields[4 * k * count..4 * (k + 1) * count]);
    let reads = field(0).zip(field(1)).map(|range| (range, read_bases));
    let haplotypes = field(2).zip(field(3)).map(|range| (range, haplotype_bases));
    for ((start, length), bases) in reads.chain(haplotypes) {
        if length as usize > MAX_LENGTH || start as usize + length as usize > bases {
            return wrong("a sequence leaves the bases");
        }
    }
    let lengths = field(1).zip(field(3));
    Ok(lengths
        .map(|(rows, columns)| Size {
            rows: rows as usize,
            columns: columns as usize,
        })
        .collect())
}

/// Returns the bytes before the haplotypes' bases.
fn head_length(pairs: usize, read_bases: usize) -> usize {
    4 * (SIZES + FIELDS * pairs + PROBABILITIES * read_bases) + read_bases.next_multiple_of(4)
}

/// Makes the frame of results from the sums that the kernel wrote.
///
/// # Errors
///
/// [`FrameError::TooLong`].
pub fn encode_results(sums: &[f32]) -> Result<Frame, FrameError> {
    let mut payload = Vec::with_capacity(4 * sums.len());
    put_words(&mut payload, sums.iter().map(|sum| sum.to_bits()));
    Frame::batch(Kind::Results, CONTRACT, sums.len(), payload)
}

/// Takes the sums of the pairs `range` of a batch from a frame, to their places in `sums`.
///
/// # Errors
///
/// [`FrameError::Payload`] where a sum is none that its pair can have; then nothing in `range` is to
/// be used.
///
/// # Panics
///
/// If the batch has no such pairs, or `sums` no room for them.
pub fn decode_results(
    batch: &Batch,
    range: Range<usize>,
    frame: &Frame,
    sums: &mut [f32],
) -> Result<(), FrameError> {
    let wrong = |what| Err(FrameError::Payload { what });
    if (frame.kind, frame.contract) != (Kind::Results, CONTRACT)
        || frame.count as usize != range.len()
        || frame.payload.len() != 4 * range.len()
    {
        return wrong("results are not as many as pairs");
    }
    for (index, word) in range.zip(words(&frame.payload)) {
        let (pair, sum) = (batch.pair(index), f32::from_bits(word));
        let is_possible = if pair.read.bases.is_empty() {
            sum == f32::INITIAL
        } else if pair.haplotype.is_empty() {
            sum == f32::ZERO
        } else {
            // The model never makes more than it was given; roundings are far below a factor of four.
            (0.0..=4.0 * f32::INITIAL).contains(&sum)
        };
        if !is_possible {
            return wrong("a sum is none that its pair can have");
        }
        sums[index] = sum;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
