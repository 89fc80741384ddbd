//! From seed hits to the places where a read may belong.
//!
//! Hits on one diagonal form a segment. A candidate is a segment, its *anchor*, with the segments
//! near it that cover other parts of the read: what an indel between them would leave behind.

use std::cmp::Reverse;

use fafnir_io::Reference;

use crate::{
    alignment::{contig_at, scramble},
    arch::prefetch,
    index::Seeds,
    seeding::{Lie, SeedHit},
    syncmer::K,
};

/// A place where a read may belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Whether the read's reverse complement aligns.
    pub(crate) reverse: bool,
    /// Concatenated coordinate of the reference where base 0 of the oriented read falls.
    pub(crate) diagonal: i64,
    /// First base of the anchor, on the oriented read.
    pub(crate) start: u32,
    /// End of the anchor, on the oriented read.
    pub(crate) end: u32,
    /// Bases that seeds of the anchor and of the segments linked to it cover.
    pub(crate) coverage: u32,
    /// Seeds of the anchor that do not overlap: another place without them differs in as many bases.
    pub(crate) disjoint: u32,
    /// A linked segment covers bases before the anchor.
    pub(crate) linked_left: bool,
    /// A linked segment covers bases behind the anchor.
    pub(crate) linked_right: bool,
    /// A segment that is linked to another anchor: it counts where that alignment does not reach.
    pub(crate) spare: bool,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    reverse: bool,
    diagonal: i64,
    start: u32,
    end: u32,
    coverage: u32,
    disjoint: u32,
    /// Place in line: the best covered first, equal ones as drawn.
    rank: u64,
}

impl Segment {
    fn seed(reverse: bool, diagonal: i64, start: u32) -> Self {
        Self {
            reverse,
            diagonal,
            start,
            end: start + K as u32,
            coverage: K as u32,
            disjoint: 1,
            rank: 0,
        }
    }

    /// Whether it neither rivals `best` nor covers another part of the read.
    fn is_hopeless(&self, best: &Self, length: u32) -> bool {
        let place = |s: &Self| forward(s.reverse, s.start, s.end, length);
        self.coverage * 5 < best.coverage * 2 && mostly_shared(place(self), place(best))
    }
}

/// Tells hits that are alone on their diagonals from others: in a repeat most are, and need not be
/// sorted.
#[derive(Debug, Default)]
struct Crowd {
    counts: Vec<u8>,
    /// Hits on diagonals that may have others.
    shared: Vec<u64>,
    /// Hits on diagonals that have none.
    lonely: Vec<u64>,
}

impl Crowd {
    /// Fewer hits are sorted sooner than counted.
    const FEW: usize = 48;
    const BITS: u32 = 12;

    fn part(&mut self, hits: &[u64]) {
        self.shared.clear();
        self.lonely.clear();
        if hits.len() < Self::FEW {
            self.shared.extend_from_slice(hits);
            return;
        }
        self.counts.clear();
        self.counts.resize(1 << Self::BITS, 0);
        let slot = |hit: &u64| {
            ((hit >> 16).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - Self::BITS)) as usize
        };
        for hit in hits {
            let count = &mut self.counts[slot(hit)];
            *count = count.saturating_add(1);
        }
        for hit in hits {
            match self.counts[slot(hit)] {
                1 => self.lonely.push(*hit),
                _ => self.shared.push(*hit),
            }
        }
    }
}

/// Turns the hits of one read after the other into candidates.
#[derive(Debug, Default)]
pub(crate) struct CandidateFinder {
    hits: Vec<u64>,
    crowd: Crowd,
    segments: Vec<Segment>,
    used: Vec<bool>,
    spares: Vec<Candidate>,
    deferred: Vec<SeedHit>,
    taken: Vec<u32>,
}

