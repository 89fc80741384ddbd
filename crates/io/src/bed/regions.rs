//! A set of regions of a reference.

use std::ops::Range;

use crate::reference::{ContigId, Reference};

/// Sorted, merged regions of each contig, 0-based and half-open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    contigs: Vec<Vec<Range<u32>>>,
}

impl Regions {
    /// Sorts and merges regions that overlap or touch; empty ones are left out.
    pub fn new(regions: impl IntoIterator<Item = (ContigId, Range<u32>)>) -> Self {
        let mut contigs: Vec<Vec<Range<u32>>> = Vec::new();
        for (contig, region) in regions {
            let contig = contig.0 as usize;
            if contigs.len() <= contig {
                contigs.resize_with(contig + 1, Vec::new);
            }
            if !region.is_empty() {
                contigs[contig].push(region);
            }
        }
        for regions in &mut contigs {
            regions.sort_unstable_by_key(|r| (r.start, r.end));
            regions.dedup_by(|next, kept| {
                let touches = next.start <= kept.end;
                if touches {
                    kept.end = kept.end.max(next.end);
                }
                touches
            });
        }
        Self { contigs }
    }

    /// All bases of the reference.
    pub fn whole(reference: &Reference) -> Self {
        Self::new(
            (0..)
                .map(ContigId)
                .zip(reference.contigs().iter().map(|c| 0..c.length)),
        )
    }

    /// The regions with `padding` bases more on both sides, as far as contigs of the reference reach.
    #[must_use]
    pub fn padded(&self, padding: u32, reference: &Reference) -> Self {
        let contigs = (0..).map(ContigId).zip(reference.contigs());
        Self::new(contigs.flat_map(|(id, contig)| {
            self.of(id).iter().map(move |r| {
                let end = r.end.saturating_add(padding).min(contig.length);
                (id, r.start.saturating_sub(padding)..end)
            })
        }))
    }

    /// The regions of a contig, sorted and disjoint.
    pub fn of(&self, contig: ContigId) -> &[Range<u32>] {
        self.contigs
            .get(contig.0 as usize)
            .map_or(&[], Vec::as_slice)
    }

    /// Whether the 0-based `position` lies in a region.
    pub fn contains(&self, contig: ContigId, position: u32) -> bool {
        !self
            .overlapping(contig, position..position.saturating_add(1))
            .is_empty()
    }

    /// The regions, whole, that share a base with `span`.
    pub fn overlapping(&self, contig: ContigId, span: Range<u32>) -> &[Range<u32>] {
        if span.is_empty() {
            return &[];
        }
        let regions = self.of(contig);
        let from = regions.partition_point(|r| r.end <= span.start);
        let to = regions.partition_point(|r| r.start < span.end);
        &regions[from..to]
    }

    /// Number of regions.
    pub fn len(&self) -> usize {
        self.contigs.iter().map(Vec::len).sum()
    }

    /// Whether there is no region.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of bases in all regions.
    pub fn bases(&self) -> u64 {
        self.contigs
            .iter()
            .flatten()
            .map(|r| u64::from(r.end - r.start))
            .sum()
    }
}
