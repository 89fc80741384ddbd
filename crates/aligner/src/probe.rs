//! A few seeds of each read, spread over it: where enough of them stand at one place and nowhere else,
//! the read is there, and its other seeds need no look-up.

use std::ops::Range;

use fafnir_io::Reference;

use crate::{
    candidates::Candidate,
    index::Seeds,
    packed::PackedReads,
    seeding::SeedHit,
    syncmer::{K, first_syncmer},
};

/// Probes of a group of reads.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    probes: Vec<SeedHit>,
    ends: Vec<u32>,
    /// Numbers of the probes that are looked up next.
    turn: Vec<u32>,
    places: Vec<Option<Candidate>>,
}

/// So many seeds that do not overlap and stand at one place only leave no other place near: it would
/// differ from the read in each of them.
const AGREED: u32 = 3;
/// Most probes of a read: some may hold a difference.
const MAX_PROBES: u32 = 5;
/// Bases in which the last probe is looked for: most stretches of this many starts hold a seed.
const LAST: u32 = 10;

impl Probes {
    /// Probes the reads of `group`; their places are then asked for in the reference. Unless `all`,
    /// every second probe is looked up only where the others do not agree.
    pub(crate) fn find(
        &mut self,
        reads: &PackedReads,
        group: Range<usize>,
        all: bool,
        (reference, table): (&Reference, Seeds<'_>),
    ) {
        self.probes.clear();
        self.ends.clear();
        self.turn.clear();
        self.places.clear();
        for read in group.clone() {
            self.choose(reads, read, all);
        }
        self.look_up(table);
        self.agree(reads, &group, table);
        if !all {
            self.turn.clear();
            let mut start = 0;
            for (place, &end) in self.places.iter().zip(&self.ends) {
                if place.is_none() {
                    self.turn.extend((start..end).skip(1).step_by(2));
                }
                start = end;
            }
            self.look_up(table);
            self.agree(reads, &group, table);
        }
        for (read, place) in group.zip(&self.places) {
            if let Some(candidate) = place {
                candidate.prefetch(reference, reads.length(read));
            }
        }
    }

    /// Chooses the probes of a read, and which of them are looked up first.
    fn choose(&mut self, reads: &PackedReads, read: usize, all: bool) {
        if let Some(bases) = reads.both_strands(read) {
            let last = bases.length.saturating_sub(K as u32 + LAST);
            let mut free = 0;
            for i in 0..MAX_PROBES {
                let wanted = i * last / (MAX_PROBES - 1);
                let Some(seed) = first_syncmer(bases, wanted.max(free)) else {
                    break;
                };
                free = seed.position + K as u32;
                if all || i % 2 == 0 {
                    self.turn.push(self.probes.len() as u32);
                }
                self.probes.push(SeedHit::new(seed));
            }
        }
        self.ends.push(self.probes.len() as u32);
    }

    /// Looks up the probes whose turn it is, all at once: their waits overlap.
    fn look_up(&mut self, table: Seeds<'_>) {
        for &i in &self.turn {
            table.prefetch_bucket(self.probes[i as usize].hash);
        }
        for &i in &self.turn {
            let probe = &mut self.probes[i as usize];
            probe.places = table.bucket(probe.hash);
        }
        for &i in &self.turn {
            let probe = &mut self.probes[i as usize];
            probe.places = table.find(probe.places, probe.hash);
        }
    }

    /// Finds where the probes of each read agree.
    fn agree(&mut self, reads: &PackedReads, group: &Range<usize>, table: Seeds<'_>) {
        self.places.clear();
        let mut start = 0;
        for (read, &end) in group.clone().zip(&self.ends) {
            let probes = &self.probes[start as usize..end as usize];
            self.places.push(agreed(probes, reads.length(read), table));
            start = end;
        }
    }

    /// The places of the group's reads, where their probes agree.
    pub(crate) fn places(&self) -> &[Option<Candidate>] {
        &self.places
    }
}

/// The place that all probes with one place have in common, if they are enough.
fn agreed(probes: &[SeedHit], length: u32, table: Seeds<'_>) -> Option<Candidate> {
    let mut found: Option<Candidate> = None;
    for probe in probes.iter().filter(|p| p.places.len() == 1) {
        let place = table.places(probe.places).next()?;
        let seed = Candidate::seed(probe.lie(place, length));
        let Some(anchor) = &mut found else {
            found = Some(seed);
            continue;
        };
        if anchor.reverse != seed.reverse || anchor.diagonal != seed.diagonal {
            return None;
        }
        anchor.start = anchor.start.min(seed.start);
        anchor.end = anchor.end.max(seed.end);
        anchor.coverage += seed.coverage;
        anchor.disjoint += 1;
    }
    found.filter(|anchor| anchor.disjoint >= AGREED)
}
