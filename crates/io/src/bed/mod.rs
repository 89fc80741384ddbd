//! Regions of interest: BED files, and the set of bases that they name.

mod parse;
mod regions;
#[cfg(test)]
mod tests;

pub use parse::{BedError, BedErrorKind, read, read_each};
pub use regions::Regions;
