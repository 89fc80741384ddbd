//! How deep reads lie on a stretch of the genome.

use std::ops::Range;

use fafnir_io::bam::RecordView;
use fafnir_io::{ContigId, Reference};

use crate::reads::ReadIndex;

/// Bases of the windows in which reads are looked for.
const WINDOW: u32 = 1024;

/// Reads of a stretch: whole numbers, so that they do not depend on the order of counting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Bases of alignments, from start to end.
    aligned: u64,
    /// Bases of the stretch.
    length: u32,
    /// Those of them that are no N.
    known: u32,
    /// Windows with more known bases than others.
    windows: u32,
    /// Those of them that a read lies in.
    covered: u32,
}

impl Depth {
    /// Counts in the 0-based half-open `span`. `records` are those that begin in it, in any order; of
    /// them duplicates, secondary and supplementary ones and those of low MAPQ are left out.
    pub fn of_span(
        reference: &Reference,
        contig: ContigId,
        span: Range<u32>,
        records: &[RecordView<'_>],
    ) -> Self {
        let mut depth = Self {
            length: span.end - span.start,
            ..Self::default()
        };
        let mut has_reads = vec![false; (span.end - span.start).div_ceil(WINDOW) as usize];
        for read in ReadIndex::of_sure(records, contig.0).all() {
            depth.aligned += u64::from(read.end - read.start);
            let window = |position: u32| (position.saturating_sub(span.start) / WINDOW) as usize;
            let end = has_reads.len().min(window(read.end - 1) + 1);
            has_reads[window(read.start).min(end)..end].fill(true);
        }
        let mut bases = Vec::new();
        reference.bases(contig, span, &mut bases);
        for (bases, has_reads) in bases.chunks(WINDOW as usize).zip(has_reads) {
            let known = bases.iter().filter(|base| **base < 4).count();
            depth.known += known as u32;
            if 2 * known > bases.len() {
                depth.windows += 1;
                depth.covered += u32::from(has_reads);
            }
        }
        depth
    }

    /// Mean depth, where more of the stretch is known than not.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.known > self.length / 2).then(|| self.aligned as f64 / f64::from(self.known))
    }

    /// Share of the windows that a read lies in.
    pub(super) fn covered(&self) -> Option<f64> {
        (self.windows > 0).then(|| f64::from(self.covered) / f64::from(self.windows))
    }
}
