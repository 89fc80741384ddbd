//! The walk over the reads of a window that sums what they say of each base.

use std::ops::Range;

use fafnir_io::bam::{RecordView, flag};
use rustc_hash::FxHashMap;

use super::informative::Informative;
use super::{
    Confidence, INDEL_QUALITY, LEAST_QUALITY, MOST_FRAGMENTS, MOST_QUALITY, OTHER, SCALE,
    SURE_MAPPING, around,
};
use crate::reads::{ReadIndex, Usable, base, quality, within_fragment};

/// A mismatch this close to an alignment's end may be an indel that was not opened: the read tells
/// nothing of indels from there on.
const DOUBTFUL_END: u32 = 15;
pub(super) const BEFORE: u32 = DOUBTFUL_END + 1;
pub(super) const AFTER: u32 = DOUBTFUL_END + 1;

/// Costs of an observation that is the reference, of this quality: of no copy of something else, one,
/// and two.
pub(super) fn costs(quality: u8) -> [i32; 3] {
    let error = libm::exp10(-f64::from(quality) / 10.0);
    let likelihoods = [
        1.0 - error,
        0.5 * (1.0 - error) + 0.5 * error / 3.0,
        error / 3.0,
    ];
    likelihoods.map(|l| (-10.0 * libm::log10(l) * f64::from(SCALE)).round() as i32)
}

/// Costs, and fragments as `other << 16 | reference`, of each observation.
struct Table([[i32; 4]; 256]);

impl Table {
    fn new() -> Self {
        let mut table = [[0; 4]; 256];
        for q in LEAST_QUALITY + 1..=MOST_QUALITY {
            let [none, one, both] = costs(q);
            table[usize::from(q)] = [none, one, both, 1];
            table[usize::from(q | OTHER)] = [both, one, none, 1 << 16];
        }
        Self(table)
    }
}

/// What one read says.
#[derive(Default)]
struct Told {
    /// Of each reference base that it is aligned to, within the bases looked at: its quality, with
    /// [`OTHER`] where it is not the reference; 0 for nothing.
    observations: Vec<u8>,
    /// The positions after which it would show an indel, or stretches of the alignment on the way there.
    spans: Vec<Range<u32>>,
}

/// What is known of a read whose mate is to come and overlaps it.
struct Waiting {
    /// Where its observations start on the reference, and in the arena.
    start: u32,
    observations: Range<usize>,
    /// The positions after which it would show an indel end here.
    informative: u32,
}

/// What all reads say.
struct Sums<'a> {
    /// The bases looked at.
    wide: Range<u32>,
    /// Their codes.
    reference: &'a [u8],
    table: Table,
    sums: Vec<[i32; 4]>,
    /// Differences from base to base of the fragments that would show an indel.
    informative: Vec<i32>,
    waiting: FxHashMap<&'a [u8], Waiting>,
    arena: Vec<u8>,
}

/// Sums over the reads that overlap `window`. `reference` are the codes of [`around`] it, on a contig of
/// `length` bases.
pub(crate) fn walk<'a>(
    index: &ReadIndex<'a>,
    window: &Range<u32>,
    length: u32,
    reference: &'a [u8],
) -> Vec<Confidence> {
    let wide = around(window, length);
    debug_assert_eq!(wide.len(), reference.len());
    let slides = Informative::new(reference, wide.start);
    let mut sums = Sums {
        table: Table::new(),
        sums: vec![[0; 4]; wide.len()],
        informative: vec![0; wide.len() + 1],
        waiting: FxHashMap::default(),
        arena: Vec::new(),
        wide,
        reference,
    };
    let mut told = Told::default();
    for read in index.overlapping(&sums.wide.clone()) {
        sums.add(read, &slides, &mut told);
    }
    sums.finish(window)
}

impl<'a> Sums<'a> {
    fn add(&mut self, read: &Usable<'a>, slides: &Informative, told: &mut Told) {
        let start = read.start.max(self.wide.start);
        self.observe(read, start, slides, told);
        let mate = self.waiting.remove(read.view.name());
        // Of two mates, the later one tells of indels where the earlier one did not.
        let from = mate.as_ref().map_or(0, |m| m.informative);
        let mut to = from;
        for span in &told.spans {
            self.count_informative(span.start.max(from)..span.end);
            to = to.max(span.end);
        }
        if let Some(mate) = mate {
            self.reconcile(&mate, start, &mut told.observations);
        } else if let Some(at) = overlap(&read.view, read.start..read.end) {
            let first = self.arena.len();
            let skipped = at.saturating_sub(start) as usize;
            let shared = told.observations.get(skipped..).unwrap_or(&[]);
            self.arena.extend_from_slice(shared);
            let waiting = Waiting {
                start: at.max(start),
                observations: first..self.arena.len(),
                informative: to,
            };
            self.waiting.insert(read.view.name(), waiting);
        }
        let at = (start - self.wide.start) as usize;
        for (sum, &observation) in self.sums[at..].iter_mut().zip(&told.observations) {
            add(sum, &self.table.0[usize::from(observation)]);
        }
    }

