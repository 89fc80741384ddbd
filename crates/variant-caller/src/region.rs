//! Regions: neighbouring active places that are judged together.

use std::ops::Range;

use fafnir_io::ContigId;

use crate::MAX_INDEL;
use crate::event::Event;
use crate::evidence::{Active, TRACT_REACH};

/// Active places at most this far apart belong together.
const JOIN: u32 = 40;
/// A region owns the bases up to here beyond its active places: half of [`JOIN`], so that
/// neighbours never meet.
const REACH: u32 = JOIN / 2;
/// A chain of active places longer than this is cut at multiples of [`CUT`].
const LONGEST: u32 = 300;
const CUT: u32 = 256;
/// No active place is longer: a repeat before it, an anchor, a deletion, a tract that goes on.
pub(crate) const LONGEST_PLACE: u32 = TRACT_REACH + 1 + MAX_INDEL + TRACT_REACH;
/// Places this far from a base decide its region: enough to tell a chain that is cut.
pub(crate) const HORIZON: u32 = LONGEST + JOIN + REACH + FOREIGN_REACH;
/// Events this far outside the owned bases still join a region's haplotypes.
pub(crate) const FOREIGN_REACH: u32 = 30;
/// Most candidates that a region weighs, those that most reads show: twice as many as haplotypes are
/// compared by default, and more than two diverged chromosomes have in so few bases.
const MOST_CANDIDATES: usize = 64;
/// A region's active bases lie within this many of any of the bases it owns.
pub(crate) const SPREAD: u32 = LONGEST + 2 * REACH + LONGEST_PLACE;

/// An event that the pileup shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    pub(crate) event: Event,
    /// Reads that show it.
    pub(crate) support: u32,
}

/// A stretch of the genome that is called as one, with what the pileup shows there.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    pub(crate) contig: ContigId,
    /// The bases whose records this region may give.
    pub(crate) owned: Range<u32>,
    /// From the first active base to the last; a deletion's may lie beyond the bases owned.
    pub(crate) active: Range<u32>,
    /// Events of pileup columns, in order.
    pub(crate) candidates: Vec<Candidate>,
    /// Those, and what the columns within [`FOREIGN_REACH`] of the owned bases show.
    pub(crate) neighbourhood: Vec<Event>,
    /// Whether there were more than [`MOST_CANDIDATES`].
    pub(crate) is_crowded: bool,
    /// Whether clips or indels ask for assembly.
    pub(crate) doubtful: bool,
}

impl Region {
    /// The contig.
    pub fn contig(&self) -> ContigId {
        self.contig
    }

    /// The 0-based half-open bases in which this region's records may begin.
    pub fn span(&self) -> Range<u32> {
        self.owned.clone()
    }
}

/// Gathers active places, sorted by start, into regions. Only distances between places and absolute
/// coordinates decide. `borders`, ascending, are cut at too: no region has bases on both sides of one.
pub(crate) fn cut(
    contig: ContigId,
    length: u32,
    borders: &[u32],
    places: &[Active],
) -> Vec<Region> {
    debug_assert!(places.iter().all(|p| p.span.len() as u32 <= LONGEST_PLACE));
    let mut regions = Vec::new();
    let mut first = 0;
    while first < places.len() {
        let mut chain = places[first].span.clone();
        let mut next = first + 1;
        while next < places.len() && places[next].span.start <= chain.end + JOIN {
            chain.end = chain.end.max(places[next].span.end);
            next += 1;
        }
        cut_chain(
            contig,
            length,
            borders,
            &chain,
            first..next,
            places,
            &mut regions,
        );
        first = next;
    }
    regions
}

fn cut_chain(
    contig: ContigId,
    length: u32,
    borders: &[u32],
    chain: &Range<u32>,
    of_chain: Range<usize>,
    all: &[Active],
    regions: &mut Vec<Region>,
) {
    let places = &all[of_chain];
    let whole = chain.start.saturating_sub(REACH)..(chain.end + REACH).min(length);
    let mut start = whole.start;
    while start < whole.end {
        let end = if chain.end - chain.start > LONGEST {
            ((start / CUT + 1) * CUT).min(whole.end)
        } else {
            whole.end
        };
        let border = borders.get(borders.partition_point(|b| *b <= start));
        let end = border.map_or(end, |border| end.min(*border));
        let owned = start..end;
        let from = places.partition_point(|p| p.span.start + LONGEST_PLACE < start);
        let to = places.partition_point(|p| p.span.start < end);
        let near = || {
            places[from.min(to)..to]
                .iter()
                .filter(|p| p.span.end > start)
        };
        let candidates = near().filter_map(|p| p.candidate.as_ref());
        let own = candidates.filter(|c| owned.contains(&c.event.anchor()));
        let (candidates, mut is_crowded) = strongest(own, MOST_CANDIDATES);
        let within = owned.start.saturating_sub(FOREIGN_REACH)..owned.end + FOREIGN_REACH;
        let around = all.partition_point(|p| p.span.start + LONGEST_PLACE < within.start)
            ..all.partition_point(|p| p.span.start < within.end);
        let neighbours = all[around].iter().filter_map(|p| p.candidate.as_ref());
        let neighbours = neighbours.filter(|c| within.contains(&c.event.anchor()));
        let (neighbourhood, more) = strongest(neighbours, MOST_CANDIDATES);
        is_crowded |= more;
        // Places whose record is this region's keep their whole span, however the cut lies to it.
        let active = near()
            .map(|p| {
                let candidate = p.candidate.as_ref();
                let record = candidate.map_or(p.span.start, |c| c.event.anchor());
                let is_own = owned.contains(&record);
                let last = if is_own {
                    p.span.end
                } else {
                    p.span.end.min(end)
                };
                p.span.start.max(start)..last
            })
            .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end));
        if let Some(active) = active {
            let is_indel = |c: &Candidate| c.event.is_indel();
            let doubtful = near().any(|p| p.candidate.as_ref().is_none_or(is_indel));
            regions.push(Region {
                contig,
                owned,
                active,
                candidates,
                neighbourhood: neighbourhood.into_iter().map(|c| c.event).collect(),
                is_crowded,
                doubtful,
            });
        }
        start = end;
    }
}

/// The `most` candidates that most reads show, in order, each once, and whether there were more.
pub(crate) fn strongest<'c>(
    candidates: impl Iterator<Item = &'c Candidate>,
    most: usize,
) -> (Vec<Candidate>, bool) {
    let mut found: Vec<Candidate> = candidates.cloned().collect();
    found.sort_by(|a, b| (&a.event, b.support).cmp(&(&b.event, a.support)));
    found.dedup_by(|next, first| next.event == first.event);
    let is_more = found.len() > most;
    if is_more {
        found.sort_by(|a, b| (b.support, &a.event).cmp(&(a.support, &b.event)));
        found.truncate(most);
        found.sort();
    }
    (found, is_more)
}
