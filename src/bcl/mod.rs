//! A sequencer's run folder to FASTQ of each sample.
//!
//! ```text
//! run folder -> selection (lanes, tiles) -> tile after tile, in parallel:
//!     read_tile -> sample -> UMI, adapters -> FASTQ text -> BGZF
//! -> appended to the samples' files in the order of tiles -> reports -> signed, named
//! ```
//!
//! A tile's part of each file is compressed by itself, so that bytes depend on neither threads nor
//! memory.

mod convert;
mod inputs;
mod lane;
mod options;
mod outputs;
mod plan;
mod recipe;
mod records;
pub mod reports;
mod tile;
mod tile_filter;

pub use self::convert::convert;
pub use self::options::{Conversion, Converted};
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
