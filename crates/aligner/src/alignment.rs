//! Finished alignments of reads.

use std::sync::Arc;

use fafnir_io::{ContigId, Reference};

use crate::packed::Query;

/// An alignment of one read, without its clips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alignment {
    /// Whether the read's reverse complement is aligned.
    pub(crate) reverse: bool,
    pub(crate) contig: ContigId,
    /// 0-based position on the contig.
    pub(crate) start: u32,
    /// End on the contig, exclusive.
    pub(crate) end: u32,
    /// First aligned base of the oriented read.
    pub(crate) query_start: u32,
    /// End of the aligned bases of the oriented read.
    pub(crate) query_end: u32,
    pub(crate) score: i32,
    /// Seeds that do not overlap and stand here: a place without them differs in as many bases.
    pub(crate) disjoint: u32,
    /// No seed led here: only its mate knows that the read belongs here.
    pub(crate) rescued: bool,
    /// A gap may improve it: there were too many places to try all.
    pub(crate) unextended: bool,
    /// It lies on an ALT contig.
    pub(crate) alternate: bool,
    cigar_start: u32,
    cigar_end: u32,
}

/// Alignments of a batch's reads and their CIGARs.
#[derive(Debug, Default)]
pub(crate) struct Alignments {
    /// Whether each contig is an ALT one; empty where none is.
    alternates: Arc<[bool]>,
    lists: Vec<Vec<Alignment>>,
    cigars: Vec<u32>,
}

/// CIGAR operations as BAM numbers them (SAM specification, section 4.2).
pub(crate) const MATCH: u32 = 0;
pub(crate) const INSERTION: u32 = 1;
pub(crate) const DELETION: u32 = 2;
pub(crate) const SOFT_CLIP: u32 = 4;
pub(crate) const HARD_CLIP: u32 = 5;

impl Alignment {
    /// Where the aligned bases begin at the read's 5' end: start, or for a reverse read end
    /// (exclusive), on the contig.
    pub(crate) fn five_prime(&self) -> i64 {
        if self.reverse {
            i64::from(self.end)
        } else {
            i64::from(self.start)
        }
    }

    /// The aligned bases on the read as it was sequenced.
    pub(crate) fn forward_span(&self, length: u32) -> (u32, u32) {
        if self.reverse {
            (length - self.query_end, length - self.query_start)
        } else {
            (self.query_start, self.query_end)
        }
    }

    /// Whether both alignments take more than half of the shorter one from the same bases.
    pub(crate) fn shares_bases(&self, other: &Self, length: u32) -> bool {
        let (a, b) = (self.forward_span(length), other.forward_span(length));
        let shared = a.1.min(b.1).saturating_sub(a.0.max(b.0));
        2 * shared > (a.1 - a.0).min(b.1 - b.0)
    }

    /// Whether both are one alignment that was found from two anchors.
    fn is_same_as(&self, other: &Self) -> bool {
        self.reverse == other.reverse
            && self.contig == other.contig
            && (self.start == other.start && self.query_start == other.query_start
                || self.end == other.end && self.query_end == other.query_end)
    }

    /// Takes over the better of two alignments of one place, and what is known of both.
    fn merge(&mut self, other: Self) {
        let disjoint = self.disjoint.max(other.disjoint);
        let rescued = self.rescued && other.rescued;
        let unextended = self.unextended && other.unextended;
        if other.score > self.score {
            *self = other;
        }
        self.disjoint = disjoint;
        self.rescued = rescued;
        self.unextended = unextended;
    }

    /// Whether `other` aligns a part of the same bases to a part of the same place.
    fn covers(&self, other: &Self) -> bool {
        self.reverse == other.reverse
            && self.contig == other.contig
            && self.start <= other.start
            && other.end <= self.end
            && self.query_start <= other.query_start
            && other.query_end <= self.query_end
            && self.score >= other.score
    }
}

impl Alignments {
    /// No alignments yet to contigs of which some are ALT ones; see [`crate::Index::alternates`].
    pub(crate) fn new(alternates: Arc<[bool]>) -> Self {
        Self {
            alternates,
            ..Self::default()
        }
    }

    /// Empties the lists of `reads` reads and keeps their memory.
    pub(crate) fn reset(&mut self, reads: usize) {
        self.lists.iter_mut().for_each(Vec::clear);
        self.lists
            .resize_with(reads.max(self.lists.len()), Vec::new);
        self.cigars.clear();
    }

    /// Alignments of read `read`.
    pub(crate) fn of(&self, read: usize) -> &[Alignment] {
        &self.lists[read]
    }

    /// CIGAR of an alignment, without clips.
    pub(crate) fn cigar(&self, alignment: &Alignment) -> &[u32] {
        &self.cigars[alignment.cigar_start as usize..alignment.cigar_end as usize]
    }

