//! `Quality_Metrics.csv` and `Quality_Tile_Metrics.csv`.

use std::io::{self, Write};

use super::csv::share;
use super::demultiplex::{headers, sample};
use super::statistics::QualityCounts;
use super::write::Reports;

/// A row for each library, lane and sequencing read.
///
/// - `index`, `index2`: as the sheet has them; empty for undetermined reads.
/// - `ReadNumber`: 1 or 2.
/// - `Yield`: bases of the reads, before adapters are trimmed.
/// - `YieldQ30`: those of quality 30 or more.
/// - `QualityScoreSum`: the sum of their qualities.
/// - `Mean Quality Score (PF)`: `QualityScoreSum` by `Yield`, and `% Q30`: `YieldQ30` by `Yield`, as
///   a share of 1; both with two decimals (MultiQC's 3.9.3).
pub(super) fn write(reports: &Reports<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_header(reports, out, "")?;
    for (layout, counted) in reports.lanes() {
        for row in layout.rows() {
            let counts = counted.sum(row.library, layout.cycles.len());
            let names = sample(reports, &row);
            let [index, index2] = row.indexes;
            for read in layout.reads() {
                let number = read + 1;
                let lane = layout.lane;
                write!(out, "{lane},{names},{index},{index2},{number},")?;
                write_counts(out, &counts.qualities[read])?;
            }
        }
    }
    Ok(())
}

/// A row for each library, lane, sequencing read and tile.
pub(super) fn write_tiles(reports: &Reports<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_header(reports, out, "Tile,")?;
    for (layout, counted) in reports.lanes() {
        for row in layout.rows() {
            let names = sample(reports, &row);
            let [index, index2] = row.indexes;
            for read in layout.reads() {
                for (tile, counts) in counted.tiles_of(row.library) {
                    let number = read + 1;
                    let lane = layout.lane;
                    write!(out, "{lane},{names},{index},{index2},{number},{tile},")?;
                    let counts = counts.map(|counts| counts.qualities[read]);
                    write_counts(out, &counts.unwrap_or_default())?;
                }
            }
        }
    }
    Ok(())
}

fn write_header(reports: &Reports<'_>, out: &mut dyn Write, tile: &str) -> io::Result<()> {
    let (project, name) = headers(reports);
    writeln!(
        out,
        "Lane,SampleID,{project}{name}index,index2,ReadNumber,{tile}Yield,YieldQ30,\
         QualityScoreSum,Mean Quality Score (PF),% Q30"
    )
}

fn write_counts(out: &mut dyn Write, counts: &QualityCounts) -> io::Result<()> {
    writeln!(
        out,
        "{},{},{},{:.2},{:.2}",
        counts.bases,
        counts.bases_q30,
        counts.quality_sum,
        share(counts.quality_sum, counts.bases),
        share(counts.bases_q30, counts.bases)
    )
}
