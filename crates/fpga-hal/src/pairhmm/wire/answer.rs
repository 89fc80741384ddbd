use super::{
    super::{model::Row, scalar},
    FIELDS, PROBABILITIES, SIZES, check, encode_results, head_length,
};
use crate::device::{Frame, FrameError, words};

/// Returns what a device must answer to a batch, computed in scalar code.
///
/// # Errors
///
/// [`FrameError::Payload`] for what is no batch.
pub fn answer(question: &Frame) -> Result<Frame, FrameError> {
    check(question)?;
    let count = question.count as usize;
    let payload = &question.payload;
    let reads = words(payload).next().unwrap_or_default() as usize;
    let fields: Vec<u32> = words(&payload[4 * SIZES..][..4 * FIELDS * count]).collect();
    let probabilities = &payload[4 * (SIZES + FIELDS * count)..][..4 * PROBABILITIES * reads];
    let probabilities: Vec<f32> = words(probabilities).map(f32::from_bits).collect();
    let rows: Vec<Row<f32>> = (0..reads)
        .map(|base| {
            let at = |k: usize| probabilities[k * reads + base];
            Row {
                agree: at(0),
                differ: at(1),
                match_to_match: at(2),
                gap_to_match: at(3),
                match_to_insertion: at(4),
                match_to_deletion: at(5),
                gap_to_gap: at(6),
            }
        })
        .collect();
    let head = head_length(count, reads);
    let (before, haplotypes) = payload.split_at(head);
    let bases = &before[head - reads.next_multiple_of(4)..];
    let mut cells = Vec::new();
    let sums: Vec<f32> = (0..count)
        .map(|pair| {
            let field = |k: usize| fields[k * count + pair] as usize;
            let read = field(0)..field(0) + field(1);
            let haplotype = &haplotypes[field(2)..field(2) + field(3)];
            scalar::sum(&rows[read.clone()], &bases[read], haplotype, &mut cells)
        })
        .collect();
    encode_results(&sums)
}
