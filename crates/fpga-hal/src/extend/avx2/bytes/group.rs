//! The jobs of a group, side by side.

use std::arch::x86_64::*;

use super::{super::band, Costs, LANES, Scratch, best::AT_ONCE, kernel::Column};
use crate::extend::batch::Job;

/// Bases that are transposed at a time.
const BLOCK: usize = 16;

/// The lanes' shapes, and what bounds the group.
pub(super) struct Shape {
    pub(super) query_lengths: [i16; LANES],
    /// The last row that has a cell, or the last of the query.
    pub(super) last_rows: [i16; LANES],
    target_lengths: [i16; LANES],
    bands: [i16; LANES],
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) narrowest: usize,
    pub(super) widest: usize,
    pub(super) shortest_target: usize,
}

impl Shape {
    pub(super) fn new(jobs: &[Job<'_>]) -> Self {
        // Lanes without a job are shaped like the last one, so that they call for no masks.
        let lane = |l: usize| &jobs[l.min(jobs.len() - 1)];
        let query_lengths: [i16; LANES] = std::array::from_fn(|l| lane(l).query.len() as i16);
        let target_lengths: [i16; LANES] = std::array::from_fn(|l| lane(l).target.len() as i16);
        let bands: [i16; LANES] = std::array::from_fn(|l| band(lane(l)));
        let most = |values: &[i16; LANES]| values.iter().fold(0, |a, &b| a.max(b)) as usize;
        let least = |values: &[i16; LANES]| values.iter().fold(i16::MAX, |a, &b| a.min(b)) as usize;
        Self {
            last_rows: std::array::from_fn(|l| query_lengths[l].min(target_lengths[l] + bands[l])),
            rows: most(&query_lengths),
            columns: most(&target_lengths),
            narrowest: least(&bands),
            widest: most(&bands),
            shortest_target: least(&target_lengths),
            query_lengths,
            target_lengths,
            bands,
        }
    }

    pub(super) fn band(&self, lane: usize) -> usize {
        usize::from(self.bands[lane] as u16)
    }

    /// The first column, of those from 1 on, of any lane in row `i`.
    pub(super) fn first_column(&self, i: usize) -> usize {
        i.saturating_sub(self.widest).max(1)
    }

    /// Columns of a row that may be kept for the way back, those from 1 on.
    pub(super) fn stride(&self) -> usize {
        (2 * self.widest + 1).min(self.columns)
    }
}

/// Transposes the jobs' bases into lanes, and sets the masks and row 0.
#[target_feature(enable = "avx2")]
pub(super) fn load(jobs: &[Job<'_>], shape: &Shape, costs: &Costs, scratch: &mut Scratch) {
    let lane = |l: usize| &jobs[l.min(jobs.len() - 1)];
    transpose(
        std::array::from_fn(|l| (lane(l).query, lane(l).reversed)),
        shape.rows,
        &mut scratch.query,
    );
    transpose(
        std::array::from_fn(|l| (lane(l).target, lane(l).reversed)),
        shape.columns,
        &mut scratch.target,
    );
    // N is 4 in a query and 8 in a target, so that two of them do not cancel out.
    let unknown = _mm256_set1_epi8(4);
    for base in &mut scratch.target {
        *base = _mm256_add_epi8(*base, _mm256_and_si256(*base, unknown));
    }

    let all = _mm256_set1_epi8(-1);
    let floor = _mm256_set1_epi8(costs.floor as i8);
    scratch.in_band.clear();
    scratch.in_band.resize(2 * shape.widest + 1, all);
    if shape.narrowest < shape.widest {
        for (column, lanes) in scratch.in_band.iter_mut().enumerate() {
            *lanes = at_least(&shape.bands, column.abs_diff(shape.widest) as i16);
        }
    }
    scratch.in_target.clear();
    scratch.in_target.resize(shape.shortest_target + 1, all);
    let rest = shape.shortest_target + 1..=shape.columns;
    let rest = rest.map(|j| at_least(&shape.target_lengths, j as i16));
    scratch.in_target.extend(rest);
    let none = Column {
        score: floor,
        insertion: _mm256_setzero_si256(),
    };
    let columns = shape.columns + 1 + AT_ONCE;
    scratch.in_target.resize(columns, none.insertion);

    let edge = _mm256_set1_epi8(u8::MAX.saturating_sub(costs.open) as i8);
    let open = _mm256_set1_epi8(costs.open as i8);
    let step = _mm256_set1_epi8(costs.step as i8);
    scratch.columns.clear();
    for j in 0..=shape.columns {
        let score = match j {
            0 => all,
            j if j <= shape.widest => {
                let edge = _mm256_and_si256(edge, scratch.in_band[shape.widest + j]);
                _mm256_max_epu8(edge, floor)
            }
            _ => floor,
        };
        let insertion = _mm256_subs_epu8(_mm256_subs_epu8(score, open), step);
        scratch.columns.push(Column { score, insertion });
    }
    scratch.columns.resize(columns, none);
}

/// Returns the lanes whose value is at least `limit`.
#[target_feature(enable = "avx2")]
fn at_least(values: &[i16; LANES], limit: i16) -> __m256i {
    let [low, high]: [__m256i; 2] = bytemuck::must_cast(*values);
    let below = _mm256_set1_epi16(limit - 1);
    narrow(
        _mm256_cmpgt_epi16(low, below),
        _mm256_cmpgt_epi16(high, below),
    )
}

/// Returns two masks of 16-bit lanes as one of 8-bit lanes, in order.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn narrow(low: __m256i, high: __m256i) -> __m256i {
    // Packing interleaves the 128-bit halves.
    _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi16(low, high))
}

