//! Records of either format.

use std::io::Read;

use super::TemplateError;
use crate::bam::{BamReader, Header};
use crate::cram::CramReader;

/// Reads the records of a BAM or CRAM file.
pub enum RecordReader<R> {
    /// BAM.
    Bam(Box<BamReader<R>>),
    /// CRAM.
    Cram(Box<CramReader<R>>),
}

impl<R: Read> RecordReader<R> {
    /// The header.
    pub fn header(&self) -> &Header {
        match self {
            Self::Bam(reader) => reader.header(),
            Self::Cram(reader) => reader.header(),
        }
    }

    /// Replaces what is in `record` by the next record as in a BAM file, without `block_size`;
    /// `false` at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read or the record is not valid.
    pub fn read(&mut self, record: &mut Vec<u8>) -> Result<bool, TemplateError> {
        Ok(match self {
            Self::Bam(reader) => reader.read(record)?,
            Self::Cram(reader) => reader.read(record)?,
        })
    }

    /// Number of records read.
    pub fn records(&self) -> u64 {
        match self {
            Self::Bam(reader) => reader.records(),
            Self::Cram(reader) => reader.records(),
        }
    }

    /// The underlying reader.
    pub fn into_inner(self) -> R {
        match self {
            Self::Bam(reader) => reader.into_inner(),
            Self::Cram(reader) => reader.into_inner(),
        }
    }
}

impl<R> From<BamReader<R>> for RecordReader<R> {
    fn from(reader: BamReader<R>) -> Self {
        Self::Bam(Box::new(reader))
    }
}

impl<R> From<CramReader<R>> for RecordReader<R> {
    fn from(reader: CramReader<R>) -> Self {
        Self::Cram(Box::new(reader))
    }
}