/// Seeds with more places wait until those with fewer have failed.
const RARE: u32 = 8;
/// With so many rare seeds that do not overlap, no place that lacks them comes near.
const ENOUGH: u32 = 3;
/// Bases at a read's end that the rare seeds may leave open.
const OPEN_END: u32 = 50;
/// Segments further apart than this are not of one alignment.
const MAX_DIAGONAL_GAP: i64 = 100;
/// Most candidates of a read.
const MAX_CANDIDATES: usize = 48;
/// Most segments that are looked at: the best covered ones.
const MAX_SEGMENTS: usize = 192;
/// Most hits that seeds with more than `max_places` places may add.
const MAX_FREQUENT_HITS: u32 = 1024;
/// Most hits that are looked at before it is asked whether they are enough.
const MAX_FIRST_HITS: u32 = 256;
/// Keeps diagonals positive: a read may hang over the start of the first contig.
const DIAGONAL_BIAS: i64 = 1 << 16;

impl CandidateFinder {
    /// Appends the candidates of a read of `length` bases to `out`, the best covered first, equal
    /// ones in an order that `draw` decides: where there are more copies of a repeat than
    /// candidates, reads spread over them. Returns whether any place was left out.
    pub(crate) fn find(
        &mut self,
        seeds: &[SeedHit],
        (length, draw): (u32, u64),
        (reference, table): (&Reference, Seeds<'_>),
        max_places: u32,
        out: &mut Vec<Candidate>,
    ) -> bool {
        self.hits.clear();
        self.add_least_frequent(seeds, length, table);
        let mut cut = self.collect_segments(length, draw);
        let mut hidden = true;
        if !self.is_enough(length) {
            self.hits.clear();
            self.deferred.clear();
            for seed in seeds {
                if seed.places.len() > RARE {
                    self.deferred.push(*seed);
                } else {
                    self.add_hits(seed, length, table);
                }
            }
            hidden = self.add_deferred(length, table, max_places);
            cut = self.collect_segments(length, draw);
        }
        let cut_again = self.link(reference, (length, draw), out);
        hidden || cut || cut_again
    }

    /// Adds the hits of seeds that do not overlap, the least frequent first, while they are few.
    fn add_least_frequent(&mut self, seeds: &[SeedHit], length: u32, table: Seeds<'_>) {
        let mut order = std::mem::take(&mut self.deferred);
        order.clear();
        order.extend(seeds.iter().filter(|s| s.places.len() > 0));
        order.sort_unstable_by_key(|s| (s.places.len(), s.position));
        let mut taken = std::mem::take(&mut self.taken);
        taken.clear();
        let mut budget = MAX_FIRST_HITS;
        for seed in &order {
            if seed.places.len() > budget {
                break;
            }
            if taken.iter().all(|t| seed.position.abs_diff(*t) >= K as u32) {
                taken.push(seed.position);
                budget -= seed.places.len();
                self.add_hits(seed, length, table);
            }
        }
        self.taken = taken;
        self.deferred = order;
    }

    /// Whether the best segment rules out what the deferred seeds could add.
    fn is_enough(&self, length: u32) -> bool {
        self.segments.first().is_some_and(|s| {
            s.disjoint >= ENOUGH && s.start <= OPEN_END && s.end + OPEN_END >= length
        })
    }

    /// Adds the hits of deferred seeds: of all with up to `max_places` places, and of the least
    /// frequent others while they are few. Returns whether some are left out.
    fn add_deferred(&mut self, length: u32, table: Seeds<'_>, max_places: u32) -> bool {
        let mut deferred = std::mem::take(&mut self.deferred);
        deferred.sort_unstable_by_key(|s| (s.places.len(), s.position));
        let mut budget = MAX_FREQUENT_HITS;
        let mut taken = 0;
        for seed in &deferred {
            let places = seed.places.len();
            if places > max_places {
                if places > budget {
                    break;
                }
                budget -= places;
            }
            self.add_hits(seed, length, table);
            taken += 1;
        }
        let hidden = taken < deferred.len();
        self.deferred = deferred;
        hidden
    }

    fn add_hits(&mut self, seed: &SeedHit, length: u32, table: Seeds<'_>) {
        self.hits.extend(table.places(seed.places).map(|place| {
            let lie = seed.lie(place, length);
            let diagonal = (lie.diagonal + DIAGONAL_BIAS) as u64;
            u64::from(lie.reverse) << 63 | diagonal << 16 | u64::from(lie.start)
        }));
    }

    /// Returns whether there are more candidates than are kept.
    fn link(
        &mut self,
        reference: &Reference,
        (length, draw): (u32, u64),
        out: &mut Vec<Candidate>,
    ) -> bool {
        let first = out.len();
        let mut best = 0;
        let mut cut = false;
        self.spares.clear();
        for anchor in 0..self.segments.len() {
            if self.used[anchor] {
                continue;
            }
            if out.len() - first == MAX_CANDIDATES {
                cut = true;
                break;
            }
            let candidate = self.grow(reference, anchor);
            best = best.max(candidate.coverage);
            let rival = candidate.coverage * 5 >= best * 2;
            if rival || out[first..].iter().all(|c| !c.overlaps(&candidate, length)) {
                out.push(candidate);
            }
        }
        out[first..].sort_by_key(|c| {
            (
                Reverse(c.coverage),
                drawn(c.diagonal, draw),
                c.reverse,
                c.diagonal,
            )
        });
        out.append(&mut self.spares);
        cut
    }

    /// Sorts the hits into segments, the best covered first. Returns whether there are more than are
    /// kept.
    fn collect_segments(&mut self, length: u32, draw: u64) -> bool {
        self.segments.clear();
        self.crowd.part(&self.hits);
        self.crowd.shared.sort_unstable();
        let mut last_end = 0;
        for hit in &self.crowd.shared {
            let (reverse, diagonal, start) = unpack(*hit);
            let end = start + K as u32;
            match self.segments.last_mut() {
                Some(s) if s.reverse == reverse && s.diagonal == diagonal => {
                    s.coverage += end - start.max(s.end);
                    s.end = end;
                    if start >= last_end {
                        s.disjoint += 1;
                        last_end = end;
                    }
                }
                _ => {
                    self.segments.push(Segment::seed(reverse, diagonal, start));
                    last_end = end;
                }
            }
        }
        self.add_lonely(length);
        if self.segments.len() > 1 {
            self.drop_hopeless(length);
            for s in &mut self.segments {
                s.rank =
                    u64::from(u16::MAX - s.coverage as u16) << 48 | drawn(s.diagonal, draw) >> 16;
            }
            self.segments
                .sort_unstable_by_key(|s| (s.rank, s.reverse, s.diagonal));
        }
        let cut = self.segments.len() > MAX_SEGMENTS;
        self.segments.truncate(MAX_SEGMENTS);
        self.used.clear();
        self.used.resize(self.segments.len(), false);
        cut
    }

    /// Adds the hits that are alone on their diagonals, without those that would be hopeless.
    fn add_lonely(&mut self, length: u32) {
        let best = self.best();
        for hit in &self.crowd.lonely {
            let (reverse, diagonal, start) = unpack(*hit);
            let segment = Segment::seed(reverse, diagonal, start);
            if best.is_none_or(|best| !segment.is_hopeless(&best, length)) {
                self.segments.push(segment);
            }
        }
    }

    /// The best covered segment; of equals, the first.
    fn best(&self) -> Option<Segment> {
        let segments = self.segments.iter().copied();
        segments.reduce(|a, b| if b.coverage > a.coverage { b } else { a })
    }

    /// Drops segments that neither rival the best nor cover another part of the read.
    fn drop_hopeless(&mut self, length: u32) {
        if let Some(best) = self.best() {
            self.segments.retain(|s| !s.is_hopeless(&best, length));
        }
    }

    /// Links to the anchor what covers other parts of the read nearby.
    fn grow(&mut self, reference: &Reference, anchor: usize) -> Candidate {
        let a = self.segments[anchor];
        self.used[anchor] = true;
        let mut candidate = Candidate::of(&a);
        let (mut from, mut to) = (a.start, a.end);
        for i in anchor + 1..self.segments.len() {
            let s = self.segments[i];
            if self.used[i]
                || s.reverse != a.reverse
                || (s.diagonal - a.diagonal).abs() > MAX_DIAGONAL_GAP
            {
                continue;
            }
            // Only what lies mostly outside of the part that is covered already.
            let before = from.saturating_sub(s.start);
            let behind = s.end.saturating_sub(to);
            if 2 * before.max(behind) < s.end - s.start || !on_one_contig(reference, &a, &s) {
                continue;
            }
            self.used[i] = true;
            self.spares.push(Candidate {
                spare: true,
                ..Candidate::of(&s)
            });
            candidate.coverage += s.coverage.min(before.max(behind));
            candidate.disjoint += s.disjoint;
            if before > behind {
                candidate.linked_left = true;
                from = from.min(s.start);
            } else {
                candidate.linked_right = true;
                to = to.max(s.end);
            }
        }
        candidate
    }
}

/// Strand, diagonal and start of a hit.
fn unpack(hit: u64) -> (bool, i64, u32) {
    let diagonal = (hit << 1 >> 17) as i64 - DIAGONAL_BIAS;
    (hit >> 63 == 1, diagonal, (hit & 0xffff) as u32)
}

/// Contigs lie close together in concatenated coordinates: a gap must not lead from one to the next.
fn on_one_contig(reference: &Reference, a: &Segment, b: &Segment) -> bool {
    let contig = |s: &Segment| contig_at(reference, s.diagonal + i64::from(s.start)).map(|c| c.0);
    contig(a) == contig(b)
}

impl Candidate {
    /// A candidate of one seed.
    pub(crate) fn seed(lie: Lie) -> Self {
        Self {
            reverse: lie.reverse,
            diagonal: lie.diagonal,
            start: lie.start,
            end: lie.start + K as u32,
            coverage: K as u32,
            disjoint: 1,
            linked_left: false,
            linked_right: false,
            spare: false,
        }
    }

