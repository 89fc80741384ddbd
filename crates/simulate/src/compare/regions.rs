//! BED.

use std::io::BufRead;
use std::ops::Range;
use std::path::Path;

use crate::{Error, Reference, Result, reference};

/// Disjoint regions of each contig, in order.
pub(super) struct Regions(Vec<Vec<Range<u32>>>);

impl Regions {
    /// Reads BED, plain or gzipped; contigs that the reference lacks are left out.
    pub(super) fn read(path: &Path, reference: &Reference) -> Result<Self> {
        let mut contigs = vec![Vec::<Range<u32>>::new(); reference.contigs.len()];
        let numbers = reference.numbers();
        for (number, line) in (1..).zip(reference::open(path)?.lines()) {
            let line = line.map_err(Error::io(path))?;
            if line.trim().is_empty()
                || ["#", "track", "browser"]
                    .iter()
                    .any(|start| line.starts_with(start))
            {
                continue;
            }
            let mut fields = line.split_ascii_whitespace();
            let name = fields.next().unwrap_or_default();
            let mut number_of = || fields.next().and_then(|field| field.parse::<u32>().ok());
            let (Some(start), Some(end)) = (number_of(), number_of()) else {
                return Err(Error::parse(
                    path,
                    number,
                    "a BED line is a contig, a start and an end",
                ));
            };
            if start > end {
                return Err(Error::parse(
                    path,
                    number,
                    "the region ends before it starts",
                ));
            }
            if let Some(&contig) = numbers.get(name) {
                contigs[contig].push(start..end);
            }
        }
        for regions in &mut contigs {
            regions.sort_by_key(|region| (region.start, region.end));
            let mut joined: Vec<Range<u32>> = Vec::with_capacity(regions.len());
            for region in regions.drain(..) {
                match joined.last_mut() {
                    Some(last) if region.start <= last.end => last.end = last.end.max(region.end),
                    _ => joined.push(region),
                }
            }
            *regions = joined;
        }
        Ok(Self(contigs))
    }

    /// One region holds the whole range.
    pub(super) fn contain(&self, contig: usize, range: Range<u32>) -> bool {
        let regions = &self.0[contig];
        let after = regions.partition_point(|region| region.start <= range.start);
        after
            .checked_sub(1)
            .is_some_and(|index| range.end <= regions[index].end)
    }
}
