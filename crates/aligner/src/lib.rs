//! Maps read pairs to a reference.
//!
//! ```text
//! reads -> syncmer seeds -> hits in the index -> candidates (segments on diagonals, linked)
//!       -> gapless comparison, 32 bases at a time; extension through the HAL where a gap may pay
//!       -> mate rescue -> pairing -> mapping quality -> BAM records
//! ```
//!
//! A batch goes through each step as a whole, so that cache misses and kernel jobs of many reads
//! overlap. Scores, pairing and mapping quality follow bwa mem's published formulas (Li 2013,
//! arXiv:1303.3997), seeds are open syncmers (Edgar 2021, doi 10.7717/peerj.10805). All decisions
//! are made in integers or exactly specified floating-point steps: the records do not depend on the
//! machine, on threads or on how reads are batched.

mod alignment;
mod arch;
mod candidates;
mod error;
mod extension;
mod gapless;
mod index;
mod insert_size;
mod mapper;
mod mapq;
mod options;
mod packed;
mod pairing;
mod placing;
mod probe;
mod record;
mod rescue;
mod seeding;
mod sketch;
mod syncmer;

pub use error::IndexError;
pub use index::{
    Index, IndexCheck, IndexLoader, IndexOptions, IndexReport, Mask, SeedFrequencies, build_index,
    build_index_with,
};
pub use insert_size::{InsertSizeModel, InsertSizeObservations, InsertSizes, Orientation};
pub use mapper::{Aligner, Scratch};
pub use options::{AlignerOptions, RecordOptions};
