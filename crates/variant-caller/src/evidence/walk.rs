//! The walk itself: the one loop that touches every base of every read.

use std::ops::Range;

use fafnir_io::bam::RecordView;

use crate::MAX_INDEL;
use crate::event::Event;
use crate::reads::{ReadIndex, Usable, base, quality};

/// A clip must have this many bases of good quality to be counted.
const LEAST_CLIP: u32 = 8;
const CLIP_QUALITY: u32 = 18;
/// A read of lower MAPQ counts as one of this: several have a closer look, which asks where they belong.
const LEAST_MAPPING_QUALITY: u8 = 20;
/// Most bases over which an observed indel is shifted to the left.
pub(crate) const MOST_SHIFT: u32 = 200;

/// A soft clip's place: the first reference base beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Clip {
    /// Reference position at which the read's alignment starts or ends.
    pub(crate) position: u32,
    /// Whether the clipped bases are at the read's left end.
    pub(crate) left: bool,
}

/// What the reads of a window say against the reference.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    pub(super) start: u32,
    pub(super) depths: Vec<u32>,
    /// `position << 10 | base << 8 | quality` of each mismatching base.
    pub(crate) mismatches: Vec<u64>,
    /// Left-aligned indels, one entry for each read.
    pub(crate) indels: Vec<Event>,
    /// Long clips within the window or at its end, one entry for each read.
    pub(crate) clips: Vec<Clip>,
}

impl Evidence {
    /// Reads that cover a position.
    pub(crate) fn depth(&self, position: u32) -> u32 {
        position
            .checked_sub(self.start)
            .and_then(|i| self.depths.get(i as usize))
            .copied()
            .unwrap_or(0)
    }
}

/// Walks the reads that overlap `window`, whose reference codes are `bases`.
pub(crate) fn walk(
    index: &ReadIndex<'_>,
    window: &Range<u32>,
    bases: &[u8],
    min_quality: u8,
) -> Evidence {
    let length = bases.len();
    let mut evidence = Evidence {
        start: window.start,
        depths: vec![0; length + 1],
        ..Evidence::default()
    };
    for read in index.all() {
        if read.end > window.start && read.start < window.end {
            walk_read(read, window, bases, min_quality, &mut evidence);
        }
    }
    // Ends were counted as differences.
    let mut depth = 0u32;
    for d in &mut evidence.depths {
        depth = depth.wrapping_add(*d);
        *d = depth;
    }
    evidence
}

fn walk_read(
    read: &Usable<'_>,
    window: &Range<u32>,
    reference: &[u8],
    min_quality: u8,
    evidence: &mut Evidence,
) {
    let view = &read.view;
    let (packed, qualities) = (view.packed_bases(), view.qualities());
    // A read that may belong elsewhere is no better evidence than that.
    let most = view.mapping_quality().max(LEAST_MAPPING_QUALITY);
    let limit = window.start + reference.len() as u32;
    let mut position = read.start;
    let mut on_read = 0usize;
    for op in view.raw_cigar() {
        let length = op >> 4;
        match op & 15 {
            0 | 7 | 8 => {
                let from = position.max(window.start);
                let to = (position + length).min(limit);
                if from < to {
                    evidence.depths[(from - window.start) as usize] =
                        evidence.depths[(from - window.start) as usize].wrapping_add(1);
                    evidence.depths[(to - window.start) as usize] =
                        evidence.depths[(to - window.start) as usize].wrapping_sub(1);
                    let first = on_read + (from - position) as usize;
                    let expected =
                        &reference[(from - window.start) as usize..(to - window.start) as usize];
                    for (i, &code) in expected.iter().enumerate() {
                        let base = base(packed, first + i);
                        if base != code && base < 4 && code < 4 {
                            let q = quality(qualities, first + i);
                            if q >= min_quality {
                                let at = u64::from(from) + i as u64;
                                evidence
                                    .mismatches
                                    .push(at << 10 | u64::from(base) << 8 | u64::from(q.min(most)));
                            }
                        }
                    }
                }
                position += length;
                on_read += length as usize;
            }
            1 => {
                let inserted = (0..length as usize)
                    .map(|i| base(packed, on_read + i))
                    .collect();
                note_indel(position, 0, inserted, window, reference, evidence);
                on_read += length as usize;
            }
            2 => {
                note_indel(position, length, Vec::new(), window, reference, evidence);
                position += length;
            }
            3 => position += length,
            4 => {
                let left = on_read == 0;
                let is_within = (window.start..=limit).contains(&position);
                if is_within && length >= LEAST_CLIP && good_clip(view, on_read, length) {
                    evidence.clips.push(Clip { position, left });
                }
                on_read += length as usize;
            }
            _ => {}
        }
    }
}

fn note_indel(
    position: u32,
    deleted: u32,
    inserted: Vec<u8>,
    window: &Range<u32>,
    reference: &[u8],
    evidence: &mut Evidence,
) {
    let limit = window.start + reference.len() as u32;
    // A CIGAR may hold operations of no length.
    let nothing = deleted == 0 && inserted.is_empty();
    if nothing
        || deleted > MAX_INDEL
        || position <= window.start
        || position + deleted >= limit
        || inserted.contains(&4)
    {
        return;
    }
    let mut event = Event {
        position,
        deleted,
        inserted,
    };
    event.left_align(reference, window.start, MOST_SHIFT);
    evidence.indels.push(event);
}

/// Which of the `candidates` the read's alignment shows. `bases` are the reference's codes from
/// `offset` on.
pub(crate) fn read_events(
    read: &Usable<'_>,
    candidates: &[Event],
    bases: &[u8],
    offset: u32,
) -> Vec<bool> {
    let packed = read.view.packed_bases();
    let limit = offset + bases.len() as u32;
    let mut shown = vec![false; candidates.len()];
    let mut position = read.start;
    let mut on_read = 0usize;
    for op in read.view.raw_cigar() {
        let length = op >> 4;
        match op & 15 {
            0 | 7 | 8 => {
                let from = candidates.partition_point(|e| e.position < position);
                for (event, shown) in candidates.iter().zip(&mut shown).skip(from) {
                    if event.position >= position + length {
                        break;
                    }
                    if event.deleted == 1 && event.inserted.len() == 1 {
                        let at = on_read + (event.position - position) as usize;
                        *shown = base(packed, at) == event.inserted[0];
                    }
                }
                position += length;
                on_read += length as usize;
            }
            kind @ (1 | 2) => {
                let (deleted, inserted) = if kind == 1 { (0, length) } else { (length, 0) };
                let mut event = Event {
                    position,
                    deleted,
                    inserted: (0..inserted as usize)
                        .map(|i| base(packed, on_read + i))
                        .collect(),
                };
                if position > offset && position + deleted < limit && event.is_short() {
                    event.left_align(bases, offset, MOST_SHIFT);
                    if let Ok(at) = candidates.binary_search(&event) {
                        shown[at] = true;
                    }
                }
                position += deleted;
                on_read += inserted as usize;
            }
            3 => position += length,
            4 => on_read += length as usize,
            _ => {}
        }
    }
    shown
}

fn good_clip(view: &RecordView<'_>, start: usize, length: u32) -> bool {
    let qualities = &view.qualities()[start..start + length as usize];
    let sum: u32 = (0..qualities.len())
        .map(|i| u32::from(quality(qualities, i)))
        .sum();
    sum >= CLIP_QUALITY * length
}
