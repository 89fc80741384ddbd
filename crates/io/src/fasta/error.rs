//! What can be wrong with a FASTA file.

use std::io;

/// An error of a FASTA file, and where it is.
#[derive(Debug, thiserror::Error)]
#[error("{file}: line {line}: {kind}")]
pub struct FastaError {
    /// The file's name as the caller gave it.
    pub file: String,
    /// Line, 1-based.
    pub line: u64,
    /// What is wrong.
    #[source]
    pub kind: FastaErrorKind,
}

/// What can be wrong with a FASTA file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FastaErrorKind {
    /// The file cannot be read or decompressed.
    #[error("cannot read on: {0}")]
    Read(#[source] io::Error),
    /// No record at all.
    #[error("the file holds no sequence: is this the right file?")]
    Empty,
    /// Sequence before the first header.
    #[error("byte {offset}: expected a header starting with '>': is this a FASTA file?")]
    NoHeader {
        /// Offset in the uncompressed file.
        offset: u64,
    },
    /// A header without a name.
    #[error("the header has no name behind '>': give the contig a name")]
    EmptyName,
    /// A name that cannot stand in a SAM header.
    #[error("contig name {0:?} has characters that SAM does not allow: rename the contig")]
    Name(String),
    /// A name that was used before.
    #[error("contig {0} occurs twice: names must be unique")]
    Duplicate(String),
    /// A header without bases.
    #[error("contig {0} has no sequence: SAM needs at least one base: remove the record")]
    NoSequence(String),
    /// A byte that is no IUPAC letter.
    #[error("byte {offset}: {:?} is no IUPAC nucleotide letter", char::from(*byte))]
    Character {
        /// The byte.
        byte: u8,
        /// Offset in the uncompressed file.
        offset: u64,
    },
    /// A line that is longer than the first of its contig, or follows one that is not as long.
    #[error(
        "lines of contig {0} differ in length, so that the file cannot be indexed: only its last may be shorter: write it again with one width, as `seqtk seq -l 60` does"
    )]
    Uneven(String),
    /// More bases than BAM can address.
    #[error("the contig has more than 2,147,483,647 bases, the most that BAM can hold: split it")]
    TooLong,
}
