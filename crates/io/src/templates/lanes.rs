//! Sorts the templates of a file into lanes, and gives each lane's in batches.

use super::{Templates, read::Read};
use crate::reads::ReadPairBatch;

/// Lanes of each read group: pairs or single reads, of good or failed quality.
pub const LANES_OF_READ_GROUP: usize = 4;

/// Most templates of a batch. Not an option: batches of several lanes come in an order that
/// depends on it.
const BATCH: usize = 4096;
/// Most bases of a batch, but for its last template.
const BATCH_BASES: usize = 8 << 20;
/// Bases that all lanes together may hold: beyond, the fullest gives a batch that is not full.
const HELD_BASES: usize = 64 << 20;

/// Where a template belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Number of the read group in the file.
    pub(super) read_group: usize,
    pub(super) paired: bool,
    pub(super) failed: bool,
}

impl Place {
    fn lane(self) -> usize {
        LANES_OF_READ_GROUP * self.read_group
            + 2 * usize::from(self.failed)
            + usize::from(!self.paired)
    }
}

/// What was read and not yet given.
#[derive(Debug)]
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    /// Bases in all lanes.
    held: usize,
}

#[derive(Debug, Default)]
struct Lane {
    batch: ReadPairBatch,
    bases: usize,
}

impl Lanes {
    /// Lanes for read groups of these numbers, which batches get.
    pub(super) fn new(read_groups: &[u16]) -> Self {
        let lane = |i| Lane {
            batch: ReadPairBatch {
                read_group: read_groups[i / LANES_OF_READ_GROUP],
                ..ReadPairBatch::default()
            },
            bases: 0,
        };
        Self {
            lanes: (0..LANES_OF_READ_GROUP * read_groups.len())
                .map(lane)
                .collect(),
            held: 0,
        }
    }

    /// Adds a template of one or two reads; gives a batch when one is full.
    pub(super) fn push(&mut self, place: Place, reads: &[&Read]) -> Option<Templates> {
        let number = place.lane();
        let lane = &mut self.lanes[number];
        let ends = [&mut lane.batch.first, &mut lane.batch.second];
        for (end, read) in ends.into_iter().zip(reads) {
            end.push(&read.name, &read.bases, &read.qualities);
            lane.bases += read.bases.len();
            self.held += read.bases.len();
        }
        if lane.batch.len() >= BATCH || lane.bases >= BATCH_BASES {
            return Some(self.take(number));
        }
        if self.held >= HELD_BASES {
            // Of equally full lanes the last: which one does not matter, but it must be fixed.
            let lanes = self.lanes.iter().enumerate();
            let fullest = lanes.max_by_key(|(_, lane)| lane.bases);
            return fullest.map(|(number, _)| number).map(|n| self.take(n));
        }
        None
    }

    /// What is left, a lane at a time.
    pub(super) fn take_rest(&mut self) -> Option<Templates> {
        let number = self.lanes.iter().position(|lane| !lane.batch.is_empty())?;
        Some(self.take(number))
    }

    fn take(&mut self, number: usize) -> Templates {
        let lane = &mut self.lanes[number];
        let next = ReadPairBatch {
            first_ordinal: lane.batch.first_ordinal + lane.batch.len() as u64,
            read_group: lane.batch.read_group,
            ..ReadPairBatch::default()
        };
        self.held -= std::mem::take(&mut lane.bases);
        Templates {
            lane: number,
            batch: std::mem::replace(&mut lane.batch, next),
            failed: number % LANES_OF_READ_GROUP >= 2,
        }
    }
}
