//! Files of records that are mapped, or mapped again: BAM.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use fafnir_io::bam::{BamReader, header::ReadGroup};

use crate::error::{Class, Error};

/// A BAM file whose reads are mapped, whether it is aligned or not.
///
/// Its records are grouped by name; a record's `RG` says to which read group its read belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFile {
    /// The file.
    pub path: PathBuf,
    /// For each `@RG` of the file's header its number in
    /// [`Reads::read_groups`](crate::Reads::read_groups); where the header has none, the number of
    /// the read group of all reads.
    pub read_groups: Vec<usize>,
}

impl RecordFile {
    /// The read groups in the header of the file at `path`, which is read again for its reads.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, is no BAM file, or is a pipe, which can be read but once.
    pub fn read_groups(path: &Path) -> Result<Vec<ReadGroup>, Error> {
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?.is_file(), file)));
        let (is_file, file) = opened.map_err(|e| Error::io(path, "open", e))?;
        if !is_file {
            return Err(Error::usage(format!(
                "{}: is no file, and is to be read twice: its header, then its reads; give a file",
                path.display()
            )));
        }
        let reader = BamReader::new(path.display().to_string(), file)
            .map_err(|e| Error::from_source(Class::Input, e))?;
        Ok(reader.header().read_groups.clone())
    }
}
