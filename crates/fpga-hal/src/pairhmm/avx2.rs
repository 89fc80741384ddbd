//! Eight pairs at a time, one per f32 lane.
//!
//! A cell's deletion waits for that of the column before (a multiplication and an addition), so some
//! rows are computed side by side; what one leaves to the next then never leaves the registers.
//!
//! Lanes of one haplotype share each column's base, and a row's emissions are looked up by it.
//! Pairs that are left over compare bases lane by lane. Both are sorted by length so that the lanes of
//! a group end at about the same cell.

use std::arch::x86_64::*;

use super::{
    batch::{Batch, Pair},
    model::{Real, Row},
};
use crate::arch::Avx2;

const LANES: usize = 8;

/// Rows that are computed side by side.
const ROWS: usize = 2;

/// Cells of the row above, as in the scalar code.
#[derive(Clone, Copy)]
struct Cell {
    matched: __m256,
    insertion: __m256,
    gap: __m256,
}

/// A pair and its read's rows.
#[derive(Clone, Copy)]
struct Lane<'a> {
    pair: Pair<'a>,
    rows: &'a [Row<f32>],
}

pub(super) fn run(
    _: Avx2,
    batch: &Batch,
    indexes: impl Iterator<Item = usize>,
    rows: &[Row<f32>],
    sums: &mut [f32],
) {
    // SAFETY: `Avx2` exists only where the processor has AVX2.
    #[allow(unsafe_code)]
    unsafe {
        run_pairs(batch, indexes, rows, sums);
    }
}

#[target_feature(enable = "avx2")]
fn run_pairs(
    batch: &Batch,
    indexes: impl Iterator<Item = usize>,
    rows: &[Row<f32>],
    sums: &mut [f32],
) {
    let mut order = Vec::new();
    for index in indexes {
        let pair = batch.pair(index);
        let sum = &mut sums[index];
        if pair.read.bases.is_empty() {
            *sum = f32::INITIAL;
        } else if pair.haplotype.is_empty() {
            *sum = f32::ZERO;
        } else {
            order.push(index);
        }
    }
    order.sort_unstable_by_key(|&index| {
        let pair = batch.pair(index);
        (pair.haplotype_start, pair.read.bases.len(), index)
    });
    let mut cells = Vec::new();
    let mut left = Vec::new();
    let of_one =
        |&a: &usize, &b: &usize| batch.pair(a).haplotype_start == batch.pair(b).haplotype_start;
    for of_haplotype in order.chunk_by(of_one) {
        let (groups, rest) = of_haplotype.as_chunks::<LANES>();
        left.extend_from_slice(rest);
        for indexes in groups {
            let lanes = lanes(batch, rows, indexes);
            let haplotype = lanes[0].pair.haplotype;
            let emission = |row: &Parameters, base: u8| row.by_base[usize::from(base) % CODES];
            let group_sums = compute(&lanes, haplotype, emission, &mut cells);
            put(sums, indexes, group_sums);
        }
    }

    left.sort_unstable_by_key(|&index| {
        let pair = batch.pair(index);
        (pair.read.bases.len(), pair.haplotype.len(), index)
    });
    let mut haplotypes = Vec::new();
    for indexes in left.chunks(LANES) {
        let lanes = lanes(batch, rows, indexes);
        side_by_side(&lanes, &mut haplotypes);
        let emission = |row: &Parameters, bases: __m256i| {
            let common = _mm256_and_si256(row.bases, bases);
            let differ = _mm256_cmpeq_epi32(common, _mm256_setzero_si256());
            row.emission(differ)
        };
        let group_sums = compute(&lanes, &haplotypes, emission, &mut cells);
        put(sums, indexes, group_sums);
    }
}

/// Returns the lanes of a group; those without a pair repeat the last one.
fn lanes<'a>(batch: &'a Batch, rows: &'a [Row<f32>], indexes: &[usize]) -> [Lane<'a>; LANES] {
    std::array::from_fn(|l| {
        let pair = batch.pair(indexes[l.min(indexes.len() - 1)]);
        let rows = &rows[pair.read_start..][..pair.read.bases.len()];
        Lane { pair, rows }
    })
}

