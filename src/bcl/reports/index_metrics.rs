//! `IndexMetricsOut.bin`, the form of Illumina's InterOp library.

use std::io::{self, Write};

use super::write::Reports;

/// Version 2 ("Index Metrics Out File"): a byte 2, then records, little-endian: lane (2 bytes), tile
/// (4), read (2), index, reads (8), sample, project; a text is its length (2) and its bytes.
///
/// Indexes are joined by a hyphen, a library without a project is of project `default`, and each
/// sequencing read has a record with the same count (MultiQC's 3.9.3). Undetermined reads and
/// libraries without index have none.
pub(super) fn write(reports: &Reports<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(&[2])?;
    for (layout, counted) in reports.lanes() {
        let libraries = layout.rows().filter(|row| row.is_library);
        for row in libraries.filter(|row| row.indexes != ["", ""]) {
            let index = row.joined();
            let project = Some(row.project).filter(|project| !project.is_empty());
            for (tile, counts) in counted.of_library(row.library) {
                for read in layout.reads() {
                    out.write_all(&u16::from(layout.lane).to_le_bytes())?;
                    out.write_all(&tile.to_le_bytes())?;
                    out.write_all(&(read as u16 + 1).to_le_bytes())?;
                    write_text(out, &index)?;
                    out.write_all(&counts.total().to_le_bytes())?;
                    write_text(out, row.id)?;
                    write_text(out, project.unwrap_or("default"))?;
                }
            }
        }
    }
    Ok(())
}

fn write_text(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let length = u16::try_from(text.len())
        .map_err(|_| io::Error::other(format!("{text:.40}... is too long for a record")))?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(text.as_bytes())
}
