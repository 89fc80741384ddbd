//! Leads each read of a group to its places, the cheapest way first: by its probes, else by all its
//! seeds.

use std::ops::Range;

use fafnir_io::Reference;

use crate::{
    candidates::{Candidate, CandidateFinder},
    extension::Extender,
    index::Seeds,
    options::AlignerOptions,
    packed::PackedReads,
    probe::Probes,
    seeding::SeedHits,
};

/// What reads are placed by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) reference: &'a Reference,
    pub(crate) table: Seeds<'a>,
    pub(crate) reads: &'a PackedReads,
    pub(crate) options: &'a AlignerOptions,
}

/// Places the reads of one group after the other.
#[derive(Debug, Default)]
pub(crate) struct Placer {
    probes: Probes,
    /// Reads of the group that their probes leave open.
    open: Vec<usize>,
    seeds: SeedHits,
    finder: CandidateFinder,
    candidates: Vec<Candidate>,
}

/// Reads of fewer bases are not mapped: they lie in too many places.
pub(crate) const SHORTEST_READ: u32 = 30;
/// Reads that are looked up together: enough seeds to keep the memory busy, few enough for the
/// cache.
pub(crate) const GROUP: usize = 32;

impl Placer {
    /// Hands the places of the reads in `group`, at most [`GROUP`], to `extender`, and says of which
    /// reads other places may have been left out. `settles` says whether a place that probes found
    /// is all that is asked for, `draw` decides between equal places of a read.
    ///
    /// Unless `full`, only places without gaps that probes settle are handed over. Reads that have a
    /// `mate` are settled by fewer probes: what these leave open, the mate tells.
    pub(crate) fn place(
        &mut self,
        ground: Ground<'_>,
        group: Range<usize>,
        (full, mate): (bool, bool),
        (settles, draw): (impl Fn(&Candidate) -> bool, impl Fn(usize) -> u64),
        (extender, hidden): (&mut Extender, &mut [bool]),
    ) {
        let Ground {
            reference,
            table,
            reads,
            options,
        } = ground;
        self.probes
            .find(reads, group.clone(), !mate, (reference, table));
        self.open.clear();
        for (read, place) in group.zip(self.probes.places()) {
            if reads.length(read) < SHORTEST_READ {
                continue;
            }
            let place = place.as_ref().filter(|candidate| settles(candidate));
            hidden[read] = place.is_some_and(|candidate| {
                extender.add_whole(reference, reads, read, candidate, (full, options))
            });
            if !hidden[read] {
                self.open.push(read);
            }
        }
        if !full {
            return;
        }
        self.seeds.find(reads, &self.open, table);
        for (i, &read) in self.open.iter().enumerate() {
            self.candidates.clear();
            hidden[read] = self.finder.find(
                self.seeds.of(i),
                (reads.length(read), draw(read)),
                (reference, table),
                options.max_seed_places,
                &mut self.candidates,
            );
            for candidate in &self.candidates {
                candidate.prefetch(reference, reads.length(read));
            }
            extender.add(reference, reads, read, &self.candidates, (true, options));
        }
    }
}
