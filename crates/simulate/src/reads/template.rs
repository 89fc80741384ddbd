//! Fragments of the haplotypes, and copies of them.

use super::ReadOptions;
use crate::random::Random;
use crate::reference::is_known;
use crate::variants::haplotype::Haplotype;

/// Optical copies are at most this many pairs behind, so near on the tile.
const OPTICAL_REACH: u64 = 120;
const SHORTEST: f64 = 30.0;
/// Homopolymers that PCR may change.
const STUTTER_FROM: usize = 8;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Unique,
    Pcr,
    Optical,
}

/// Where a fragment lies.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Index into the haplotypes.
    slot: usize,
    pub(super) haplotype: usize,
    /// On the haplotype.
    start: u64,
    /// The first read is of the reverse strand.
    pub(super) reverse: bool,
}

#[derive(Debug, Default)]
pub(super) struct Template {
    pub(super) kind: Kind,
    /// The pair whose fragment this is: its own ordinal unless it is a copy.
    pub(super) origin: u64,
    /// `None` of a contaminant.
    pub(super) place: Option<Place>,
    /// The fragment on the forward strand, as PCR left it.
    pub(super) bases: Vec<u8>,
    /// Place on the tile, in fours of its unit.
    pub(super) x: u32,
    /// Bases that PCR added or took before each position of `bases`, in order.
    stutters: Vec<(usize, i64)>,
}

pub(super) struct Templates<'a> {
    haplotypes: Vec<(usize, usize, Haplotype<'a>)>,
    names: Vec<&'a str>,
    /// Running sums of the haplotypes' lengths.
    ends: Vec<u64>,
    options: ReadOptions,
}

impl<'a> Templates<'a> {
    pub(super) fn new(
        haplotypes: Vec<(usize, usize, Haplotype<'a>)>,
        names: Vec<&'a str>,
        options: &ReadOptions,
    ) -> Self {
        let ends = haplotypes.iter().scan(0, |sum, (_, _, haplotype)| {
            *sum += haplotype.length();
            Some(*sum)
        });
        Self {
            ends: ends.collect(),
            haplotypes,
            names,
            options: options.clone(),
        }
    }

    pub(super) fn name(&self, place: &Place) -> &str {
        self.names[self.haplotypes[place.slot].0]
    }

    /// Draws the template of a pair; the stream that is given is left anywhere.
    pub(super) fn draw(&self, random: &mut Random, ordinal: u64, template: &mut Template) {
        template.kind = Kind::Unique;
        let (mut origin, mut beside) = (ordinal, true);
        loop {
            random.restart(origin);
            let x = random.below(7500);
            if beside {
                template.x = x + ((ordinal - origin) % 16) as u32;
            }
            if origin == 0 || !random.chance(self.options.duplicates) {
                break;
            }
            // What is copied may be a copy again: each goes its own way back, and the first step says what this is.
            let optical = random.chance(self.options.optical);
            if template.kind == Kind::Unique {
                template.kind = if optical { Kind::Optical } else { Kind::Pcr };
            }
            beside &= optical;
            origin -= 1 + random.below_u64(if optical {
                origin.min(OPTICAL_REACH)
            } else {
                origin
            });
        }
        template.origin = origin;
        template.stutters.clear();
        let contaminant = random.chance(self.options.contamination);
        template.place = if contaminant {
            None
        } else {
            self.place(random, &mut template.bases)
        };
        if template.place.is_some() {
            self.stutter(random, template);
        } else {
            template.bases.clear();
            let length = self.length(random);
            template.bases.extend((0..length).map(|_| random.base()));
        }
    }

    fn place(&self, random: &mut Random, bases: &mut Vec<u8>) -> Option<Place> {
        let total = *self.ends.last()?;
        // A reference of short contigs may have no room for a fragment: then the pair is one of nowhere.
        for _ in 0..200 {
            let position = random.below_u64(total);
            let length = self.length(random);
            let slot = self.ends.partition_point(|&end| end <= position);
            let (_, haplotype, bases_of) = &self.haplotypes[slot];
            let start = position - slot.checked_sub(1).map_or(0, |before| self.ends[before]);
            bases.clear();
            bases_of.extract(start, length, bases);
            if bases.len() == length && bases.iter().all(|&base| is_known(base)) {
                return Some(Place {
                    slot,
                    haplotype: *haplotype,
                    start,
                    reverse: random.chance(0.5),
                });
            }
        }
        None
    }

    fn length(&self, random: &mut Random) -> usize {
        let (mean, deviation) = (self.options.fragment_mean, self.options.fragment_sd);
        for _ in 0..20 {
            let length = mean + deviation * random.normal();
            if length >= SHORTEST {
                return (length + 0.5) as usize;
            }
        }
        mean as usize
    }

    /// PCR drops a unit of a homopolymer more often than it adds one.
    fn stutter(&self, random: &mut Random, template: &mut Template) {
        let bases = &mut template.bases;
        // Most fragments have no such run, which this finds without a branch a base.
        let (mut repeated, mut longest) = (0, 0);
        for pair in bases.windows(2) {
            repeated = (repeated + 1) * usize::from(pair[0] == pair[1]);
            longest = longest.max(repeated);
        }
        if longest + 1 < STUTTER_FROM {
            return;
        }
        let mut start = 0;
        while start < bases.len() {
            let base = bases[start];
            let mut end = start + 1;
            while end < bases.len() && bases[end] == base {
                end += 1;
            }
            let run = end - start;
            start = end;
            if run >= STUTTER_FROM {
                // One in a thousand at eight bases, one in twelve at twenty.
                let beyond = (run + 1 - STUTTER_FROM) as f64;
                let rate = self.options.stutter * beyond * (0.0006 + 0.0004 * beyond);
                if random.chance(rate.min(0.35)) {
                    if random.chance(0.65) {
                        bases.remove(end - 1);
                        template.stutters.push((end - 1, -1));
                        start -= 1;
                    } else {
                        bases.insert(end, base);
                        template.stutters.push((end, 1));
                        start += 1;
                    }
                }
            }
        }
    }

    /// Leftmost reference positions, 0-based, of the first and of the second read.
    pub(super) fn positions(&self, template: &Template, place: &Place) -> [u32; 2] {
        let bases = &self.haplotypes[place.slot].2;
        let right = template
            .bases
            .len()
            .saturating_sub(self.options.length as usize);
        let shift: i64 = template
            .stutters
            .iter()
            .filter(|(at, _)| *at <= right)
            .map(|(_, change)| change)
            .sum();
        let left = bases.to_reference(place.start);
        let right = bases.to_reference((place.start as i64 + right as i64 - shift).max(0) as u64);
        if place.reverse {
            [right, left]
        } else {
            [left, right]
        }
    }
}
