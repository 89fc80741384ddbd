//! The reports of a conversion: BCL Convert's files, by its names and columns.
//!
//! Columns follow Illumina's pages "Metrics Output" (BCL Convert) and "Output Files" (DRAGEN 4.2).
//! Where those are silent, files that BCL Convert wrote decide: those in MultiQC's test data
//! (`data/modules/bclconvert`, versions 3.6.3, 3.9.3 and later) are cited as "MultiQC's 3.9.3" and
//! so on. Reads are clusters that passed the filter.
//!
//! A worker counts a tile with a [`TileCounter`]; [`Statistics::merge`] takes the tiles in their
//! order; each [`ReportFile`] is written from [`Reports`].

mod adapter;
mod csv;
mod demultiplex;
mod fastq_list;
mod hopping;
mod index_metrics;
mod layout;
mod logs;
mod quality;
mod statistics;
mod tile;
mod unknown;
mod write;

pub use fastq_list::FastqFiles;
pub(crate) use fastq_list::write_list;
pub use layout::{LaneLayout, ReportedLibrary};
pub use logs::Logs;
pub use statistics::Statistics;
pub use tile::TileCounter;
pub use write::{ReportFile, Reports};
