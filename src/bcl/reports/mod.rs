//! The reports of a conversion: BCL Convert's files, by its names and columns.
//!
//! Columns follow Illumina's pages "Metrics Output" (BCL Convert) and "Output Files" (DRAGEN 4.2).
//! Where those are silent, files that BCL Convert wrote decide: those in MultiQC's test data
//! (`data/modules/bclconvert`, versions 3.6.3, 3.9.3 and later) are cited as "MultiQC's 3.9.3" and
//! so on. Reads are clusters that passed the filter.
//!
//! A worker counts a tile with a [`TileCounter`]; [`Statistics::merge`] takes the tiles in their
//! order.

mod hopping;
mod layout;
mod statistics;
mod tile;
mod unknown;

pub use layout::{LaneLayout, ReportedLibrary};
pub use statistics::Statistics;
pub use tile::TileCounter;
