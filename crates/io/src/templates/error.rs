//! What can be wrong with a file of templates.

use crate::bam::BamError;
use crate::cram::CramError;

/// An error of a file of templates, and where it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// A BAM file that cannot be read, or is none.
    #[error(transparent)]
    Bam(#[from] BamError),
    /// A CRAM file that cannot be read, or is none.
    #[error(transparent)]
    Cram(#[from] CramError),
    /// A record that cannot be mapped, or does not belong with its neighbours.
    #[error("{file}: record {record}: {kind}")]
    Record {
        /// The file's name as the caller gave it.
        file: String,
        /// Record, 1-based.
        record: u64,
        /// What is wrong.
        #[source]
        kind: TemplateErrorKind,
    },
}

/// What can be wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateErrorKind {
    /// Nothing is left of a name without `/1` or `/2`.
    #[error("the read has no name")]
    EmptyName,
    /// A byte that SAM does not allow in names.
    #[error("byte {0:#04x} is not allowed in a read's name")]
    NameByte(u8),
    /// More bases than short-read analysis takes.
    #[error(
        "the read has {0} bases, more than 65,535: long reads are not supported, remove or split them"
    )]
    ReadTooLong(usize),
    /// A base that is only told by a reference.
    #[error("the read has '=' in place of bases: write them out, as with samtools calmd")]
    Base,
    /// A quality that FASTQ could not hold either.
    #[error("quality {0} is beyond 93, the highest of SAM")]
    Quality(u8),
    /// A read that tells no read group, where there are several.
    #[error(
        "the read has no RG tag, and the header has {0} read groups: assign it to one, as with samtools addreplacerg"
    )]
    NoReadGroup(usize),
    /// A read group that the header does not have.
    #[error("read group {0:?} is not in the header")]
    UnknownReadGroup(String),
    /// A pair whose reads are apart.
    #[error(
        "read {waiting:?} is followed by {next:?} and not by its mate: group the reads of a pair, as with samtools collate; of a grouped file, set apart reads that lost their mates, as with samtools fastq -s"
    )]
    MateApart {
        /// Name of the read that waits for its mate.
        waiting: String,
        /// Name of this record.
        next: String,
    },
    /// The file ends before the second read of a pair.
    #[error(
        "the file ends, and the mate of read {0:?} was not there: group the reads of a pair, as with samtools collate; of a grouped file, set apart reads that lost their mates, as with samtools fastq -s"
    )]
    MateMissing(String),
    /// FLAG of a pair that has not a first and a last read.
    #[error(
        "the records of {0:?} are not one first (0x40) and one last (0x80) read of a pair: repair their flags"
    )]
    Ends(String),
    /// The reads of a pair are in two read groups.
    #[error("the reads of {0:?} are in two read groups")]
    MateReadGroup(String),
}
