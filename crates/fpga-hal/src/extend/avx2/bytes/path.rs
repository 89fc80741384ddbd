//! From a cell back to (0, 0), by the scores of the cells on the way.

use super::{Costs, LANES, Scratch, Shape};
use crate::extend::{
    results::Extension,
    traceback::{DELETION, INSERTION, MATCH, Operations},
};

/// What a lane of a group has kept.
pub(super) struct Path<'a> {
    lane: usize,
    shape: &'a Shape,
    scores: &'a [[u8; LANES]],
    ways: &'a [u32],
    open: u32,
    step: u32,
}

impl<'a> Path<'a> {
    pub(super) fn new(lane: usize, shape: &'a Shape, costs: &Costs, scratch: &'a Scratch) -> Self {
        Self {
            lane,
            shape,
            scores: bytemuck::cast_slice(&scratch.scores),
            ways: &scratch.ways,
            open: costs.open.into(),
            step: costs.step.into(),
        }
    }

    /// Appends the path's operations to `out`, the last of the extension first.
    pub(super) fn walk(&self, from: &Extension, out: &mut Vec<u32>) {
        let mut out = Operations::new(out);
        let (mut i, mut j) = (usize::from(from.query_end), usize::from(from.target_end));
        while i > 0 && j > 0 {
            let start = i;
            while i > 0 && j > 0 && self.ways[self.cell(i, j)] >> self.lane & 1 == 0 {
                i -= 1;
                j -= 1;
            }
            out.push(MATCH, (start - i) as u32);
            if i == 0 || j == 0 {
                break;
            }
            if let Some(length) = self.deletion(i, j) {
                out.push(DELETION, length as u32);
                j -= length;
            } else {
                let length = self.insertion(i, j);
                out.push(INSERTION, length as u32);
                i -= length;
            }
        }
        // Along the edges there is only one way.
        out.push(DELETION, j as u32);
        out.push(INSERTION, i as u32);
    }

    fn cell(&self, i: usize, j: usize) -> usize {
        (i - 1) * self.shape.stride() + j - self.shape.first_column(i)
    }

    fn score(&self, i: usize, j: usize) -> u32 {
        self.scores[self.cell(i, j)][self.lane].into()
    }

    /// Returns the length of the shortest deletion that makes the cell's score, if one does.
    fn deletion(&self, i: usize, j: usize) -> Option<usize> {
        let wanted = self.score(i, j) + self.open;
        let first = self.shape.first_column(i);
        if let Some(k) = (1..=j - first).find(|&k| self.score(i, j - k) == wanted) {
            return Some(k);
        }
        let edge = 255 - i64::from(self.open) - i64::from(self.step) * i as i64;
        (i <= self.shape.band(self.lane) && edge == i64::from(wanted)).then_some(j)
    }

    /// Returns the length of the shortest insertion that makes the cell's score.
    fn insertion(&self, i: usize, j: usize) -> usize {
        let mut wanted = self.score(i, j) + self.open;
        for k in 1..i {
            wanted += self.step;
            if i - k + self.shape.widest < j {
                break;
            }
            if self.score(i - k, j) == wanted {
                return k;
            }
        }
        i
    }
}
