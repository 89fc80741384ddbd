//! `Demultiplex_Stats.csv` and `Demultiplex_Tile_Stats.csv`.

use std::io::{self, Write};

use super::csv::{field, share};
use super::layout::RowName;
use super::write::Reports;

/// A row for each library and lane, and one for the reads of none.
///
/// - `SampleID`: `Sample_ID`, or `Undetermined`.
/// - `Sample_Project`, `Sample_Name`: only with the options that use them (MultiQC's
///   issue_2508_no_index_reads).
/// - `Index`: `index` of the sheet, joined with `index2` ("Output Files") by a hyphen.
/// - `# Reads`: reads of the library in the lane ("Output Files").
/// - `# Perfect`, `# One Mismatch`, `# Two Mismatch Index Reads`: those with so many mismatches.
///   All undetermined reads count as perfect (MultiQC's 3.9.3).
/// - `% Reads`: as a share of 1 of the lane's reads; the other `%` of the library's, with four
///   decimals (MultiQC's 3.9.3).
pub(super) fn write(reports: &Reports<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (project, name) = headers(reports);
    writeln!(
        out,
        "Lane,SampleID,{project}{name}Index,# Reads,# Perfect Index Reads,\
         # One Mismatch Index Reads,# Two Mismatch Index Reads,% Reads,% Perfect Index Reads,\
         % One Mismatch Index Reads,% Two Mismatch Index Reads"
    )?;
    for (layout, counted) in reports.lanes() {
        let all = counted.clusters();
        for row in layout.rows() {
            let counts = counted.sum(row.library, layout.cycles.len());
            let reads = counts.total();
            let [perfect, one, two] = counts.clusters;
            writeln!(
                out,
                "{},{},{reads},{perfect},{one},{two},{:.4},{:.4},{:.4},{:.4}",
                layout.lane,
                names(reports, &row),
                share(reads, all),
                share(perfect, reads),
                share(one, reads),
                share(two, reads),
            )?;
        }
    }
    Ok(())
}

/// A row for each library, lane and tile: `% Reads` is the share of the lane's reads, with four
/// decimals.
pub(super) fn write_tiles(reports: &Reports<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (project, name) = headers(reports);
    writeln!(
        out,
        "Lane,SampleID,{project}{name}Index,Tile,# Reads,% Reads"
    )?;
    for (layout, counted) in reports.lanes() {
        let all = counted.clusters();
        for row in layout.rows() {
            let names = names(reports, &row);
            for (tile, counts) in counted.tiles_of(row.library) {
                let reads = counts.map_or(0, |counts| counts.total());
                writeln!(
                    out,
                    "{},{names},{tile},{reads},{:.4}",
                    layout.lane,
                    share(reads, all)
                )?;
            }
        }
    }
    Ok(())
}

/// Headers of the columns that options ask for.
pub(super) fn headers(reports: &Reports<'_>) -> (&'static str, &'static str) {
    let column = |wanted, header| if wanted { header } else { "" };
    (
        column(reports.project_column, "Sample_Project,"),
        column(reports.name_column, "Sample_Name,"),
    )
}

/// The sample's cells, with the project's and the name's where there are such columns.
pub(super) fn sample(reports: &Reports<'_>, row: &RowName<'_>) -> String {
    let mut cells = field(row.id).into_owned();
    for (wanted, text) in [
        (reports.project_column, row.project),
        (reports.name_column, row.name),
    ] {
        if wanted {
            cells.push(',');
            cells.push_str(&field(text));
        }
    }
    cells
}

/// The sample's cells and `Index`. That of undetermined reads is `Undetermined` (MultiQC's 3.9.3),
/// but empty where there is a project column, which then has that word (issue_2508_no_index_reads).
fn names(reports: &Reports<'_>, row: &RowName<'_>) -> String {
    let index = match row.is_library || reports.project_column {
        true => row.joined(),
        false => row.id.to_owned(),
    };
    format!("{},{index}", sample(reports, row))
}
