//! The index: packed reference and seed table in one digest-checked file.
//!
//! | section | content |
//! |---|---|
//! | `bases` | two bits a base, 32 to a little-endian word, contigs concatenated |
//! | `unknown` | pairs of words: start and end of each run of bases other than A, C, G, T |
//! | `directory` | `u32` start of each bucket of the seed table; a bucket is the hash's top bits |
//! | `seeds` | one word a seed: low 31 bits of its hash, strand, 32-bit concatenated position; sorted |

mod build;
mod collect;
mod file;
mod frequencies;
mod layout;
mod load;
mod open;
mod table;
mod write;

pub use build::{IndexOptions, IndexReport, build_index, build_index_with};
pub use file::Mask;
pub use frequencies::SeedFrequencies;
pub use load::IndexLoader;
pub use open::{Index, IndexCheck};

pub(crate) use table::{SeedRange, Seeds};
