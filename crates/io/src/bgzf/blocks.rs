//! Where blocks begin and end: a function of the payload alone.

use std::ops::Range;

/// Most uncompressed bytes of a block. Fewer than 65,536, so that data which does not compress
/// still fits with header and trailer.
pub const BLOCK_SIZE: usize = 65_280;

/// Blocks of plain bytes: all full but the last.
pub fn split_bytes(length: usize) -> Vec<Range<usize>> {
    (0..length)
        .step_by(BLOCK_SIZE)
        .map(|start| start..length.min(start + BLOCK_SIZE))
        .collect()
}

/// Blocks of records, which start at the ascending `starts` (the first at 0) and fill the whole
/// `length`: a record lies in one block unless it is larger than a block.
pub fn split_records(length: usize, starts: &[u32]) -> Vec<Range<usize>> {
    let mut blocks = Vec::with_capacity(length / BLOCK_SIZE + 1);
    let mut start = 0;
    let ends = starts.iter().skip(1).map(|s| *s as usize).chain([length]);
    let mut previous = 0;
    for end in ends {
        if end - start > BLOCK_SIZE {
            if previous > start {
                blocks.push(start..previous);
                start = previous;
            }
            while end - start > BLOCK_SIZE {
                blocks.push(start..start + BLOCK_SIZE);
                start += BLOCK_SIZE;
            }
        }
        previous = end;
    }
    if length > start {
        blocks.push(start..length);
    }
    blocks
}
