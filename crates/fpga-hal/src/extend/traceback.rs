//! From a cell back to (0, 0) along the directions that the fill stored.

use super::results::Extension;

/// The path leaves H for a gap, not along the diagonal.
pub(super) const GAP: u8 = 1;
/// With [`GAP`]: for the insertion, not the deletion.
pub(super) const INSERTION: u8 = 2;
/// The deletion of the next column extends this cell's.
pub(super) const EXTEND_DELETION: u8 = 4;
/// The insertion of the next row extends this cell's.
pub(super) const EXTEND_INSERTION: u8 = 8;

const OPERATION_MATCH: u32 = 0;
const OPERATION_INSERTION: u32 = 1;
const OPERATION_DELETION: u32 = 2;

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
    let start = out.len();
    let mut push = |operation: u32, length: u32| match out[start..].last_mut() {
        Some(last) if *last & 0xf == operation => *last += length << 4,
        _ => out.push(length << 4 | operation),
    };
    let (mut i, mut j) = (usize::from(from.query_end), usize::from(from.target_end));
    let mut state = State::Any;
    // Along the edges there is only one way.
    while i > 0 && j > 0 {
        if let State::Any = state {
            let bits = direction(i, j);
            if bits & GAP == 0 {
                push(OPERATION_MATCH, 1);
                i -= 1;
                j -= 1;
                continue;
            }
            state = if bits & INSERTION == 0 {
                State::Deletion
            } else {
                State::Insertion
            };
        }
        let (operation, extend) = match state {
            State::Deletion => {
                j -= 1;
                (OPERATION_DELETION, EXTEND_DELETION)
            }
            _ => {
                i -= 1;
                (OPERATION_INSERTION, EXTEND_INSERTION)
            }
        };
        push(operation, 1);
        if i > 0 && j > 0 && direction(i, j) & extend == 0 {
            state = State::Any;
        }
    }
    if j > 0 {
        push(OPERATION_DELETION, j as u32);
    }
    if i > 0 {
        push(OPERATION_INSERTION, i as u32);
    }
}
