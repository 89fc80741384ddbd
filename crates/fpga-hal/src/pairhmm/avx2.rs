//! Eight or sixteen pairs at a time, one per f32 lane.
//!
//! A cell's deletion waits for that of the column before (a multiplication and an addition), so two
//! vectors are computed side by side. Pairs are sorted by read and haplotype length so that the
//! lanes of a group end at about the same cell.

use std::arch::x86_64::*;

use super::{
    batch::{Batch, Pair},
    model::{Real, Row},
};
use crate::arch::Avx2;

const LANES: usize = 8;

/// Cells of the row above, as in the scalar code.
#[derive(Clone, Copy)]
struct Cell {
    matched: __m256,
    insertion: __m256,
    gap: __m256,
}

/// Working memory of a group of `V` vectors.
#[derive(Default)]
struct Scratch<const V: usize> {
    cells: Vec<[Cell; V]>,
    haplotype: Vec<[__m256i; V]>,
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
            order.push(index as u32);
        }
    }
    order.sort_unstable_by_key(|&index| {
        let pair = batch.pair(index as usize);
        (pair.read.bases.len(), pair.haplotype.len(), index)
    });
    let mut double = Scratch::<2>::default();
    let mut single = Scratch::<1>::default();
    for indexes in order.chunks(2 * LANES) {
        if indexes.len() > LANES {
            run_group(batch, rows, indexes, &mut double, sums);
        } else {
            run_group(batch, rows, indexes, &mut single, sums);
        }
    }
}

