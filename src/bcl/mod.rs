//! A sequencer's run folder to the reads of each sample: FASTQ, or batches to be mapped at once.
//!
//! ```text
//! run folder -> plan (lanes, tiles) -> tile after tile, in parallel:
//!     read_tile -> sample -> UMI, adapters -> sink: FASTQ text, BGZF, or batches
//! -> in the order of tiles, appended to the samples' files, or numbered and mapped
//! -> reports -> signed, named
//! ```
//!
//! A tile's part of each file is compressed by itself, so that bytes depend on neither threads nor
//! memory.

mod batches;
mod convert;
mod demultiplex;
mod fastq;
mod inputs;
mod lane;
mod options;
mod outputs;
mod plan;
mod recipe;
mod records;
pub mod reports;
mod run_reads;
mod run_records;
mod tile;
mod tile_filter;

pub(crate) use self::batches::TileBatches;
pub use self::convert::convert;
pub(crate) use self::demultiplex::Told;
pub use self::options::{Conversion, Converted, Demultiplexing};
pub use self::run_reads::RunReads;
pub(crate) use self::run_reads::Stream;
pub(crate) use self::run_records::RunRecords;
pub use self::tile_filter::TileFilter;

use fafnir_io::bcl::{BclError, sample_sheet::SheetError};

use crate::error::{Class, Error};

impl From<BclError> for Error {
    fn from(error: BclError) -> Self {
        Self::from_source(Class::Input, error)
    }
}

impl From<SheetError> for Error {
    fn from(error: SheetError) -> Self {
        Self::from_source(Class::Input, error)
    }
}