    /// Fills in what the read says from `start` on.
    fn observe(&self, read: &Usable<'_>, start: u32, slides: &Informative, told: &mut Told) {
        let view = &read.view;
        let (packed, qualities) = (view.packed_bases(), view.qualities());
        let within = within_fragment(view, &self.wide);
        let most = view.mapping_quality().min(MOST_QUALITY);
        let Told {
            observations: out,
            spans,
        } = told;
        out.clear();
        out.resize(
            read.end.min(self.wide.end).saturating_sub(start) as usize,
            0,
        );
        spans.clear();
        let (mut position, mut on_read) = (read.start, 0usize);
        for op in view.raw_cigar() {
            let length = op >> 4;
            let stretch =
                position.max(within.start).max(start)..(position + length).min(within.end);
            match op & 15 {
                0 | 7 | 8 => {
                    for at in stretch {
                        let i = on_read + (at - position) as usize;
                        let code = base(packed, i);
                        let expected = self.reference[(at - self.wide.start) as usize];
                        let q = quality(qualities, i).min(most);
                        if q > LEAST_QUALITY && code < 4 && expected < 4 {
                            let other = if code == expected { 0 } else { OTHER };
                            out[(at - start) as usize] = q | other;
                        }
                    }
                    match spans.last_mut() {
                        Some(last) if last.end == position => last.end += length,
                        _ => spans.push(position..position + length),
                    }
                    position += length;
                    on_read += length as usize;
                }
                1 if length > 0 => {
                    note_indel(out, position, start);
                    on_read += length as usize;
                    // What follows does not go on from what came before.
                    spans.push(position..position);
                }
                2 if length > 0 => {
                    note_indel(out, position, start);
                    for at in stretch {
                        out[(at - start) as usize] = INDEL_QUALITY.min(most) | OTHER;
                    }
                    position += length;
                }
                3 => position += length,
                4 => on_read += length as usize,
                _ => {}
            }
        }
        if view.mapping_quality() < SURE_MAPPING {
            spans.clear();
        }
        for span in spans {
            let end = effective_end(span, start, out).min(within.end);
            *span = slides.within(&(span.start.max(within.start)..end));
        }
    }

    fn count_informative(&mut self, span: Range<u32>) {
        let span = span.start.max(self.wide.start)..span.end.min(self.wide.end);
        if span.start < span.end {
            self.informative[(span.start - self.wide.start) as usize] += 1;
            self.informative[(span.end - self.wide.start) as usize] -= 1;
        }
    }

    /// Where both mates tell of a base, takes back what the first one said, and lets the second one speak
    /// for both: with the better quality where they agree, not at all where they do not.
    fn reconcile(&mut self, mate: &Waiting, start: u32, observations: &mut [u8]) {
        let firsts = &self.arena[mate.observations.clone()];
        for (&first, at) in firsts.iter().zip(mate.start..) {
            let second = at
                .checked_sub(start)
                .and_then(|i| observations.get_mut(i as usize));
            let Some(second) = second.filter(|o| **o != 0 && first != 0) else {
                continue;
            };
            let sum = &mut self.sums[(at - self.wide.start) as usize];
            if is_full(sum) {
                // It may be that the first one was not counted.
                *second = 0;
                continue;
            }
            let taken = self.table.0[usize::from(first)];
            for (sum, cost) in sum.iter_mut().zip(taken) {
                *sum -= cost;
            }
            *second = if (*second ^ first) & OTHER == 0 {
                (*second).max(first)
            } else {
                0
            };
        }
    }

    fn finish(self, window: &Range<u32>) -> Vec<Confidence> {
        let mut informative = 0;
        let counts = self.informative.iter().map(|change| {
            informative += change;
            informative
        });
        let skipped = (window.start - self.wide.start) as usize;
        self.sums
            .iter()
            .zip(counts)
            .skip(skipped)
            .take(window.len())
            .map(|(&[none, one, both, fragments], count)| Confidence {
                costs: [none, one, both],
                fragments: [fragments as u16, (fragments >> 16) as u16],
                informative: count.clamp(0, i32::from(u16::MAX)) as u16,
            })
            .collect()
    }
}

/// The end of an aligned stretch, or its first mismatch close to the end.
fn effective_end(span: &Range<u32>, start: u32, observations: &[u8]) -> u32 {
    let doubtful = span.end.saturating_sub(DOUBTFUL_END);
    let from = doubtful.max(span.start).max(start);
    let mismatch = observations
        .iter()
        .zip(start..span.end)
        .skip((from - start) as usize)
        .find(|(o, _)| **o & OTHER != 0);
    mismatch.map_or(span.end, |(_, at)| at)
}

/// Adds an observation, unless there are enough.
#[inline]
fn add(sum: &mut [i32; 4], costs: &[i32; 4]) {
    if !is_full(sum) {
        for (sum, cost) in sum.iter_mut().zip(costs) {
            *sum += cost;
        }
    }
}

#[inline]
fn is_full(sum: &[i32; 4]) -> bool {
    let fragments = sum[3] as u32;
    (fragments & 0xffff) + (fragments >> 16) >= MOST_FRAGMENTS
}

/// The base before an indel is no sign of the reference.
fn note_indel(observations: &mut [u8], position: u32, start: u32) {
    let before = position
        .checked_sub(start + 1)
        .and_then(|i| observations.get_mut(i as usize));
    if let Some(observation) = before.filter(|o| **o != 0) {
        *observation = (*observation & !OTHER).min(INDEL_QUALITY) | OTHER;
    }
}

/// Where the mate of a read, aligned to `span`, starts, if it is to come and overlaps it.
fn overlap(view: &RecordView<'_>, span: Range<u32>) -> Option<u32> {
    let paired = view.flag() & flag::PAIRED != 0 && view.flag() & flag::MATE_UNMAPPED == 0;
    let mate = u32::try_from(view.mate_position()).ok()?;
    (paired && view.mate_contig() == view.contig() && span.contains(&mate)).then_some(mate)
}
