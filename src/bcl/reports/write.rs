//! The files of the folder `Reports`.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use super::layout::LaneLayout;
use super::statistics::{LaneStatistics, Statistics};
use super::{adapter, demultiplex, fastq_list, hopping, index_metrics, quality, unknown};
use fastq_list::FastqFiles;

/// What the reports are made of.
#[derive(Clone, Copy, Debug)]
pub struct Reports<'a> {
    /// The lanes, ascending.
    pub lanes: &'a [LaneLayout],
    /// All that was counted.
    pub statistics: &'a Statistics,
    /// The FASTQ files, in the order of their rows.
    pub fastq: &'a [FastqFiles],
    /// `RunInfo.xml` as it was read.
    pub run_info: &'a [u8],
    /// The sample sheet as it was read.
    pub sample_sheet: &'a [u8],
    /// Whether there are columns `Sample_Project`: where projects have folders
    /// (`--bcl-sampleproject-subdirectories`).
    pub project_column: bool,
    /// Whether there are columns `Sample_Name`: where files are named by it
    /// (`--sample-name-column-enabled`).
    pub name_column: bool,
}

/// One of the files.
#[derive(Clone, Copy, Debug)]
pub struct ReportFile {
    /// Its name in the folder `Reports`.
    pub name: &'static str,
    write: fn(&Reports<'_>, &mut dyn Write) -> io::Result<()>,
}

impl ReportFile {
    /// All files.
    pub const ALL: [Self; 12] = [
        Self::new("Adapter_Cycle_Metrics.csv", adapter::write_cycles),
        Self::new("Adapter_Metrics.csv", adapter::write),
        Self::new("Demultiplex_Stats.csv", demultiplex::write),
        Self::new("Demultiplex_Tile_Stats.csv", demultiplex::write_tiles),
        Self::new("Index_Hopping_Counts.csv", hopping::write),
        Self::new("IndexMetricsOut.bin", index_metrics::write),
        Self::new("Quality_Metrics.csv", quality::write),
        Self::new("Quality_Tile_Metrics.csv", quality::write_tiles),
        Self::new("RunInfo.xml", |reports, out| {
            out.write_all(reports.run_info)
        }),
        Self::new("SampleSheet.csv", |reports, out| {
            out.write_all(reports.sample_sheet)
        }),
        Self::new("Top_Unknown_Barcodes.csv", unknown::write),
        Self::new("fastq_list.csv", fastq_list::write),
    ];

    const fn new(
        name: &'static str,
        write: fn(&Reports<'_>, &mut dyn Write) -> io::Result<()>,
    ) -> Self {
        Self { name, write }
    }

    /// Writes it, in small pieces: `out` should have a buffer.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, reports: &Reports<'_>, out: &mut dyn Write) -> io::Result<()> {
        (self.write)(reports, out)
    }
}

impl Reports<'_> {
    /// The lanes with what was counted of them.
    pub(super) fn lanes(&self) -> impl Iterator<Item = (&LaneLayout, Cow<'_, LaneStatistics>)> {
        self.lanes.iter().map(|layout| {
            let counted = self.statistics.lanes.get(&layout.lane);
            (layout, counted.map_or_else(Cow::default, Cow::Borrowed))
        })
    }
}