/// Sets `out` to `length` positions of 32 sequences, in the direction of extension.
#[target_feature(enable = "avx2")]
fn transpose(sequences: [(&[u8], bool); LANES], length: usize, out: &mut Vec<__m256i>) {
    out.clear();
    out.resize(length.next_multiple_of(BLOCK), _mm256_setzero_si256());
    if length == 0 {
        return;
    }
    let halves: &mut [u128] = bytemuck::cast_slice_mut(out);
    for (l, (codes, reversed)) in sequences.into_iter().enumerate() {
        // A vector of a block holds sixteen bases of two lanes.
        let blocks = halves[l % BLOCK * 2 + l / BLOCK..]
            .iter_mut()
            .step_by(LANES);
        stage(codes, reversed, blocks);
    }
    for rows in out.chunks_exact_mut(BLOCK) {
        // Each round rotates the bits of a base's address (row, position) by one; four of them
        // swap row and position.
        let mut now = [_mm256_setzero_si256(); BLOCK];
        now.copy_from_slice(rows);
        for _ in 0..4 {
            let mut next = now;
            for (k, pair) in next.chunks_exact_mut(2).enumerate() {
                pair[0] = _mm256_unpacklo_epi8(now[k], now[k + BLOCK / 2]);
                pair[1] = _mm256_unpackhi_epi8(now[k], now[k + BLOCK / 2]);
            }
            now = next;
        }
        rows.copy_from_slice(&now);
    }
    out.truncate(length);
}

/// Writes a sequence into blocks of sixteen bases, in the direction of extension.
fn stage<'a>(codes: &[u8], reversed: bool, mut blocks: impl Iterator<Item = &'a mut u128>) {
    let (whole, rest) = codes.as_chunks::<BLOCK>();
    let (rest_first, whole_last) = codes.as_rchunks::<BLOCK>();
    if reversed {
        for (&block, out) in whole_last.iter().rev().zip(&mut blocks) {
            *out = u128::from_be_bytes(block);
        }
    } else {
        for (&block, out) in whole.iter().zip(&mut blocks) {
            *out = u128::from_le_bytes(block);
        }
    }
    let Some(last) = blocks.next().filter(|_| !rest.is_empty()) else {
        return;
    };
    let missing = 8 * (BLOCK - rest.len()) as u32;
    // A block that ends with the sequence is read at once, less what came before it.
    *last = match (reversed, codes.first_chunk(), codes.last_chunk()) {
        (true, Some(&block), _) => u128::from_be_bytes(block) >> missing,
        (false, _, Some(&block)) => u128::from_le_bytes(block) >> missing,
        _ => {
            let mut block = [0; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            if reversed {
                block[..rest_first.len()].reverse();
            }
            u128::from_le_bytes(block)
        }
    };
}
