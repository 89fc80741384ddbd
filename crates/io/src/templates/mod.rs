//! The reads of a BAM or CRAM file as they came from the sequencer: what mapping starts from, whether the
//! file is aligned or not.
//!
//! Records must be grouped by name, as those of unaligned files, of aligners' unsorted output and of
//! `samtools collate` are. Secondary and supplementary records are passed over, for they repeat what
//! a primary record has; alignments are forgotten, and reads of the reverse strand are turned back.

mod error;
mod lanes;
mod read;
mod reader;
mod records;
#[cfg(test)]
mod tests;

pub use error::{TemplateError, TemplateErrorKind};
pub use lanes::LANES_OF_READ_GROUP;
pub use reader::{PassedOver, TemplateReader};
pub use records::RecordReader;

use crate::reads::ReadPairBatch;

/// Templates of one lane, in the file's order.
///
/// A file has [`LANES_OF_READ_GROUP`] lanes for each of its read groups, which tell pairs from
/// single reads and those that failed quality control from the others: so a batch is of one kind.
/// What is in a batch is a function of the file alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Templates {
    /// Number of the lane in the file.
    pub lane: usize,
    /// The reads; ordinals count the templates of the lane.
    pub batch: ReadPairBatch,
    /// Whether they failed quality control (FLAG 0x200).
    pub failed: bool,
}
