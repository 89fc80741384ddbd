//! What can be wrong with FASTQ files.

use std::io;

/// An error of a FASTQ file, and where it is.
#[derive(Debug, thiserror::Error)]
#[error("{file}: record {record} (line {line}, byte {offset}): {kind}")]
pub struct FastqError {
    /// The file's name as the caller gave it.
    pub file: String,
    /// Record, 1-based.
    pub record: u64,
    /// Line, 1-based.
    pub line: u64,
    /// Offset in the uncompressed file.
    pub offset: u64,
    /// What is wrong.
    #[source]
    pub kind: FastqErrorKind,
}

/// What can be wrong with FASTQ files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FastqErrorKind {
    /// The file cannot be read or decompressed.
    #[error("cannot read on: {0}")]
    Read(#[source] io::Error),
    /// A record that does not start with `@`.
    #[error("expected '@' at the start of a record, found {:?}: is this a FASTQ file with four lines a record?", char::from(*.0))]
    Header(u8),
    /// A record without a name.
    #[error("the read has no name behind '@'")]
    EmptyName,
    /// A name that BAM cannot hold.
    #[error("the read's name has {0} bytes, BAM holds at most 254: shorten the names")]
    NameTooLong(usize),
    /// A byte that SAM does not allow in names.
    #[error("byte {0:#04x} is not allowed in a read's name")]
    NameByte(u8),
    /// A byte that is no base.
    #[error("{:?} is no base: expected IUPAC letters or '.'", char::from(*.0))]
    Base(u8),
    /// The third line does not start with `+`.
    #[error("expected '+' between bases and qualities: each record must have four lines")]
    Plus,
    /// As many qualities as bases are needed.
    #[error("{qualities} qualities for {bases} bases: the file is damaged")]
    QualityLength {
        /// Number of bases.
        bases: usize,
        /// Number of qualities.
        qualities: usize,
    },
    /// A quality outside of `!` to `~`.
    #[error("byte {0:#04x} is no quality: expected '!' to '~' (phred + 33)")]
    Quality(u8),
    /// More bases than short-read analysis takes.
    #[error(
        "the read is longer than 65,535 bases: long reads are not supported, remove or split them"
    )]
    ReadTooLong,
    /// The file ends in the middle of a record.
    #[error("the file ends inside a record: it is truncated, copy it again")]
    Truncated,
    /// The mates of a pair have different names.
    #[error(
        "the pair's names differ: {first:?} here, {second:?} in {second_file}: the files do not belong together or have lost records"
    )]
    MateNames {
        /// Name of the first read.
        first: String,
        /// Name of the second read.
        second: String,
        /// Where the second read is.
        second_file: String,
    },
    /// The files of a pair have different numbers of records.
    #[error(
        "the file ends after {ended} records, but {longer} goes on: the files do not belong together or one is truncated"
    )]
    MateMissing {
        /// Number of records of the shorter file.
        ended: u64,
        /// The longer file.
        longer: String,
    },
    /// An interleaved file with an odd number of records.
    #[error(
        "the interleaved file ends after the first read of a pair: it is truncated or not interleaved"
    )]
    OddInterleaved,
    /// Both files of a pair hold the same end.
    #[error(
        "this file and {other} both hold read {mate} of the pairs: was the same file given twice?"
    )]
    SameMate {
        /// The other file.
        other: String,
        /// 1 or 2.
        mate: u8,
    },
}

impl FastqErrorKind {
    /// Whether the input is to blame, and not the machine that reads it.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Read(error) => matches!(
                error.kind(),
                io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
            ),
            _ => true,
        }
    }
}