fn put(sums: &mut [f32], indexes: &[usize], group_sums: [f32; LANES]) {
    for (&index, sum) in indexes.iter().zip(group_sums) {
        sums[index] = sum;
    }
}

/// Sets `out` to the sets of bases of the lanes' haplotypes, column by column.
#[target_feature(enable = "avx2")]
fn side_by_side(lanes: &[Lane<'_>; LANES], out: &mut Vec<__m256i>) {
    let lengths = lanes.map(|lane| lane.pair.haplotype.len());
    let columns = lengths.iter().fold(0, |a, &b| a.max(b));
    out.clear();
    out.resize(columns, _mm256_setzero_si256());
    for (l, lane) in lanes.iter().enumerate() {
        for (column, &base) in out.iter_mut().zip(lane.pair.haplotype) {
            bytemuck::cast_mut::<__m256i, [u32; LANES]>(column)[l] = base_set(base);
        }
    }
}

/// Returns the sums of a group, whose `haplotype` gives to each column what `emission` takes.
#[target_feature(enable = "avx2")]
#[inline]
fn compute<B: Copy>(
    lanes: &[Lane<'_>; LANES],
    haplotype: &[B],
    emission: impl Fn(&Parameters, B) -> __m256 + Copy,
    cells: &mut Vec<Cell>,
) -> [f32; LANES] {
    let zero = _mm256_setzero_ps();
    let lengths = lanes.map(|lane| lane.pair.haplotype.len() as i32);
    let start = Cell {
        matched: zero,
        insertion: zero,
        gap: bytemuck::must_cast(lengths.map(|length| f32::start(length as usize))),
    };
    cells.clear();
    cells.resize(haplotype.len(), start);

    let rows = lanes.iter().fold(0, |rows, lane| rows.max(lane.rows.len()));
    let ends_after = |i: usize| lanes.iter().any(|lane| lane.rows.len() == i);
    let mut sums = [0.0; LANES];
    let mut before = start;
    let mut i = 0;
    while i < rows {
        if i + ROWS <= rows && !(i + 1..i + ROWS).any(ends_after) {
            let parameters = std::array::from_fn(|r| Parameters::new(lanes, i + r));
            fill_rows::<ROWS, B>(&parameters, before, haplotype, emission, cells);
            i += ROWS;
        } else {
            fill_rows::<1, B>(
                &[Parameters::new(lanes, i)],
                before,
                haplotype,
                emission,
                cells,
            );
            i += 1;
        }
        before = Cell { gap: zero, ..start };
        if ends_after(i) {
            let row_sums = sum_row(cells, bytemuck::must_cast(lengths));
            for (l, lane) in lanes.iter().enumerate() {
                if lane.rows.len() == i {
                    sums[l] = row_sums[l];
                }
            }
        }
    }
    sums
}

/// Turns the cells of the row above into those of the last of `R` rows; `before` lies left of the row
/// above.
#[target_feature(enable = "avx2")]
#[inline]
fn fill_rows<const R: usize, B: Copy>(
    parameters: &[Parameters; R],
    before: Cell,
    haplotype: &[B],
    emission: impl Fn(&Parameters, B) -> __m256,
    cells: &mut [Cell],
) {
    let zero = _mm256_setzero_ps();
    let least = _mm256_set1_ps(f32::LEAST_MATCH);
    let edge = Cell {
        matched: zero,
        insertion: zero,
        gap: zero,
    };
    let mut diagonal = [edge; R];
    diagonal[0] = before;
    let mut left_match = [zero; R];
    let mut left_deletion = [zero; R];
    for (cell, &base) in cells.iter_mut().zip(haplotype) {
        for r in 0..R {
            let (p, above) = (&parameters[r], *cell);
            let matched = _mm256_mul_ps(
                emission(p, base),
                _mm256_add_ps(
                    _mm256_mul_ps(diagonal[r].matched, p.match_to_match),
                    _mm256_mul_ps(diagonal[r].gap, p.gap_to_match),
                ),
            );
            let matched = _mm256_max_ps(matched, least);
            let insertion = _mm256_add_ps(
                _mm256_mul_ps(above.matched, p.match_to_insertion),
                _mm256_mul_ps(above.insertion, p.gap_to_gap),
            );
            let deletion = _mm256_add_ps(
                _mm256_mul_ps(left_match[r], p.match_to_deletion),
                _mm256_mul_ps(left_deletion[r], p.gap_to_gap),
            );
            *cell = Cell {
                matched,
                insertion,
                gap: _mm256_add_ps(insertion, deletion),
            };
            diagonal[r] = above;
            left_match[r] = matched;
            left_deletion[r] = deletion;
        }
    }
}

/// Adds M + I of a row from the first column to the lanes' own last ones.
#[target_feature(enable = "avx2")]
fn sum_row(cells: &[Cell], lengths: __m256i) -> [f32; LANES] {
    let mut sum = _mm256_setzero_ps();
    for (j, cell) in cells.iter().enumerate() {
        let inside = _mm256_cmpgt_epi32(lengths, _mm256_set1_epi32(j as i32));
        let ends = _mm256_add_ps(cell.matched, cell.insertion);
        sum = _mm256_add_ps(sum, _mm256_and_ps(ends, _mm256_castsi256_ps(inside)));
    }
    bytemuck::must_cast(sum)
}

/// Bases have fewer codes than this, a power of two.
const CODES: usize = 8;

/// A row's probabilities and bases, by lane.
struct Parameters {
    bases: __m256i,
    agree: __m256,
    /// The bits in which the emission of bases that differ is another: cheaper than a blend.
    change: __m256,
    /// The emissions of each code.
    by_base: [__m256; CODES],
    match_to_match: __m256,
    gap_to_match: __m256,
    match_to_insertion: __m256,
    match_to_deletion: __m256,
    gap_to_gap: __m256,
}

impl Parameters {
    /// Gathers row `i`; lanes whose read has ended repeat their last.
    #[target_feature(enable = "avx2")]
    fn new(lanes: &[Lane<'_>; LANES], i: usize) -> Self {
        let rows = lanes.map(|lane| lane.rows[i.min(lane.rows.len() - 1)]);
        let bases = lanes.map(|lane| base_set(lane.pair.read.bases[i.min(lane.rows.len() - 1)]));
        let agree = bytemuck::must_cast(rows.map(|row| row.agree));
        let differ = bytemuck::must_cast(rows.map(|row| row.differ));
        let mut parameters = Self {
            bases: bytemuck::must_cast(bases),
            agree,
            change: _mm256_xor_ps(agree, differ),
            by_base: [agree; CODES],
            match_to_match: bytemuck::must_cast(rows.map(|row| row.match_to_match)),
            gap_to_match: bytemuck::must_cast(rows.map(|row| row.gap_to_match)),
            match_to_insertion: bytemuck::must_cast(rows.map(|row| row.match_to_insertion)),
            match_to_deletion: bytemuck::must_cast(rows.map(|row| row.match_to_deletion)),
            gap_to_gap: bytemuck::must_cast(rows.map(|row| row.gap_to_gap)),
        };
        for code in 0..4 {
            let base = _mm256_set1_epi32(base_set(code) as i32);
            let common = _mm256_and_si256(parameters.bases, base);
            let differ = _mm256_cmpeq_epi32(common, _mm256_setzero_si256());
            parameters.by_base[usize::from(code)] = parameters.emission(differ);
        }
        parameters
    }

    /// Returns the emissions of lanes whose bases differ, or not.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn emission(&self, differ: __m256i) -> __m256 {
        _mm256_xor_ps(
            self.agree,
            _mm256_and_ps(self.change, _mm256_castsi256_ps(differ)),
        )
    }
}

/// Returns the bases that a code agrees with, one bit each; N agrees with all.
fn base_set(code: u8) -> u32 {
    if code > 3 { 0xf } else { 1 << code }
}
