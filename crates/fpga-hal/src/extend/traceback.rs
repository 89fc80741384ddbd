//! From a cell back to (0, 0) along the directions that the fill stored.

use super::results::Extension;

/// The path leaves H for a gap, not along the diagonal.
pub(super) const GAP: u8 = 1;
/// With [`GAP`]: for the insertion, not the deletion.
pub(super) const GAP_IS_INSERTION: u8 = 2;
/// The deletion of the next column extends this cell's.
pub(super) const EXTEND_DELETION: u8 = 4;
/// The insertion of the next row extends this cell's.
pub(super) const EXTEND_INSERTION: u8 = 8;

/// Operations as BAM numbers them.
pub(super) const MATCH: u32 = 0;
pub(super) const INSERTION: u32 = 1;
pub(super) const DELETION: u32 = 2;

/// A path that grows by operations; equal ones in a row are one.
pub(super) struct Operations<'a> {
    out: &'a mut Vec<u32>,
    start: usize,
}

impl<'a> Operations<'a> {
    pub(super) fn new(out: &'a mut Vec<u32>) -> Self {
        let start = out.len();
        Self { out, start }
    }

    /// Appends an operation, unless its length is 0.
    pub(super) fn push(&mut self, operation: u32, length: u32) {
        match self.out[self.start..].last_mut() {
            _ if length == 0 => {}
            Some(last) if *last & 0xf == operation => *last += length << 4,
            _ => self.out.push(length << 4 | operation),
        }
    }
}

#[derive(Clone, Copy)]
enum State {
    Any,
    Deletion,
    Insertion,
}

/// Appends the path's operations to `out`, the last of the extension first.
///
/// `direction` gives the bits of a cell inside the band with row and column of at least 1.
pub(super) fn walk(from: &Extension, direction: impl Fn(usize, usize) -> u8, out: &mut Vec<u32>) {
    let mut out = Operations::new(out);
    let (mut i, mut j) = (usize::from(from.query_end), usize::from(from.target_end));
    let mut state = State::Any;
    // Along the edges there is only one way.
    while i > 0 && j > 0 {
        if let State::Any = state {
            let bits = direction(i, j);
            if bits & GAP == 0 {
                out.push(MATCH, 1);
                i -= 1;
                j -= 1;
                continue;
            }
            state = if bits & GAP_IS_INSERTION == 0 {
                State::Deletion
            } else {
                State::Insertion
            };
        }
        let (operation, extend) = match state {
            State::Deletion => {
                j -= 1;
                (DELETION, EXTEND_DELETION)
            }
            _ => {
                i -= 1;
                (INSERTION, EXTEND_INSERTION)
            }
        };
        out.push(operation, 1);
        if i > 0 && j > 0 && direction(i, j) & extend == 0 {
            state = State::Any;
        }
    }
    out.push(DELETION, j as u32);
    out.push(INSERTION, i as u32);
}