    fn of(segment: &Segment) -> Self {
        Self {
            reverse: segment.reverse,
            diagonal: segment.diagonal,
            start: segment.start,
            end: segment.end,
            coverage: segment.coverage,
            disjoint: segment.disjoint,
            linked_left: false,
            linked_right: false,
            spare: false,
        }
    }

    /// Asks for the bases of the reference where a read of `length` bases lies.
    pub(crate) fn prefetch(&self, reference: &Reference, length: u32) {
        let first = self.diagonal.max(0) as usize / 32;
        prefetch(reference.words(), first);
        prefetch(reference.words(), first + length as usize / 32);
    }

    /// Whether the anchors share more than half of the shorter one on the read.
    fn overlaps(&self, other: &Self, length: u32) -> bool {
        let place = |c: &Self| forward(c.reverse, c.start, c.end, length);
        mostly_shared(place(self), place(other))
    }
}

/// The place in line of what lies in one part of the reference: reads of a pair are near each other,
/// so they draw alike.
fn drawn(diagonal: i64, draw: u64) -> u64 {
    scramble((diagonal >> 12) as u64 ^ draw)
}

/// Bases of the read as it was sequenced.
fn forward(reverse: bool, start: u32, end: u32, length: u32) -> (u32, u32) {
    if reverse {
        (length - end, length - start)
    } else {
        (start, end)
    }
}

fn mostly_shared(a: (u32, u32), b: (u32, u32)) -> bool {
    let shared = a.1.min(b.1).saturating_sub(a.0.max(b.0));
    2 * shared > (a.1 - a.0).min(b.1 - b.0)
}
