//! From the sequencer: run folders of base calls (BCL), and sample sheets.

pub mod adapters;
pub mod barcodes;
mod bytes;
mod calls;
mod error;
pub mod file_name;
mod filter;
mod folder;
mod instrument;
mod locs;
pub mod override_cycles;
mod read;
pub mod read_name;
mod run_info;
mod run_parameters;
pub mod sample_sheet;
mod tile;
mod tile_index;
mod transpose;
mod xml;

pub use error::{BclError, BclErrorKind};
pub use folder::RunFolder;
pub use instrument::Instrument;
pub use run_info::{FlowcellLayout, RunInfo, RunRead, TileNaming};
pub use run_parameters::RunParameters;
pub use tile::{Missing, TileCalls, TileId};
