//! Looks for a read near its well-placed mate.

use std::ops::{Range, RangeInclusive};

use fafnir_io::{ContigId, Reference};

use crate::{candidates::Candidate, gapless::Mismatches, packed::PackedReads};

/// Searches windows of the reference diagonal by diagonal.
#[derive(Debug, Default)]
pub(crate) struct Rescuer {
    mismatches: Mismatches,
}

/// Shortest exact match that a rescue may start from.
const MIN_ANCHOR: u32 = 11;
/// Shortest read that is looked for: a shorter one matches anywhere.
const MIN_LENGTH: u32 = 25;
/// Longest read that is looked for: the search costs its length times the window's.
const MAX_LENGTH: u32 = 1000;

impl Rescuer {
    /// The best place without gaps of `read` on a strand of `contig` with its 5' end in a span.
    ///
    /// Unrelated sequence differs in three quarters of the bases, so one diagonal stands out even
    /// where an indel leaves but a part of the read on it.
    pub(crate) fn find(
        &mut self,
        reference: &Reference,
        reads: &PackedReads,
        read: usize,
        contig: ContigId,
        (reverse, five_prime): (bool, RangeInclusive<i64>),
    ) -> Option<Candidate> {
        let length = reads.length(read);
        if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) {
            return None;
        }
        let contig = reference.contig(contig);
        let (first, last) = five_prime.into_inner();
        let shift = if reverse { i64::from(length) } else { 0 };
        let highest = i64::from(contig.length) - i64::from(length);
        let (first, last) = ((first - shift).max(0), (last - shift).min(highest));
        let query = reads.query(read, reverse);
        let offset = contig.offset as i64;
        let mut best = (length * 3 / 5, None);
        let window = offset + first..offset + last + i64::from(length);
        let unknown = reference.unknown();
        let from = unknown.partition_point(|r| r.end as i64 <= window.start);
        let has_unknown = unknown
            .get(from)
            .is_some_and(|r| (r.start as i64) < window.end);
        for start in first..=last {
            self.mismatches
                .compare(reference.words(), offset + start, &query);
            if has_unknown {
                self.mismatches
                    .mark_unknown(reference, offset + start, length);
            }
            let count = self.mismatches.count();
            if count < best.0 {
                best = (count, Some(offset + start));
            }
        }
        self.on_diagonal(reference, reads, read, (reverse, best.1?), 0..length)
    }

    /// The place of `read` on a diagonal of the concatenated reference, with the longest exact match
    /// of its bases in `span`.
    pub(crate) fn on_diagonal(
        &mut self,
        reference: &Reference,
        reads: &PackedReads,
        read: usize,
        (reverse, diagonal): (bool, i64),
        span: Range<u32>,
    ) -> Option<Candidate> {
        let query = reads.query(read, reverse);
        self.mismatches.compare(reference.words(), diagonal, &query);
        let anchor = self.mismatches.longest_match(span);
        (anchor.end - anchor.start >= MIN_ANCHOR).then_some(Candidate {
            reverse,
            diagonal,
            start: anchor.start,
            end: anchor.end,
            coverage: anchor.end - anchor.start,
            disjoint: 0,
            linked_left: false,
            linked_right: false,
            spare: false,
        })
    }
}
