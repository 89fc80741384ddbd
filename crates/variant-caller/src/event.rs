//! A difference from the reference.

use crate::MAX_INDEL;

/// Replaces `deleted` reference bases at `position` by `inserted`: a substitution has one of each,
/// an insertion deletes nothing, a deletion inserts nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Event {
    /// 0-based position of the first deleted base, or of the base before which bases are inserted.
    pub(crate) position: u32,
    /// Number of deleted reference bases.
    pub(crate) deleted: u32,
    /// Inserted base codes.
    pub(crate) inserted: Vec<u8>,
}

impl Event {
    pub(crate) fn substitution(position: u32, base: u8) -> Self {
        Self {
            position,
            deleted: 1,
            inserted: vec![base],
        }
    }

    pub(crate) fn is_indel(&self) -> bool {
        self.deleted as usize != self.inserted.len()
    }

    /// 0-based end of the deleted bases, exclusive.
    pub(crate) fn end(&self) -> u32 {
        self.position + self.deleted
    }

    /// 0-based POS of the VCF record: an indel is anchored at the base before it.
    pub(crate) fn anchor(&self) -> u32 {
        if self.is_indel() {
            self.position.saturating_sub(1)
        } else {
            self.position
        }
    }

    /// Bases by which the event lengthens (or, below 0, shortens) the sequence.
    pub(crate) fn length_change(&self) -> i64 {
        self.inserted.len() as i64 - i64::from(self.deleted)
    }

    /// Whether it is short enough to be called.
    pub(crate) fn is_short(&self) -> bool {
        self.deleted <= MAX_INDEL && self.inserted.len() <= MAX_INDEL as usize
    }

    /// Moves a pure insertion or deletion as far left as the sequence allows, but not over more than
    /// `most` bases. `bases` are the reference's codes from `offset` on.
    pub(crate) fn left_align(&mut self, bases: &[u8], offset: u32, most: u32) {
        let base = |position: u32| bases.get((position - offset) as usize).copied();
        for _ in 0..most {
            // The first base of a contig stays free for the anchor.
            if self.position <= offset + 1 {
                return;
            }
            let before = base(self.position - 1);
            if before == Some(4) || before.is_none() {
                return;
            }
            if self.deleted == 0 {
                if self.inserted.last().copied() != before {
                    return;
                }
                self.inserted.rotate_right(1);
            } else if self.inserted.is_empty() {
                if base(self.end() - 1) != before {
                    return;
                }
            } else {
                return;
            }
            self.position -= 1;
        }
    }

    /// Bases, at most `most`, by which a pure insertion or deletion can be moved to the right without another
    /// sequence: what follows repeats it, as in a tandem repeat of any period.
    pub(crate) fn right_shift(&self, bases: &[u8], offset: u32, most: u32) -> u32 {
        let base = |position: u32| {
            let base = bases.get((position - offset) as usize).copied();
            base.filter(|&b| b < 4)
        };
        let moved = |i: u32| match (self.deleted, self.inserted.len() as u32) {
            (0, length) => {
                base(self.position + i).is_some_and(|b| b == self.inserted[(i % length) as usize])
            }
            (_, 0) => base(self.position + i).is_some_and(|b| base(self.end() + i) == Some(b)),
            _ => false,
        };
        (0..most).take_while(|&i| moved(i)).count() as u32
    }

    /// Whether both can stand on one haplotype, `self` first: indels need a base between them and
    /// what precedes them, which anchors them.
    pub(crate) fn precedes(&self, next: &Self) -> bool {
        if next.is_indel() && self.is_indel() {
            self.end() < next.position
        } else {
            self.end() <= next.position
                && (self.position, self.deleted) != (next.position, next.deleted)
        }
    }
}
