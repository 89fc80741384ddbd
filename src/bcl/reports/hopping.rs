//! `Index_Hopping_Counts.csv`: reads whose two indexes belong to two libraries.

use std::io::{self, Write};

use fafnir_io::bcl::barcodes::{Barcode, DemultiplexOptions, Demultiplexer};
use fafnir_io::bcl::override_cycles::{CyclePlan, ReadCycles};
use fafnir_io::bcl::sample_sheet::{LanePlan, SampleSheet};

use super::csv::{field, share};
use super::layout::LaneLayout;
use super::statistics::LaneStatistics;
use super::write::Reports;

/// Most libraries of a lane for which also pairs of indexes without reads have rows.
const ALL_PAIRS: usize = 2048;

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

/// For each lane of unique dual indexes a row for each library, then one for each other pair of an
/// index and an index2, the pairs of the first index first.
///
/// - `SampleID`: empty for hopped reads.
/// - `# Reads`: reads of the library, or reads that no library claims with these two indexes, with
///   as many mismatches as reads of the libraries may have.
/// - `% of Hopped Reads`: the share of 1 of all hopped reads of the lane; empty for a library.
/// - `% of All Reads`: the share of 1 of all reads of the lane; both with six decimals, as version 4
///   prints them (BBTools' LegacyFileWriter).
pub(super) fn write(reports: &Reports<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "Lane,SampleID,index,index2,# Reads,% of Hopped Reads,% of All Reads"
    )?;
    for (layout, counted) in reports.lanes() {
        if layout.hops.is_none() {
            continue;
        }
        let (lane, all) = (layout.lane, counted.clusters());
        for row in layout.rows().filter(|row| row.is_library) {
            let reads = counted.sum(row.library, layout.cycles.len()).total();
            let ([index, index2], id) = (row.indexes, field(row.id));
            let of_all = share(reads, all);
            writeln!(out, "{lane},{id},{index},{index2},{reads},,{of_all:.6}")?;
        }
        write_hopped(layout, &counted, all, out)?;
    }
    Ok(())
}

fn write_hopped(
    layout: &LaneLayout,
    counted: &LaneStatistics,
    all: u64,
    out: &mut dyn Write,
) -> io::Result<()> {
    let hopped = counted.hopped.values().sum();
    let mut row = |(first, second): (u32, u32), reads: u64| {
        let [index, _] = &layout.libraries[first as usize].indexes;
        let [_, index2] = &layout.libraries[second as usize].indexes;
        let (of_hopped, of_all) = (share(reads, hopped), share(reads, all));
        writeln!(
            out,
            "{},,{index},{index2},{reads},{of_hopped:.6},{of_all:.6}",
            layout.lane
        )
    };
    if layout.libraries.len() > ALL_PAIRS {
        return (counted.hopped.iter()).try_for_each(|(&pair, &reads)| row(pair, reads));
    }
    let libraries = 0..layout.libraries.len() as u32;
    for first in libraries.clone() {
        for second in libraries.clone().filter(|&second| second != first) {
            let pair = (first, second);
            row(pair, counted.hopped.get(&pair).copied().unwrap_or(0))?;
        }
    }
    Ok(())
}
