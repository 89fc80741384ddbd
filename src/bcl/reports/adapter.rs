//! `Adapter_Metrics.csv` and `Adapter_Cycle_Metrics.csv`.

use std::io::{self, Write};

use super::csv::{field, share};
use super::layout::LaneLayout;
use super::statistics::{AdapterCounts, LaneStatistics};
use super::write::Reports;

/// A row for each library, lane and sequencing read, also without adapters (MultiQC's 3.9.3).
///
/// - `AdapterBases`: bases trimmed or masked, those masked because the read became too short too
///   ("Adapter Metrics File").
/// - `SampleBases`: the other bases of the read.
/// - `% Adapter Bases`: `AdapterBases` as a share of 1 of both, with six decimals, as version 4
///   prints shares.
pub(super) fn write(reports: &Reports<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "Lane,Sample_ID,index,index2,ReadNumber,AdapterBases,SampleBases,% Adapter Bases"
    )?;
    for (layout, counted) in reports.lanes() {
        for row in layout.rows() {
            let counts = counted.sum(row.library, layout.cycles.len());
            for read in layout.reads() {
                let bases = counts.qualities[read].bases;
                let adapters =
                    adapters(layout, &counted, row.library, read).map_or(0, |counts| counts.bases);
                writeln!(
                    out,
                    "{},{},{},{},{},{adapters},{},{:.6}",
                    layout.lane,
                    field(row.id),
                    row.indexes[0],
                    row.indexes[1],
                    read + 1,
                    bases.saturating_sub(adapters),
                    share(adapters, bases)
                )?;
            }
        }
    }
    Ok(())
}

/// A row for each library, lane, sequencing read and cycle of the read, from 1.
///
/// - `NumClustersWithAdapterAtCycle`: reads in which an adapter begins at that cycle.
/// - `% At Cycle`: their share of 1 of the library's reads, with six decimals.
pub(super) fn write_cycles(reports: &Reports<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "Lane,Sample_ID,index,index2,ReadNumber,Cycle,NumClustersWithAdapterAtCycle,% At Cycle"
    )?;
    for (layout, counted) in reports.lanes() {
        for row in layout.rows() {
            let clusters = counted.sum(row.library, layout.cycles.len()).total();
            let id = field(row.id);
            let [index, index2] = row.indexes;
            for read in layout.reads() {
                let found = adapters(layout, &counted, row.library, read);
                let starts = found.map_or(&[][..], |counts| &counts.starts);
                for cycle in 0..layout.cycles[read] {
                    let count = starts.get(cycle).copied().unwrap_or(0);
                    writeln!(
                        out,
                        "{},{id},{index},{index2},{},{},{count},{:.6}",
                        layout.lane,
                        read + 1,
                        cycle + 1,
                        share(count, clusters)
                    )?;
                }
            }
        }
    }
    Ok(())
}

fn adapters<'a>(
    layout: &LaneLayout,
    counted: &'a LaneStatistics,
    library: usize,
    read: usize,
) -> Option<&'a AdapterCounts> {
    counted.adapters.get(library * layout.cycles.len() + read)
}
