//! What can be wrong with a BAM file.

use std::io;

use super::RecordError;
use crate::bam::header::HeaderError;
use crate::bgzf::VirtualOffset;

/// An error of a BAM file, and where it is.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {}, virtual offset {offset}: {kind}", place(*.record))]
pub struct BamError {
    /// The file's name as the caller gave it.
    pub file: String,
    /// Record, 1-based; 0 in the header.
    pub record: u64,
    /// Where the record starts.
    pub offset: VirtualOffset,
    /// What is wrong.
    #[source]
    pub kind: BamErrorKind,
}

fn place(record: u64) -> String {
    match record {
        0 => "header".to_owned(),
        record => format!("record {record}"),
    }
}

/// What can be wrong with a BAM file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BamErrorKind {
    /// The file cannot be read or decompressed, or ends too early.
    #[error("cannot read on: {0}")]
    Read(#[from] io::Error),
    /// Not a BAM file.
    #[error("the file does not start like BAM: is it SAM or CRAM? convert it first")]
    Magic,
    /// Too much text.
    #[error("the header's text claims more than 256 MiB: the file is damaged")]
    HeaderSize,
    /// Text that is no UTF-8.
    #[error("the header's text is not UTF-8")]
    HeaderText,
    /// Text that is no SAM header.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A contig that is not valid, or that differs from the header's text.
    #[error("contig {0} (from 0) of the binary header is not valid or differs from @SQ")]
    Contig(u32),
    /// A size that no record has.
    #[error("block_size {0} is not between 32 and 268,435,456: the file is damaged")]
    Size(u32),
    /// A record that is not valid.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A record that belongs before the last one.
    #[error("the record is not in coordinate order: sort the file")]
    NotSorted,
}
