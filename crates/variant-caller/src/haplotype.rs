//! Haplotypes as sets of events: those assembled, and those that the pileup's candidates add.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::MAX_INDEL;
use crate::event::Event;
use crate::region::{Candidate, strongest};

/// Haplotypes that a candidate is tried on, besides the reference.
const MOST_HOSTS: usize = 12;
/// Most bases that a haplotype's events insert, all together.
pub(crate) const MOST_INSERTED: u32 = 2 * MAX_INDEL;

/// Events in order, none overlapping another.
pub(crate) type Haplotype = Vec<Event>;

/// What [`gather`] gives.
pub(crate) struct Gathered {
    pub(crate) haplotypes: Vec<Haplotype>,
    /// Whether there was no room for more.
    pub(crate) is_full: bool,
}

/// The haplotypes to compare with the reads, the reference (no event) first; at most `most`. One with
/// an event longer than [`MAX_INDEL`], or that inserts more than [`MOST_INSERTED`] bases, is left out.
/// `linked` and `assembled` are ranked; `candidates` that none of them carries stand alone, and are added
/// to the best: half of `most` at most, those that most reads show. Sets of events that `spell` the same
/// bases are one haplotype: the assembled, whose alignment saw it whole, where that is as simple, else the
/// first.
pub(crate) fn gather(
    linked: Vec<Haplotype>,
    assembled: Vec<Haplotype>,
    candidates: &[Candidate],
    within: &Range<u32>,
    most: usize,
    spell: impl Fn(&[Event]) -> Vec<u8>,
) -> Gathered {
    let mut seen: FxHashSet<Vec<u8>> = FxHashSet::default();
    let mut all: Vec<Haplotype> = Vec::new();
    let mut add = |haplotype: Haplotype, all: &mut Vec<Haplotype>| {
        if all.len() < most && is_bounded(&haplotype) && seen.insert(spell(&haplotype)) {
            all.push(haplotype);
        }
    };
    add(Vec::new(), &mut all);
    let carried = |c: &Candidate| {
        let mut offered = linked.iter().chain(&assembled);
        offered.any(|h| h.contains(&c.event))
    };
    let missing = candidates.iter().filter(|c| !carried(c));
    let (missing, mut is_full) = strongest(missing, most.div_ceil(2));
    // Every candidate must find room, so assembly may not fill it all.
    let room = most.saturating_sub(missing.len()).max(most / 2);
    let whole: FxHashMap<Vec<u8>, &Haplotype> = assembled.iter().map(|h| (spell(h), h)).collect();
    for haplotype in &linked {
        let of_assembly = whole.get(&spell(haplotype)).copied();
        let is_simpler =
            |h: &&Haplotype| h.len() <= haplotype.len() && changed(h) <= changed(haplotype);
        let of_assembly = of_assembly.filter(is_simpler);
        add(of_assembly.unwrap_or(haplotype).clone(), &mut all);
    }
    for mut haplotype in assembled.iter().cloned() {
        haplotype.retain(|e| within.contains(&e.anchor()));
        if all.len() < room {
            add(haplotype, &mut all);
        } else {
            is_full = true;
        }
    }
    for candidate in &missing {
        add(vec![candidate.event.clone()], &mut all);
    }
    for candidate in missing {
        if all.len() == most {
            break;
        }
        let hosts: Vec<Haplotype> = all.iter().skip(1).take(MOST_HOSTS).cloned().collect();
        for host in hosts {
            if let Some(with) = insert(&host, &candidate.event) {
                add(with, &mut all);
            }
        }
    }
    Gathered {
        is_full: is_full || all.len() == most,
        haplotypes: all,
    }
}

/// Bases that the events insert.
pub(crate) fn inserted(haplotype: &[Event]) -> u64 {
    haplotype.iter().map(|e| e.inserted.len() as u64).sum()
}

/// Bases that the events insert, delete and substitute.
fn changed(haplotype: &[Event]) -> u32 {
    let of_event = |e: &Event| match e.is_indel() {
        true => e.deleted + e.inserted.len() as u32,
        false => e.deleted,
    };
    haplotype.iter().map(of_event).sum()
}

/// Whether no event, and not all together, are longer than what is called.
fn is_bounded(haplotype: &[Event]) -> bool {
    haplotype.iter().all(Event::is_short) && inserted(haplotype) <= u64::from(MOST_INSERTED)
}

/// `haplotype` with `event`, if it fits between the others.
fn insert(haplotype: &[Event], event: &Event) -> Option<Haplotype> {
    let at = haplotype.partition_point(|e| e < event);
    let before = at.checked_sub(1).and_then(|i| haplotype.get(i));
    let fits = before.is_none_or(|b| b.precedes(event))
        && haplotype.get(at).is_none_or(|after| event.precedes(after));
    fits.then(|| {
        let mut with = haplotype.to_vec();
        with.insert(at, event.clone());
        with
    })
}

/// The bases of `window` with the haplotype's events. `bases` are the reference's codes from
/// `offset` on.
pub(crate) fn sequence(
    haplotype: &[Event],
    bases: &[u8],
    offset: u32,
    window: &Range<u32>,
    out: &mut Vec<u8>,
) {
    let mut position = window.start;
    let copy = |to: u32, position: u32, out: &mut Vec<u8>| {
        if position < to {
            out.extend_from_slice(&bases[(position - offset) as usize..(to - offset) as usize]);
        }
    };
    for event in haplotype {
        if event.position < position || event.end() > window.end {
            continue;
        }
        copy(event.position, position, out);
        out.extend_from_slice(&event.inserted);
        position = event.end();
    }
    copy(window.end, position, out);
}
