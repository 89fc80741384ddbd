//! From the sequencer: run folders of base calls (BCL), and sample sheets.

pub mod adapters;
pub mod barcodes;
pub mod file_name;
pub mod override_cycles;
pub mod read_name;
pub mod sample_sheet;
