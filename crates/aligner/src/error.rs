//! What can go wrong with an index.

use std::io;

/// Error of building or opening an index.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The file system refused.
    #[error("{what}: {source}")]
    Io {
        /// What was being done, with the file's name.
        what: String,
        /// The reason.
        source: io::Error,
    },
    /// The file is no index.
    #[error(
        "{path} is not a fafnir index: {reason}; make one with `fafnir index REF.fa -o REF.fafnir`"
    )]
    NotAnIndex {
        /// The file.
        path: String,
        /// What gave it away.
        reason: String,
    },
    /// The file was written by another version.
    #[error(
        "{path} has index format {found}, this program reads {expected}; build it again with `fafnir index`"
    )]
    Version {
        /// The file.
        path: String,
        /// Its version.
        found: u32,
        /// The version that is understood.
        expected: u32,
    },
    /// A digest does not fit.
    #[error(
        "{path} is damaged: section {section}, bytes {start}..{end} of the file differ from what was written; copy it again, or build it with `fafnir index`"
    )]
    Damaged {
        /// The file.
        path: String,
        /// Section of the file.
        section: String,
        /// First byte of the damaged chunk.
        start: u64,
        /// End of the chunk (exclusive).
        end: u64,
    },
    /// The reference cannot be indexed.
    #[error(
        "the reference has {bases} bases with padding; positions reach 2^32 - 1 in this index format: split it"
    )]
    TooLarge {
        /// Bases with padding.
        bases: u64,
    },
}
