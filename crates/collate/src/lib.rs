//! Coordinate sort and duplicate marking in the stream.
//!
//! Mapped batches come in any order; the genome's tiles go out in order, sorted, their duplicate
//! flags set, the unplaced reads last. What comes out is a function of the records and their
//! ordinals alone: not of the order of arrival, the number of threads or the memory budget.
//!
//! ```text
//! RecordBatch -> Collator::prepare (any worker) -> Collator::add (any worker) -> Collator::finish
//!             -> SortedTiles::take (in order, cheap) -> UnsortedTile::sort (any worker)
//! ```
//!
//! # Order
//! Records of a tile are ordered by position, strand (forward first), ordinal of the template and
//! place within the template: `samtools sort`'s coordinate order, ties as in the input.
//!
//! # Duplicates
//! The meaning is that of Picard's MarkDuplicates on query-grouped input:
//! * Two pairs are alike when library, both unclipped 5' ends (soft and hard clips count as
//!   aligned) and both strands are equal, whichever of the two reads lies left. Of two ends at one
//!   place, the forward one counts as the left.
//! * A *fragment*, a mapped read whose mate is not mapped or that has none, is alike to another
//!   with the same library, unclipped 5' end and strand. Where an end of any pair lies there too,
//!   all such fragments are duplicates.
//! * Of templates alike the one with the highest score stays: the sum of base qualities of at
//!   least 15 over the mapped reads, each read's capped at 16,383, and 16,384 less for a read
//!   that failed quality control. Of equal scores the earlier in the input stays.
//! * Every record of a duplicate template is marked: secondary and supplementary alignments, and
//!   an unmapped mate too. A template of which nothing is mapped is never a duplicate.

#![forbid(unsafe_code)]

mod collator;
mod duplicates;
mod error;
mod metrics;
mod prepare;
mod signature;
mod slot;
mod sorted;
mod spill;

pub use collator::{Collator, Options};
pub use duplicates::Duplicates;
pub use error::CollateError;
pub use metrics::{DuplicateMetrics, LibraryMetrics};
pub use prepare::{Prepared, Scratch};
pub use sorted::{SortedTile, SortedTiles, UnsortedTile};
