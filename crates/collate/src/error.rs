//! What can go wrong.

use std::io;
use std::path::PathBuf;

/// Why records could not be collated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollateError {
    /// A record lies where the reference has nothing.
    #[error(
        "a record of templates {first_ordinal}.. is placed on contig number {contig} near base {position} (0-based), outside the reference: map with the reference that is given here"
    )]
    OutsideReference {
        /// Ordinal of the first template of the batch.
        first_ordinal: u64,
        /// Number of the contig, from 0.
        contig: u64,
        /// Start of the record's tile.
        position: u64,
    },
    /// A batch names a read group that was not announced.
    #[error("a batch has read group number {read_group}, but only {count} were announced")]
    UnknownReadGroup {
        /// The batch's read group.
        read_group: u16,
        /// Number of read groups known.
        count: usize,
    },
    /// The bits that say which templates are duplicates do not fit.
    #[error(
        "no memory for the duplicate bits of input {input}, {templates} templates: give more memory"
    )]
    OutOfMemory {
        /// Number of the input.
        input: u16,
        /// Templates up to the last one seen.
        templates: u64,
    },
    /// The records of one tile are more than 4 GiB.
    #[error(
        "{bytes} bytes of records in one tile of {} bases; at most 4 GiB are possible: give fewer reads",
        fafnir_io::tile::TILE_SIZE
    )]
    TileTooLarge {
        /// Bytes of the tile's records.
        bytes: u64,
    },
    /// A temporary file could not be made, written or read.
    #[error(
        "{action} a temporary file in {}: {source}; free space there or choose another directory with --temporary-directory", directory.display()
    )]
    Spill {
        /// What was tried: "cannot write", say.
        action: &'static str,
        /// Where the file lies.
        directory: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What came back from a temporary file is not what was written.
    #[error(
        "a temporary file in {} changed at offset {offset}: the disk or its memory is faulty, or somebody wrote to it; run again with another --temporary-directory", directory.display()
    )]
    SpillDamaged {
        /// Where the file lies.
        directory: PathBuf,
        /// Byte offset of the damaged segment.
        offset: u64,
    },
    /// A batch was not taken in, so that records are missing.
    #[error("an earlier batch could not be taken in: its records are missing")]
    Incomplete,
    /// The system gave no random bytes for the key of the temporary files.
    #[error("no random key for temporary files: {0}")]
    Random(getrandom::Error),
}
