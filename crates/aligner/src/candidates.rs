//! From seed hits to the places where a read may belong.
//!
//! Hits on one diagonal form a segment. A candidate is a segment, its *anchor*, with the segments
//! near it that cover other parts of the read: what an indel between them would leave behind.

use fafnir_io::Reference;

use crate::{alignment::contig_at, index::SeedTable, seeding::SeedHit, syncmer::K};

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
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    reverse: bool,
    diagonal: i64,
    start: u32,
    end: u32,
    coverage: u32,
    disjoint: u32,
}

/// Turns the hits of one read after the other into candidates.
#[derive(Debug, Default)]
pub(crate) struct CandidateFinder {
    hits: Vec<u64>,
    segments: Vec<Segment>,
    used: Vec<bool>,
    frequent: Vec<SeedHit>,
}

/// Segments further apart than this are not of one alignment.
const MAX_DIAGONAL_GAP: i64 = 100;
/// Most candidates of a read.
const MAX_CANDIDATES: usize = 48;
/// Most segments that are looked at: the best covered ones.
const MAX_SEGMENTS: usize = 192;
/// Most hits that frequent seeds may add.
const MAX_FREQUENT_HITS: u32 = 1024;
/// Keeps diagonals positive: a read may hang over the start of the first contig.
const DIAGONAL_BIAS: i64 = 1 << 16;

impl CandidateFinder {
    /// Appends the candidates of a read of `length` bases to `out`, the best covered first. Returns
    /// whether seeds were left out because they have more than `max_places` places.
    pub(crate) fn find(
        &mut self,
        seeds: &[SeedHit],
        length: u32,
        (reference, table): (&Reference, &SeedTable),
        max_places: u32,
        out: &mut Vec<Candidate>,
    ) -> bool {
        self.hits.clear();
        self.frequent.clear();
        for seed in seeds {
            if seed.places.len() > max_places {
                self.frequent.push(*seed);
            } else {
                self.add_hits(seed, length, table);
            }
        }
        if self.frequent.is_empty() {
            self.link(reference, out);
            return false;
        }
        // The rare seeds alone may miss the place; the least frequent of the others then help.
        let rare = (seeds.len() - self.frequent.len()) * 2;
        if rare < seeds.len() {
            self.frequent.sort_by_key(|s| (s.places.len(), s.position));
            let mut budget = MAX_FREQUENT_HITS;
            while let Some(seed) = self.frequent.first().copied() {
                if seed.places.len() > budget {
                    break;
                }
                budget -= seed.places.len();
                self.add_hits(&seed, length, table);
                self.frequent.remove(0);
            }
        }
        self.link(reference, out);
        !self.frequent.is_empty()
    }

    fn add_hits(&mut self, seed: &SeedHit, length: u32, table: &SeedTable) {
        self.hits
            .extend(table.places(seed.places).map(|(reverse, position)| {
                let reverse = reverse != seed.reverse;
                let start = if reverse {
                    length - K as u32 - seed.position
                } else {
                    seed.position
                };
                let diagonal = i64::from(position) - i64::from(start) + DIAGONAL_BIAS;
                u64::from(reverse) << 63 | (diagonal as u64) << 16 | u64::from(start)
            }));
    }

    fn link(&mut self, reference: &Reference, out: &mut Vec<Candidate>) {
        self.collect_segments();
        let first = out.len();
        let mut best = 0;
        for anchor in 0..self.segments.len() {
            if self.used[anchor] || out.len() - first == MAX_CANDIDATES {
                continue;
            }
            let candidate = self.grow(reference, anchor);
            best = best.max(candidate.coverage);
            let rival = candidate.coverage * 5 >= best * 2;
            if rival || out[first..].iter().all(|c| !overlaps(c, &candidate)) {
                out.push(candidate);
            }
        }
        out[first..].sort_by_key(|c| (std::cmp::Reverse(c.coverage), c.reverse, c.diagonal));
    }

    /// Sorts the hits into segments, the best covered first.
    fn collect_segments(&mut self) {
        self.hits.sort_unstable();
        self.segments.clear();
        let mut last_end = 0;
        for hit in &self.hits {
            let (reverse, start) = (hit >> 63 == 1, (*hit & 0xffff) as u32);
            let diagonal = (hit << 1 >> 17) as i64 - DIAGONAL_BIAS;
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
                    self.segments.push(Segment {
                        reverse,
                        diagonal,
                        start,
                        end,
                        coverage: K as u32,
                        disjoint: 1,
                    });
                    last_end = end;
                }
            }
        }
        if self.segments.len() > 1 {
            self.segments
                .sort_unstable_by_key(|s| (std::cmp::Reverse(s.coverage), s.reverse, s.diagonal));
            self.segments.truncate(MAX_SEGMENTS);
        }
        self.used.clear();
        self.used.resize(self.segments.len(), false);
    }

    /// Links to the anchor what covers other parts of the read nearby.
    fn grow(&mut self, reference: &Reference, anchor: usize) -> Candidate {
        let a = self.segments[anchor];
        self.used[anchor] = true;
        let mut candidate = Candidate {
            reverse: a.reverse,
            diagonal: a.diagonal,
            start: a.start,
            end: a.end,
            coverage: a.coverage,
            disjoint: a.disjoint,
            linked_left: false,
            linked_right: false,
        };
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

/// Contigs lie close together in concatenated coordinates: a gap must not lead from one to the next.
fn on_one_contig(reference: &Reference, a: &Segment, b: &Segment) -> bool {
    let contig = |s: &Segment| contig_at(reference, s.diagonal + i64::from(s.start)).map(|c| c.0);
    contig(a) == contig(b)
}

/// Whether the anchors share more than half of the shorter one on the forward read.
fn overlaps(a: &Candidate, b: &Candidate) -> bool {
    if a.reverse != b.reverse {
        // Positions count from opposite ends: taken as rivals, the better of which stays.
        return true;
    }
    let shared = a.end.min(b.end).saturating_sub(a.start.max(b.start));
    2 * shared > (a.end - a.start).min(b.end - b.start)
}
