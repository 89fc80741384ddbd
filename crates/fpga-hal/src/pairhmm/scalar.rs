//! The contract in plain Rust: the oracle of all other backends, and the f64 path of all.

use super::{
    Batch,
    model::{Real, Row},
};

const N: u8 = 4;

/// A cell of the row above.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell<R> {
    matched: R,
    insertion: R,
    /// Insertion + deletion: all that M takes from either.
    gap: R,
}

pub(super) fn run(
    batch: &Batch,
    indexes: impl Iterator<Item = usize>,
    rows: &[Row<f32>],
    sums: &mut [f32],
) {
    let mut cells = Vec::new();
    for index in indexes {
        let pair = batch.pair(index);
        let rows = &rows[pair.read_start..][..pair.read.bases.len()];
        sums[index] = sum(rows, pair.read.bases, pair.haplotype, &mut cells);
    }
}

/// Returns the scaled likelihood of a read; `cells` is working memory.
pub(super) fn sum<R: Real>(
    rows: &[Row<R>],
    read: &[u8],
    haplotype: &[u8],
    cells: &mut Vec<Cell<R>>,
) -> R {
    if read.is_empty() {
        return R::INITIAL;
    }
    let start = Cell {
        matched: R::ZERO,
        insertion: R::ZERO,
        gap: R::start(haplotype.len()),
    };
    let edge = Cell {
        gap: R::ZERO,
        ..start
    };
    cells.clear();
    cells.resize(haplotype.len(), start);
    let mut before = start;
    for (row, &read_base) in rows.iter().zip(read) {
        let mut diagonal = before;
        before = edge;
        let (mut left_match, mut left_deletion) = (R::ZERO, R::ZERO);
        for (cell, &base) in cells.iter_mut().zip(haplotype) {
            let above = *cell;
            let agree = read_base == base || read_base == N || base == N;
            let emission = if agree { row.agree } else { row.differ };
            let matched = emission
                * (diagonal.matched * row.match_to_match + diagonal.gap * row.gap_to_match);
            let matched = matched.max(R::LEAST_MATCH);
            let insertion =
                above.matched * row.match_to_insertion + above.insertion * row.gap_to_gap;
            let deletion = left_match * row.match_to_deletion + left_deletion * row.gap_to_gap;
            *cell = Cell {
                matched,
                insertion,
                gap: insertion + deletion,
            };
            diagonal = above;
            left_match = matched;
            left_deletion = deletion;
        }
    }
    cells
        .iter()
        .fold(R::ZERO, |sum, cell| sum + (cell.matched + cell.insertion))
}
