//! Batches and results of the PairHMM as bytes: the payloads of frames, and what kernels read.
//!
//! A batch is words [read bases, haplotype bases], then one array of words each for the pairs' read
//! starts, read lengths, haplotype starts, haplotype lengths and D(0,j), then seven arrays of
//! f32, one value a read base (emission where bases agree, where they differ; transitions match to
//! match, gap to match, match to insertion, match to deletion, gap to gap), then the reads' bases
//! with zeros up to a whole word, then the haplotypes'. Probabilities are made here, so that no
//! device's logarithm or division shows. Results are one f32 a pair: the scaled sum.

use super::{
    Batch, CONTRACT, MAX_LENGTH, finish,
    model::{Real, Row, rows},
};
use crate::device::{Frame, FrameError, Kind, MAX_PAYLOAD, put_words, words};

const SIZES: usize = 2;
const FIELDS: usize = 5;
const PROBABILITIES: usize = 7;

/// Makes the frame of a batch.
///
/// # Errors
///
/// [`FrameError::TooLong`].
pub fn encode(batch: &Batch) -> Result<Frame, FrameError> {
    let reads = batch.all_reads().bases;
    let haplotypes = batch.all_haplotypes();
    let length = head_length(batch.len(), reads.len()) + haplotypes.len();
    if length > MAX_PAYLOAD {
        return Err(FrameError::TooLong { length });
    }
    let pairs = || (0..batch.len()).map(|index| batch.pair(index));
    let mut payload = Vec::with_capacity(length);
    let sizes = [reads.len() as u32, haplotypes.len() as u32];
    put_words(&mut payload, sizes.into_iter());
    put_words(&mut payload, pairs().map(|pair| pair.read_start as u32));
    put_words(
        &mut payload,
        pairs().map(|pair| pair.read.bases.len() as u32),
    );
    put_words(
        &mut payload,
        pairs().map(|pair| pair.haplotype_start as u32),
    );
    put_words(
        &mut payload,
        pairs().map(|pair| pair.haplotype.len() as u32),
    );
    let starts = pairs().map(|pair| f32::start(pair.haplotype.len()).to_bits());
    put_words(&mut payload, starts);
    let rows = rows(batch);
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
    payload.extend_from_slice(reads);
    payload.resize(payload.len().next_multiple_of(4), 0);
    payload.extend_from_slice(haplotypes);
    Frame::batch(Kind::Pairhmm, CONTRACT, batch.len(), payload)
}

/// Checks a received batch, so that a kernel can trust it, and returns the haplotype length of each
/// pair: the columns that it computes.
///
/// # Errors
///
/// [`FrameError::Payload`].
pub fn check(frame: &Frame) -> Result<Vec<u16>, FrameError> {
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
    Ok(field(3).map(|length| length as u16).collect())
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

/// Takes a batch's results from a frame; those that are no sum of a pair are refused.
pub(crate) fn decode_results(
    batch: &Batch,
    frame: &Frame,
    out: &mut Vec<f64>,
) -> Result<(), FrameError> {
    let wrong = |what| Err(FrameError::Payload { what });
    out.clear();
    if (frame.kind, frame.contract) != (Kind::Results, CONTRACT)
        || frame.count as usize != batch.len()
        || frame.payload.len() != 4 * batch.len()
    {
        return wrong("results are not as many as pairs");
    }
    // The model never makes more than it was given; roundings are far below a factor of four.
    let possible = 0.0..=4.0 * f32::INITIAL;
    let sums: Vec<f32> = words(&frame.payload).map(f32::from_bits).collect();
    if !sums.iter().all(|sum| possible.contains(sum)) {
        return wrong("a sum is none that a pair can have");
    }
    finish(batch, &sums, out);
    Ok(())
}
