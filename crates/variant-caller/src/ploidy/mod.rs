//! How many copies of each base a sample has.

mod chromosome;
mod depth;
mod estimate;
mod karyotype;
#[cfg(test)]
mod tests;

use std::ops::Range;

use fafnir_io::ContigId;

pub use chromosome::Chromosome;
pub use depth::Depth;
pub use estimate::PloidyEstimate;
pub use karyotype::{Karyotype, PloidyError};

/// A 0-based half-open region of a contig, and its copies.
pub type CopyRegion = (ContigId, Range<u32>, u8);

/// Copies of every base: one number for most, others for some regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ploidies {
    usual: u8,
    /// Sorted, disjoint regions of each contig.
    contigs: Vec<Vec<(Range<u32>, u8)>>,
}

impl Ploidies {
    /// The same number everywhere.
    pub fn uniform(ploidy: u8) -> Self {
        Self {
            usual: ploidy,
            contigs: Vec::new(),
        }
    }

    /// `usual` copies but in `regions`, 0-based and half-open. Where regions overlap, the one that comes
    /// last decides.
    pub fn new(usual: u8, regions: impl IntoIterator<Item = CopyRegion>) -> Self {
        let mut all = Self::uniform(usual);
        for (contig, region, ploidy) in regions {
            let contig = contig.0 as usize;
            if all.contigs.len() <= contig {
                all.contigs.resize_with(contig + 1, Vec::new);
            }
            if !region.is_empty() {
                overlay(&mut all.contigs[contig], region, ploidy);
            }
        }
        all
    }

    /// Copies of the base at 0-based `position`: 0, 1 or 2. Where there is none nothing is called.
    pub fn at(&self, contig: ContigId, position: u32) -> u8 {
        let regions = self.of(contig);
        let next = regions.partition_point(|(region, _)| region.end <= position);
        match regions.get(next) {
            Some((region, ploidy)) if region.contains(&position) => *ploidy,
            _ => self.usual,
        }
    }

    /// Where the number of copies may change, ascending.
    pub fn borders(&self, contig: ContigId) -> Vec<u32> {
        let regions = self.of(contig).iter();
        let mut borders: Vec<u32> = regions.flat_map(|(r, _)| [r.start, r.end]).collect();
        borders.dedup();
        borders
    }

    /// Bases with 0, 1 and 2 copies other than the usual number.
    pub fn bases(&self) -> [u64; 3] {
        let mut bases = [0; 3];
        for (region, ploidy) in self.contigs.iter().flatten() {
            if *ploidy != self.usual {
                bases[usize::from(*ploidy).min(2)] += u64::from(region.end - region.start);
            }
        }
        bases
    }

    fn of(&self, contig: ContigId) -> &[(Range<u32>, u8)] {
        self.contigs
            .get(contig.0 as usize)
            .map_or(&[], Vec::as_slice)
    }
}

/// Lays `region` over what is known.
fn overlay(known: &mut Vec<(Range<u32>, u8)>, region: Range<u32>, ploidy: u8) {
    let mut all = Vec::with_capacity(known.len() + 2);
    for (old, copies) in known.drain(..) {
        let left = old.start..old.end.min(region.start);
        let right = old.start.max(region.end)..old.end;
        all.extend(
            [left, right]
                .into_iter()
                .filter(|r| !r.is_empty())
                .map(|r| (r, copies)),
        );
    }
    let at = all.partition_point(|(old, _)| old.start < region.start);
    all.insert(at, (region, ploidy));
    *known = all;
}
