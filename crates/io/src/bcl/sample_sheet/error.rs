//! Errors and warnings of sample sheets, and where they are.

use crate::bcl::barcodes::BarcodeError;
use crate::bcl::file_name::NameError;
use crate::bcl::override_cycles::CycleError;

/// An error of a sample sheet, and where it is.
#[derive(Debug, thiserror::Error)]
#[error("{file}: line {line}, column {column}: {kind}")]
pub struct SheetError {
    /// The file's name as the caller gave it.
    pub file: String,
    /// Line, 1-based.
    pub line: usize,
    /// Column of the table, 1-based: the number of the field in its line.
    pub column: usize,
    /// What is wrong.
    #[source]
    pub kind: SheetErrorKind,
}

/// Something in a sample sheet that is passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetWarning {
    /// Line, 1-based.
    pub line: usize,
    /// Column of the table, 1-based.
    pub column: usize,
    /// What is passed over, and why.
    pub message: String,
}

/// What can be wrong with a sample sheet.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SheetErrorKind {
    /// Not text in one-byte units.
    #[error("this is UTF-16 text, or no text: save the sheet as CSV in UTF-8")]
    Encoding,
    /// A quote that does not end.
    #[error("the quote is not closed on this line: close it, and double the quotes within it")]
    UnclosedQuote,
    /// Something after the end of a quote.
    #[error("there is text after a closing quote: double the quotes within it")]
    AfterQuote,
    /// Columns separated by something else.
    #[error("columns are separated by {0}: save the sheet as CSV, separated by commas")]
    Separator(&'static str),
    /// A line before any section.
    #[error(
        "no section starts before this line: a sheet has [Header] and [Data], or [BCLConvert_Settings] and [BCLConvert_Data]"
    )]
    OutsideSection,
    /// A section's name without its end.
    #[error("{0:?} is no section: close it with ']'")]
    SectionName(String),
    /// A section that is there twice.
    #[error("section [{name}] is also in line {first}: join the two")]
    RepeatedSection {
        /// The section.
        name: String,
        /// Line of the first one.
        first: usize,
    },
    /// No samples.
    #[error("section [{0}] is missing: it lists the samples")]
    NoData(&'static str),
    /// A data section without its line of column names, or without samples.
    #[error("section [{0}] has no {1}: add them")]
    EmptyData(&'static str, &'static str),
    /// A column that must be there.
    #[error("there is no column {0}: each sample needs one")]
    NoColumn(&'static str),
    /// A column that is there twice.
    #[error("column {name:?} is there twice, first as column {first}: remove one")]
    RepeatedColumn {
        /// The column.
        name: String,
        /// The first one.
        first: usize,
    },
    /// A column that we do not know.
    #[error(
        "column {0:?} is not known: remove it, or call it Custom_{0} if it is for your own use"
    )]
    UnknownColumn(String),
    /// More fields than columns.
    #[error("{0:?} is in no column: put a field with commas in quotes")]
    ExtraField(String),
    /// A setting that we do not know.
    #[error("setting {0:?} is not known: correct its name, or remove it")]
    UnknownSetting(String),
    /// A setting that would change the reads, and that we do not have.
    #[error("setting {setting} is not supported: {instead}")]
    Unsupported {
        /// The setting.
        setting: String,
        /// What to do.
        instead: &'static str,
    },
    /// A setting that is there twice, or as a column too.
    #[error("setting {setting} is also given in line {first}: remove one")]
    RepeatedSetting {
        /// The setting.
        setting: String,
        /// Line of the other.
        first: usize,
    },
    /// A value that does not go with its setting or column.
    #[error("{value:?} is no value of {setting}: expected {expected}")]
    Value {
        /// The setting or column.
        setting: String,
        /// The value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// A lane where other lines have one.
    #[error("the lane is missing, but line {0} has one: give each line its lane, or none")]
    NoLane(usize),
    /// A name that cannot be a file's.
    #[error("{column} {error}")]
    Name {
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        #[source]
        error: NameError,
    },
    /// A sample with two names.
    #[error("sample {sample:?} has another Sample_Name in line {first}: use the same")]
    OtherName {
        /// Its `Sample_ID`.
        sample: String,
        /// Line with the other name.
        first: usize,
    },
    /// `OverrideCycles` that do not go with the run.
    #[error(transparent)]
    Cycles(CycleError),
    /// Indexes that do not go with the run or with each other.
    #[error(transparent)]
    Barcodes(BarcodeError),
}

/// An error before the file's name is known.
pub(super) type Located = (usize, usize, SheetErrorKind);
