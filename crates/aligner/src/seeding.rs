//! Finds the places of all seeds of some reads.
//!
//! A look-up misses the cache twice, at the bucket's directory entry and at its seeds. All seeds of
//! a group of reads are therefore computed first, then their directory entries asked for, then
//! their buckets, so that the misses overlap.

use crate::{
    index::{SeedRange, Seeds},
    packed::PackedReads,
    syncmer::{K, Syncmer, for_each_syncmer},
};

/// A seed of a read and where it stands in the seed table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeedHit {
    /// First base on the forward read.
    pub(crate) position: u32,
    /// Whether the canonical k-mer is the reverse complement of the read's.
    pub(crate) reverse: bool,
    pub(crate) hash: u64,
    /// Its places.
    pub(crate) places: SeedRange,
}

impl SeedHit {
    /// A seed that is not looked up yet.
    pub(crate) fn new(seed: Syncmer) -> Self {
        Self {
            position: seed.position,
            reverse: seed.reverse,
            hash: seed.hash,
            places: SeedRange::default(),
        }
    }

    /// How a read of `length` bases lies where the seed has a place, given as strand and position.
    #[inline]
    pub(crate) fn lie(&self, (reverse, position): (bool, u32), length: u32) -> Lie {
        let reverse = reverse != self.reverse;
        let start = if reverse {
            length - K as u32 - self.position
        } else {
            self.position
        };
        Lie {
            reverse,
            diagonal: i64::from(position) - i64::from(start),
            start,
        }
    }
}

/// How a read lies on the reference by one of its seeds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lie {
    /// Whether the read's reverse complement aligns.
    pub(crate) reverse: bool,
    /// Concatenated coordinate of the reference where base 0 of the oriented read falls.
    pub(crate) diagonal: i64,
    /// First base of the seed on the oriented read.
    pub(crate) start: u32,
}

/// Seeds of some reads.
#[derive(Debug, Default)]
pub(crate) struct SeedHits {
    seeds: Vec<SeedHit>,
    ends: Vec<u32>,
}

impl SeedHits {
    /// Looks up all seeds of the reads with the numbers `chosen`.
    pub(crate) fn find(&mut self, reads: &PackedReads, chosen: &[usize], table: Seeds<'_>) {
        self.seeds.clear();
        self.ends.clear();
        for &read in chosen {
            for_each_syncmer(reads.query(read, false).codes, |seed| {
                table.prefetch_bucket(seed.hash);
                self.seeds.push(SeedHit::new(seed));
            });
            self.ends.push(self.seeds.len() as u32);
        }
        for seed in &mut self.seeds {
            seed.places = table.bucket(seed.hash);
        }
        for seed in &mut self.seeds {
            seed.places = table.find(seed.places, seed.hash);
        }
    }

    /// Seeds of the read that was chosen as number `index`, by position.
    pub(crate) fn of(&self, index: usize) -> &[SeedHit] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.seeds[start as usize..self.ends[index] as usize]
    }
}
