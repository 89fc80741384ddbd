//! Finds the places of a batch's seeds.
//!
//! A look-up misses the cache twice, at the bucket's directory entry and at its seeds. All seeds of
//! a group of reads are therefore computed first, then their directory entries asked for, then
//! their buckets, so that the misses overlap.

use crate::{
    index::{SeedRange, Seeds},
    packed::PackedReads,
    syncmer::for_each_syncmer,
};

/// A seed of a read and where it stands in the seed table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeedHit {
    /// First base on the forward read.
    pub(crate) position: u32,
    /// Whether the canonical k-mer is the reverse complement of the read's.
    pub(crate) reverse: bool,
    hash: u64,
    /// Its places.
    pub(crate) places: SeedRange,
}

/// Seeds of a batch's reads.
#[derive(Debug, Default)]
pub(crate) struct SeedHits {
    seeds: Vec<SeedHit>,
    ends: Vec<u32>,
}

/// Reads that are looked up together: enough seeds to keep the memory busy, few enough for the cache.
const GROUP: usize = 32;

impl SeedHits {
    /// Looks up all seeds of `reads`.
    pub(crate) fn find(&mut self, reads: &PackedReads, table: Seeds<'_>) {
        self.seeds.clear();
        self.ends.clear();
        let mut read = 0;
        while read < reads.len() {
            let first = self.seeds.len();
            let end = (read + GROUP).min(reads.len());
            for read in read..end {
                for_each_syncmer(reads.query(read, false).codes, |seed| {
                    table.prefetch_bucket(seed.hash);
                    self.seeds.push(SeedHit {
                        position: seed.position,
                        reverse: seed.reverse,
                        hash: seed.hash,
                        places: SeedRange::default(),
                    });
                });
                self.ends.push(self.seeds.len() as u32);
            }
            for seed in &mut self.seeds[first..] {
                seed.places = table.bucket(seed.hash);
            }
            for seed in &mut self.seeds[first..] {
                seed.places = table.find(seed.places, seed.hash);
            }
            read = end;
        }
    }

    /// Seeds of read `read`, by position.
    pub(crate) fn of(&self, read: usize) -> &[SeedHit] {
        let start = if read == 0 {
            0
        } else {
            self.ends[read - 1] as usize
        };
        &self.seeds[start..self.ends[read] as usize]
    }
}
