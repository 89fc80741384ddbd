//! Looks for a read near its well-placed mate.

use std::ops::{Range, RangeInclusive};

use fafnir_io::{ContigId, Reference};

use crate::{
    alignment::{Alignment, Alignments},
    candidates::Candidate,
    gapless::{Mismatches, differences},
    insert_size::{InsertSizeModel, Orientation},
    mapq,
    options::AlignerOptions,
    packed::PackedReads,
    pairing::{Evidence, best_pair},
};

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

/// Places of a read from which its mate is looked for wherever the model lets it be.
const MAX_WIDE: usize = 4;
/// Places beyond these that score nearly as well: from them it is looked for where the best pair has
/// it, for copies of a repeat hold both reads alike.
const MAX_NARROW: usize = 32;
/// Bases by which indels may make a copy longer or shorter than another between the reads.
const SLACK: u32 = 12;

impl Rescuer {
    /// Places of the mate of `read` that a proper pair with one of the best places of `read` needs:
    /// where it has none there, and where it has one that was not extended.
    pub(crate) fn near(
        &mut self,
        reference: &Reference,
        (reads, alignments): (&PackedReads, &Alignments),
        read: usize,
        (model, options): (&InsertSizeModel, &AlignerOptions),
        out: &mut Vec<Candidate>,
    ) {
        let mate = read ^ 1;
        let is_first = read.is_multiple_of(2);
        let own = alignments.of(read);
        let Some(best) = own.first() else { return };
        let least = best.score - options.unpaired_penalty;
        let close = best.score - mapq::close_by(options);
        let mut fragment = None;
        let anchors = own.iter().take(MAX_WIDE + MAX_NARROW).enumerate();
        for (number, anchor) in anchors {
            let wide = number < MAX_WIDE;
            if anchor.score < if wide { least } else { close } {
                break;
            }
            let proper = |m: &&Alignment| {
                let pair = if is_first { (anchor, *m) } else { (*m, anchor) };
                model.is_proper(pair.0, pair.1)
            };
            let mut found = false;
            for m in alignments.of(mate).iter().filter(proper) {
                found = true;
                if m.unextended {
                    let diagonal = reference.contig(m.contig).offset as i64 + i64::from(m.start)
                        - i64::from(m.query_start);
                    let place = (m.reverse, diagonal);
                    let span = m.query_start..m.query_end;
                    out.extend(self.on_diagonal(reference, reads, mate, place, span));
                }
            }
            if found {
                continue;
            }
            if wide {
                for (orientation, sizes) in model.iter() {
                    let near = orientation.mate_of((anchor, is_first), (sizes.low, sizes.high));
                    out.extend(self.find(reference, reads, mate, anchor.contig, near));
                }
                continue;
            }
            let fragment = *fragment
                .get_or_insert_with(|| best_fragment((reads, alignments), read, model, options));
            let Some((orientation, length)) = fragment else {
                break;
            };
            let lengths = (length.saturating_sub(SLACK), length + SLACK);
            let near = orientation.mate_of((anchor, is_first), lengths);
            out.extend(self.find(reference, reads, mate, anchor.contig, near));
        }
    }

    /// The best place without gaps of `read` on a strand of `contig` with its 5' end in a span.
    ///
    /// Unrelated sequence differs in three quarters of the bases, so one diagonal stands out even
    /// where an indel leaves but a part of the read on it.
    fn find(
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
            let at = offset + start;
            let most = best.0 - 1;
            let quick = (!has_unknown)
                .then(|| differences(reference.words(), at, &query, most))
                .flatten();
            let count = quick.unwrap_or_else(|| {
                self.mismatches.compare(reference.words(), at, &query);
                if has_unknown {
                    self.mismatches.mark_unknown(reference, at, length);
                }
                self.mismatches.count()
            });
            if count <= most {
                best = (count, Some(at));
                if count == 0 {
                    break;
                }
            }
        }
        self.on_diagonal(reference, reads, read, (reverse, best.1?), 0..length)
    }

    /// The place of `read` on a diagonal of the concatenated reference, with the longest exact match
    /// of its bases in `span`.
    fn on_diagonal(
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

/// How the reads of the best pair of places that are known lie to each other, and its length.
fn best_fragment(
    (reads, alignments): (&PackedReads, &Alignments),
    read: usize,
    model: &InsertSizeModel,
    options: &AlignerOptions,
) -> Option<(Orientation, u32)> {
    let evidence = [read & !1, read | 1].map(|read| Evidence {
        alignments: alignments.of(read),
        length: reads.length(read),
        hidden: false,
    });
    let pair = best_pair([&evidence[0], &evidence[1]], model, options)?;
    let [first, second] = [0, 1].map(|i| &evidence[i].alignments[pair.alignments[i]]);
    Orientation::of_pair(first, second)
}
