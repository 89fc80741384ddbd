//! `fastq_list.csv`: what DRAGEN, and `fafnir run --fastq-list`, map.

use std::io::{self, Write};

use super::csv::field;
use super::layout::LaneLayout;
use super::write::Reports;

/// The FASTQ files of a sample, of one lane or of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FastqFiles {
    /// Lane, the first of them where a file has the reads of several.
    pub lane: u8,
    /// Place of the sample's first library among the lane's.
    pub library: usize,
    /// R1 and R2, as a reader finds them from the folder of the list; at least R1.
    pub reads: [Option<String>; 2],
}

pub(super) fn write(reports: &Reports<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_list(reports.lanes, reports.fastq, out)
}

/// A row for each file or pair of files.
///
/// - `RGID`: the indexes and the lane, by dots; `RGSM`: the sample; `RGLB`: `UnknownLibrary`
///   (MultiQC's 3.9.3). A sample without index has its `Sample_ID` in their place, so that read
///   groups differ.
/// - A file has one row. BCL Convert repeats it for each index of a sample (MultiQC's 3.6.3), which
///   would map its reads as often.
pub(crate) fn write_list(
    lanes: &[LaneLayout],
    fastq: &[FastqFiles],
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "RGID,RGSM,RGLB,Lane,Read1File,Read2File")?;
    for files in fastq {
        let lane = files.lane;
        let layout = lanes.iter().find(|layout| layout.lane == lane);
        let Some(library) = layout.and_then(|layout| layout.libraries.get(files.library)) else {
            continue;
        };
        let indexes = match library.indexes.each_ref().map(String::as_str) {
            ["", ""] => library.id.clone(),
            [index, ""] => index.to_owned(),
            [first, second] => format!("{first}.{second}"),
        };
        let id = field(&library.id);
        let [first, second] = files
            .reads
            .each_ref()
            .map(|file| field(file.as_deref().unwrap_or_default()));
        writeln!(
            out,
            "{indexes}.{lane},{id},UnknownLibrary,{lane},{first},{second}"
        )?;
    }
    Ok(())
}
