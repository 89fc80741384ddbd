//! What can be wrong with a gVCF file.

use std::io;

use crate::reference::UnknownContig;

/// An error of a gVCF file, and where it is.
#[derive(Debug, thiserror::Error)]
#[error("{file}: line {line}, byte {offset}{}: {kind}", of_record(.place))]
pub struct GvcfError {
    /// The file's name as the caller gave it.
    pub file: String,
    /// Line, 1-based.
    pub line: u64,
    /// Where the line starts in the uncompressed text.
    pub offset: u64,
    /// `CHROM:POS` of the record, where it is known.
    pub place: Option<String>,
    /// What is wrong.
    #[source]
    pub kind: GvcfErrorKind,
}

fn of_record(place: &Option<String>) -> String {
    match place {
        Some(place) => format!(", record {place}"),
        None => String::new(),
    }
}

/// What can be wrong with a gVCF file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GvcfErrorKind {
    /// The file cannot be read or decompressed.
    #[error("cannot read on: {0}")]
    Read(#[from] io::Error),
    /// The file ends too early.
    #[error("the file ends here without {0}: it is truncated; make or copy it again")]
    Truncated(&'static str),
    /// Too long to be a line of VCF.
    #[error("the line is longer than 256 MiB: is this a VCF file?")]
    LineTooLong,
    /// Not VCF.
    #[error(
        "the file does not start with ##fileformat=VCF: is it BCF? convert it with bcftools view"
    )]
    Format,
    /// A header without samples.
    #[error("the header has no samples: expected #CHROM with FORMAT and a column for each sample")]
    Samples,
    /// A header line that is not valid.
    #[error("{0:?} is no contig line: expected an ID and, where there is one, a length")]
    ContigLine(String),
    /// A contig that the reference does not have.
    #[error(transparent)]
    UnknownContig(#[from] UnknownContig),
    /// A contig of another length.
    #[error(
        "contig {name} has {found} bases, but {expected} in the reference: is the file for another reference?"
    )]
    ContigLength {
        /// The name.
        name: String,
        /// Length in the file.
        found: u64,
        /// Length in the reference.
        expected: u32,
    },
    /// A record that belongs before the last one.
    #[error(
        "the record comes after {0}, behind which it is not in the reference's order: sort the file (bcftools sort), contigs as in the reference"
    )]
    NotSorted(String),
    /// Too few or too many columns.
    #[error("{found} columns where the header has {expected}")]
    Columns {
        /// Columns of the line.
        found: usize,
        /// Columns of the header.
        expected: usize,
    },
    /// A field that is not valid.
    #[error("{field}: {value:?} is not {expected}")]
    Field {
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A reference allele that is not in the reference.
    #[error("REF is {found}, but the reference has {expected}: is the file for another reference?")]
    Reference {
        /// REF.
        found: String,
        /// Bases of the reference.
        expected: String,
    },
    /// A list with the wrong number of values.
    #[error(
        "{field} of sample {sample} has {found} values, which fits no genotype of {alleles} alleles with ploidy 1 or 2"
    )]
    Count {
        /// The field.
        field: &'static str,
        /// Number of the sample, 1-based.
        sample: usize,
        /// Values found.
        found: usize,
        /// Alleles of the record.
        alleles: usize,
    },
    /// A genotype of more than two copies.
    #[error("GT {0:?}: genotypes of 1 or 2 copies are read; leave out contigs of other ploidy")]
    Ploidy(String),
}
