//! Reads FASTQ: two files, one file, or one interleaved file; plain, gzip or BGZF.

mod error;
mod lane;
mod pair;
mod reader;
#[cfg(test)]
mod tests;

pub use error::{FastqError, FastqErrorKind};
pub use pair::{FastqInput, FastqOptions, Layout, PairReader};
pub use reader::{FastqReader, MAX_NAME, MAX_READ, read_name};
