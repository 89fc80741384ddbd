//! The seed table: where in the reference each seed stands.

use fafnir_io::reference::Storage;

use crate::{arch::prefetch, syncmer::HASH_BITS};

/// Low bits of the hash that an entry keeps; the bucket number knows the others.
pub(crate) const REMAINDER_BITS: u32 = 31;

const REMAINDER_MASK: u64 = (1 << REMAINDER_BITS) - 1;

/// Entries sorted by hash, then strand and position, behind a directory of buckets.
#[derive(Clone, Debug)]
pub(crate) struct SeedTable {
    directory: Storage,
    seeds: Storage,
    shift: u32,
}

/// Part of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SeedRange {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl SeedRange {
    pub(crate) fn len(self) -> u32 {
        self.end - self.start
    }
}

/// Entries of a bucket that are looked at one by one.
const FEW: usize = 16;

/// How many of the first of `count` things pass a test that all behind the first that fails fail too:
/// at once where they are few.
fn leading(count: usize, passes: impl Fn(usize) -> bool) -> usize {
    let mut known = 0;
    let mut step = 1;
    while known + step <= count && passes(known + step - 1) {
        known += step;
        step *= 2;
    }
    let mut end = count.min(known + step - 1);
    while known < end {
        let middle = known + (end - known) / 2;
        if passes(middle) {
            known = middle + 1;
        } else {
            end = middle;
        }
    }
    known
}

/// Makes the entry of a seed.
pub(crate) fn entry(hash: u64, reverse: bool, position: u32) -> u64 {
    (hash & REMAINDER_MASK) << 33 | u64::from(reverse) << 32 | u64::from(position)
}

/// Bits of the directory for so many seeds: about four to a bucket.
pub(crate) fn directory_bits(seeds: usize) -> u32 {
    let quarter = (seeds / 4).max(1);
    (usize::BITS - quarter.leading_zeros()).clamp(HASH_BITS - REMAINDER_BITS, 32)
}

/// The table's parts at hand, for a loop over many seeds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seeds<'a> {
    directory: &'a [u32],
    seeds: &'a [u64],
    shift: u32,
}

impl SeedTable {
    /// `directory` has `2^bits + 1` ascending numbers (and padding to a whole word), the last the
    /// number of seeds.
    pub(crate) fn new(directory: Storage, seeds: Storage, bits: u32) -> Self {
        Self {
            directory,
            seeds,
            shift: HASH_BITS - bits,
        }
    }

    pub(crate) fn seeds(&self) -> Seeds<'_> {
        Seeds {
            directory: self.directory.as_u32(),
            seeds: self.seeds.as_u64(),
            shift: self.shift,
        }
    }
}

impl Seeds<'_> {
    /// Asks for the bucket's directory entry.
    #[inline]
    pub(crate) fn prefetch_bucket(&self, hash: u64) {
        prefetch(self.directory, (hash >> self.shift) as usize);
    }

    /// The bucket of a hash, whose entries are asked for.
    #[inline]
    pub(crate) fn bucket(&self, hash: u64) -> SeedRange {
        let bucket = (hash >> self.shift) as usize;
        let range = SeedRange {
            start: self.directory[bucket],
            end: self.directory[bucket + 1],
        };
        prefetch(self.seeds, range.start as usize);
        prefetch(self.seeds, range.start as usize + 7);
        if range.len() > FEW as u32 {
            prefetch(self.seeds, range.end as usize - 1);
        }
        range
    }

    /// The entries of a hash within its bucket.
    #[inline]
    pub(crate) fn find(&self, bucket: SeedRange, hash: u64) -> SeedRange {
        let seeds = &self.seeds[bucket.start as usize..bucket.end as usize];
        let wanted = hash & REMAINDER_MASK;
        let (before, end) = if seeds.len() <= FEW {
            let before = seeds.iter().take_while(|e| *e >> 33 < wanted).count();
            let equal = seeds[before..].iter();
            let equal = equal.take_while(|e| *e >> 33 == wanted).count();
            (before, before + equal)
        } else {
            // Mostly one frequent seed and a few others: both its ends are near the bucket's.
            let before = leading(seeds.len(), |i| seeds[i] >> 33 < wanted);
            let behind = leading(seeds.len(), |i| seeds[seeds.len() - 1 - i] >> 33 > wanted);
            // An index whose check is not done may be in any order.
            (before, (seeds.len() - behind).max(before))
        };
        SeedRange {
            start: bucket.start + before as u32,
            end: bucket.start + end as u32,
        }
    }

    /// Buckets of the directory.
    pub(crate) fn buckets(&self) -> usize {
        1 << (HASH_BITS - self.shift)
    }

    /// Number of places of each seed of a bucket.
    pub(crate) fn frequencies(&self, bucket: usize) -> impl Iterator<Item = usize> + '_ {
        let range = self.directory[bucket] as usize..self.directory[bucket + 1] as usize;
        self.seeds[range]
            .chunk_by(|a, b| a >> 33 == b >> 33)
            .map(<[u64]>::len)
    }

    /// Strand and position of each entry of a range, by strand, then position.
    #[inline]
    pub(crate) fn places(&self, range: SeedRange) -> impl Iterator<Item = (bool, u32)> + '_ {
        self.seeds[range.start as usize..range.end as usize]
            .iter()
            .map(|e| (e >> 32 & 1 == 1, *e as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_things_are_counted() {
        for count in 0..70 {
            for passing in 0..=count {
                let found = leading(count, |i| {
                    assert!(i < count);
                    i < passing
                });
                assert_eq!(found, passing);
            }
        }
    }
}