    /// Adds an alignment whose CIGAR is `cigar`; of two that are the same, or of which one covers the
    /// other, the better stays.
    pub(crate) fn push(&mut self, read: usize, mut alignment: Alignment, cigar: &[u32]) {
        alignment.cigar_start = self.cigars.len() as u32;
        self.cigars.extend_from_slice(cigar);
        alignment.cigar_end = self.cigars.len() as u32;
        let list = &mut self.lists[read];
        let known = |a: &&mut Alignment| a.is_same_as(&alignment) || a.covers(&alignment);
        if let Some(known) = list.iter_mut().find(known) {
            known.merge(alignment);
            return;
        }
        list.retain(|a| {
            let covered = alignment.covers(a);
            if covered {
                alignment.merge(*a);
            }
            !covered
        });
        list.push(alignment);
    }

    /// Sorts the alignments of `read`: those on ALT contigs last, else best score first, equal ones
    /// in an order that `seed` draws, so that reads of a repeat spread over its copies.
    pub(crate) fn rank(&mut self, read: usize, seed: u64) {
        let list = &mut self.lists[read];
        if !self.alternates.is_empty() {
            for a in list.iter_mut() {
                a.alternate = self.alternates[a.contig.0 as usize];
            }
        }
        if list.len() > 1 {
            list.sort_by_key(|a| {
                let place =
                    u64::from(a.contig.0) << 33 | u64::from(a.start) << 1 | u64::from(a.reverse);
                let draw = scramble(place ^ seed);
                (a.alternate, std::cmp::Reverse(a.score), draw, place)
            });
        }
    }
}

/// A new alignment, whose CIGAR [`Alignments::push`] takes.
pub(crate) fn new(
    reverse: bool,
    contig: ContigId,
    span: (u32, u32),
    query_span: (u32, u32),
    score: i32,
    disjoint: u32,
) -> Alignment {
    Alignment {
        reverse,
        contig,
        start: span.0,
        end: span.1,
        query_start: query_span.0,
        query_end: query_span.1,
        score,
        disjoint,
        rescued: disjoint == 0,
        unextended: false,
        alternate: false,
        cigar_start: 0,
        cigar_end: 0,
    }
}

/// Appends an operation, or lengthens the last one if it is of the same kind.
pub(crate) fn push_op(cigar: &mut Vec<u32>, kind: u32, length: u32) {
    if length == 0 {
        return;
    }
    match cigar.last_mut() {
        Some(last) if *last & 15 == kind => *last += length << 4,
        _ => cigar.push(length << 4 | kind),
    }
}

/// Moves each gap as far left as the bases allow, so that equal indels are written equally.
/// `cigar` has M, I and D only and begins and ends with M.
pub(crate) fn left_align(cigar: &mut [u32], query: &Query<'_>, query_start: u32, target: &[u8]) {
    if cigar.len() < 3 {
        return;
    }
    let (mut q, mut t) = (query_start as usize, 0usize);
    for i in 0..cigar.len() {
        let (kind, length) = (cigar[i] & 15, (cigar[i] >> 4) as usize);
        let between = i > 0
            && i + 1 < cigar.len()
            && cigar[i - 1] & 15 == MATCH
            && cigar[i + 1] & 15 == MATCH;
        if kind != MATCH && between {
            let room = (cigar[i - 1] >> 4) as usize - 1;
            let mut shift = 0;
            while shift < room {
                let (before, last) = if kind == DELETION {
                    (target[t - shift - 1], target[t + length - shift - 1])
                } else {
                    (
                        query.codes[q - shift - 1],
                        query.codes[q + length - shift - 1],
                    )
                };
                if before != last || before > 3 {
                    break;
                }
                shift += 1;
            }
            cigar[i - 1] -= (shift as u32) << 4;
            cigar[i + 1] += (shift as u32) << 4;
            q -= shift;
            t -= shift;
        }
        let length = (cigar[i] >> 4) as usize;
        match kind {
            MATCH => {
                q += length;
                t += length;
            }
            INSERTION => q += length,
            _ => t += length,
        }
    }
}

/// The contig that holds a concatenated coordinate, as (number, start, end).
pub(crate) fn contig_at(reference: &Reference, concatenated: i64) -> Option<(ContigId, i64, i64)> {
    let (id, _) = reference.locate(u64::try_from(concatenated).ok()?)?;
    let contig = reference.contig(id);
    let start = contig.offset as i64;
    Some((id, start, start + i64::from(contig.length)))
}

/// A cheap hash of one number.
pub(crate) fn scramble(mut x: u64) -> u64 {
    x ^= x >> 32;
    x = x.wrapping_mul(0xd6e8_feb8_6659_fd93);
    x ^= x >> 29;
    x = x.wrapping_mul(0xd6e8_feb8_6659_fd93);
    x ^ x >> 32
}