#[target_feature(enable = "avx2")]
fn run_group<const V: usize>(
    batch: &Batch,
    rows: &[Row<f32>],
    indexes: &[u32],
    scratch: &mut Scratch<V>,
    sums: &mut [f32],
) {
    // Lanes without a pair repeat the last one.
    let lane = |l: usize| {
        let pair = batch.pair(indexes[l.min(indexes.len() - 1)] as usize);
        let rows = &rows[pair.read_start..][..pair.read.bases.len()];
        Lane { pair, rows }
    };
    let group: [[Lane<'_>; LANES]; V] =
        std::array::from_fn(|v| std::array::from_fn(|l| lane(v * LANES + l)));
    let mut group_sums = [[0.0; LANES]; V];
    compute(&group, scratch, &mut group_sums);
    for (&index, &sum) in indexes.iter().zip(group_sums.as_flattened()) {
        sums[index as usize] = sum;
    }
}

#[target_feature(enable = "avx2")]
fn compute<const V: usize>(
    group: &[[Lane<'_>; LANES]; V],
    scratch: &mut Scratch<V>,
    sums: &mut [[f32; LANES]; V],
) {
    let zero = _mm256_setzero_ps();
    let rows = group
        .as_flattened()
        .iter()
        .map(|lane| lane.rows.len())
        .max()
        .unwrap_or(0);
    let lengths = group.map(|lanes| lanes.map(|lane| lane.pair.haplotype.len() as i32));
    let columns = lengths.as_flattened().iter().fold(0, |a, &b| a.max(b)) as usize;

    let Scratch { cells, haplotype } = scratch;
    haplotype.clear();
    haplotype.resize(columns, [_mm256_setzero_si256(); V]);
    for (v, lanes) in group.iter().enumerate() {
        for (l, lane) in lanes.iter().enumerate() {
            for (column, &base) in haplotype.iter_mut().zip(lane.pair.haplotype) {
                bytemuck::cast_mut::<__m256i, [u32; LANES]>(&mut column[v])[l] = base_set(base);
            }
        }
    }
    let start: [Cell; V] = std::array::from_fn(|v| Cell {
        matched: zero,
        insertion: zero,
        gap: bytemuck::must_cast(lengths[v].map(|length| f32::start(length as usize))),
    });
    cells.clear();
    cells.resize(columns, start);

    let mut before = start;
    for i in 0..rows {
        let parameters: [Parameters; V] = std::array::from_fn(|v| Parameters::new(&group[v], i));
        fill_row(&parameters, before, haplotype, cells);
        before = start.map(|cell| Cell { gap: zero, ..cell });
        if group
            .as_flattened()
            .iter()
            .any(|lane| lane.rows.len() == i + 1)
        {
            for v in 0..V {
                let row_sums = sum_row(cells, v, bytemuck::must_cast(lengths[v]));
                for (l, lane) in group[v].iter().enumerate() {
                    if lane.rows.len() == i + 1 {
                        sums[v][l] = row_sums[l];
                    }
                }
            }
        }
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn fill_row<const V: usize>(
    parameters: &[Parameters; V],
    before: [Cell; V],
    haplotype: &[[__m256i; V]],
    cells: &mut [[Cell; V]],
) {
    let least = _mm256_set1_ps(f32::LEAST_MATCH);
    let mut diagonal = before;
    let mut left_match = [_mm256_setzero_ps(); V];
    let mut left_deletion = [_mm256_setzero_ps(); V];
    for (cells, bases) in cells.iter_mut().zip(haplotype) {
        for v in 0..V {
            let (p, above) = (&parameters[v], cells[v]);
            let common = _mm256_and_si256(p.base, bases[v]);
            let differ = _mm256_cmpeq_epi32(common, _mm256_setzero_si256());
            let change = _mm256_and_ps(p.change, _mm256_castsi256_ps(differ));
            let emission = _mm256_xor_ps(p.agree, change);
            let matched = _mm256_mul_ps(
                emission,
                _mm256_add_ps(
                    _mm256_mul_ps(diagonal[v].matched, p.match_to_match),
                    _mm256_mul_ps(diagonal[v].gap, p.gap_to_match),
                ),
            );
            let matched = _mm256_max_ps(matched, least);
            let insertion = _mm256_add_ps(
                _mm256_mul_ps(above.matched, p.match_to_insertion),
                _mm256_mul_ps(above.insertion, p.gap_to_gap),
            );
            let deletion = _mm256_add_ps(
                _mm256_mul_ps(left_match[v], p.match_to_deletion),
                _mm256_mul_ps(left_deletion[v], p.gap_to_gap),
            );
            cells[v] = Cell {
                matched,
                insertion,
                gap: _mm256_add_ps(insertion, deletion),
            };
            diagonal[v] = above;
            left_match[v] = matched;
            left_deletion[v] = deletion;
        }
    }
}

/// Adds M + I of a row from the first column to the lanes' own last ones.
#[target_feature(enable = "avx2")]
fn sum_row<const V: usize>(cells: &[[Cell; V]], v: usize, lengths: __m256i) -> [f32; LANES] {
    let mut sum = _mm256_setzero_ps();
    for (j, cell) in cells.iter().enumerate() {
        let inside = _mm256_cmpgt_epi32(lengths, _mm256_set1_epi32(j as i32));
        let ends = _mm256_add_ps(cell[v].matched, cell[v].insertion);
        sum = _mm256_add_ps(sum, _mm256_and_ps(ends, _mm256_castsi256_ps(inside)));
    }
    bytemuck::must_cast(sum)
}

/// A row's probabilities and bases, by lane.
struct Parameters {
    base: __m256i,
    agree: __m256,
    /// The bits in which the emission of bases that differ is another: cheaper than a blend.
    change: __m256,
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
        Self {
            base: bytemuck::must_cast(bases),
            agree,
            change: _mm256_xor_ps(agree, differ),
            match_to_match: bytemuck::must_cast(rows.map(|row| row.match_to_match)),
            gap_to_match: bytemuck::must_cast(rows.map(|row| row.gap_to_match)),
            match_to_insertion: bytemuck::must_cast(rows.map(|row| row.match_to_insertion)),
            match_to_deletion: bytemuck::must_cast(rows.map(|row| row.match_to_deletion)),
            gap_to_gap: bytemuck::must_cast(rows.map(|row| row.gap_to_gap)),
        }
    }
}

/// Returns the bases that a code agrees with, one bit each; N agrees with all.
fn base_set(code: u8) -> u32 {
    if code > 3 { 0xf } else { 1 << code }
}
