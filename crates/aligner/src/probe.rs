//! A few seeds of each read, spread over it: where enough of them stand at one place and nowhere else,
//! the read is there, and its other seeds need no look-up.

use std::ops::Range;

use fafnir_io::Reference;

use crate::{
    arch::prefetch,
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
    /// Probes the reads of `group`; their places are then asked for in the reference.
    pub(crate) fn find(
        &mut self,
        reads: &PackedReads,
        group: Range<usize>,
        reference: &Reference,
        table: Seeds<'_>,
    ) {
        self.probes.clear();
        self.ends.clear();
        self.places.clear();
        for read in group.clone() {
            if let Some(bases) = reads.both_strands(read) {
                let last = bases.length.saturating_sub(K as u32 + LAST);
                let mut free = 0;
                for i in 0..MAX_PROBES {
                    let wanted = i * last / (MAX_PROBES - 1);
                    let Some(seed) = first_syncmer(bases, wanted.max(free)) else {
                        break;
                    };
                    free = seed.position + K as u32;
                    table.prefetch_bucket(seed.hash);
                    self.probes.push(SeedHit::new(seed));
                }
            }
            self.ends.push(self.probes.len() as u32);
        }
        for probe in &mut self.probes {
            probe.places = table.bucket(probe.hash);
        }
        for probe in &mut self.probes {
            probe.places = table.find(probe.places, probe.hash);
        }
        let mut start = 0;
        for (read, &end) in group.zip(&self.ends) {
            let probes = &self.probes[start as usize..end as usize];
            let place = agreed(probes, reads.length(read), table);
            if let Some(candidate) = &place {
                prefetch(reference.words(), (candidate.diagonal.max(0) / 32) as usize);
            }
            self.places.push(place);
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
