//! Finds reads whose two indexes belong to two libraries.

use fafnir_io::bcl::barcodes::{Barcode, DemultiplexOptions, Demultiplexer};
use fafnir_io::bcl::override_cycles::{CyclePlan, ReadCycles};
use fafnir_io::bcl::sample_sheet::{LanePlan, SampleSheet};

/// Finds the library of each index by itself, in a lane of unique dual indexes.
#[derive(Clone, Debug)]
pub(super) struct HopFinder {
    of_index: [Demultiplexer; 2],
}

impl HopFinder {
    /// None where hopping is not counted: BCL Convert counts it in lanes of unique dual indexes
    /// whose codes differ, in each index, in at least `2n + 1` bases, `n` being the mismatches
    /// allowed ("Metrics Output"). That is where each index by itself tells the libraries apart,
    /// which is what a [`Demultiplexer`] of one index demands.
    pub(super) fn new(lane: u8, sheet: &SampleSheet, plan: &LanePlan) -> Option<Self> {
        let [cycles] = plan.plans.as_slice() else {
            return None;
        };
        let column = sheet.settings().index2_column_reverse_complement;
        let mut turned = cycles.index_reads().map(|read| read.is_reverse_complement);
        let turned = [turned.next()?, turned.next()? != column];
        let of = |index: usize| -> Option<Demultiplexer> {
            let as_read: Vec<Vec<u8>> = plan
                .libraries
                .iter()
                .map(|&i| oriented(&sheet.libraries()[i].indexes[index], turned[index]))
                .collect();
            let length = as_read.first().filter(|index| !index.is_empty())?.len();
            let read = |cycles, is_index| ReadCycles {
                cycles,
                is_index,
                is_reverse_complement: false,
            };
            let cycles = CyclePlan::new(&[read(1, false), read(length, true)], None).ok()?;
            let barcodes: Vec<Barcode<'_>> = as_read
                .iter()
                .zip(&plan.libraries)
                .enumerate()
                .map(|(place, (as_read, &i))| Barcode {
                    line: sheet.libraries()[i].line,
                    // Also two libraries of one sample must be told apart.
                    sample: place,
                    indexes: [as_read, b""],
                    mismatches: [sheet.libraries()[i].settings.barcode_mismatches[index], 0],
                    plan: &cycles,
                })
                .collect();
            Demultiplexer::new(lane, &barcodes, DemultiplexOptions::default()).ok()
        };
        Some(Self {
            of_index: [of(0)?, of(1)?],
        })
    }

    /// The libraries of the first and of the second index, where both are known.
    pub(super) fn find(&self, indexes: [&[u8]; 2]) -> Option<(u32, u32)> {
        let of = |i: usize| Some(self.of_index[i].assign(indexes[i], b"")?.barcode as u32);
        Some((of(0)?, of(1)?))
    }
}

fn oriented(index: &[u8], turned: bool) -> Vec<u8> {
    if turned {
        index.iter().rev().map(|&base| complement(base)).collect()
    } else {
        index.to_vec()
    }
}

fn complement(base: u8) -> u8 {
    match base {
        b'A' => b'T',
        b'C' => b'G',
        b'G' => b'C',
        b'T' => b'A',
        other => other,
    }
}
