//! Files of records that are mapped, or mapped again: BAM and CRAM.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use fafnir_attest::Pending;
use fafnir_io::{
    bam::{BamReader, header::ReadGroup},
    cram::CramReader,
    templates::RecordReader,
};

use crate::error::{Class, Error};

/// A BAM or CRAM file whose reads are mapped, whether it is aligned or not.
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
    format: RecordFormat,
    opened: Opened,
}

/// Formats of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFormat {
    /// BAM.
    Bam,
    /// CRAM that needs no reference, as unaligned files do not.
    Cram,
}

/// A file whose header was read: it may be a pipe, which is read but once.
#[derive(Clone)]
struct Opened(Arc<Mutex<Option<RecordReader<Pending>>>>);

impl RecordFile {
    /// Opens a file, `-` for standard input, and reads its header. `number` gives the number of
    /// each of its read groups; it is asked with `None` where the header has none.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or is not of this format; whatever `number` refuses.
    pub fn open(
        path: &Path,
        format: RecordFormat,
        mut number: impl FnMut(Option<&ReadGroup>) -> Result<usize, Error>,
    ) -> Result<Self, Error> {
        let reader = open(path, format)?;
        let read_groups = match reader.header().read_groups.as_slice() {
            [] => vec![number(None)?],
            groups => {
                let numbers = groups.iter().map(|group| number(Some(group)));
                numbers.collect::<Result<_, _>>()?
            }
        };
        Ok(Self {
            path: path.to_owned(),
            read_groups,
            format,
            opened: Opened(Arc::new(Mutex::new(Some(reader)))),
        })
    }

    /// The file behind its header; a second time it is opened anew.
    pub(crate) fn reader(&self) -> Result<RecordReader<Pending>, Error> {
        let mut opened = self.opened.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reader) = opened.take() {
            return Ok(reader);
        }
        let reader = open(&self.path, self.format)?;
        if reader.header().read_groups.len().max(1) != self.read_groups.len() {
            return Err(Error::input(format!(
                "{}: it has other read groups than before; let nothing write to it",
                self.path.display()
            )));
        }
        Ok(reader)
    }
}

fn open(path: &Path, format: RecordFormat) -> Result<RecordReader<Pending>, Error> {
    let input = Pending::open(path, None)?.with_role("reads");
    let name = path.display().to_string();
    match format {
        RecordFormat::Bam => BamReader::new(name, input)
            .map(RecordReader::from)
            .map_err(|e| Error::from_source(Class::Input, e)),
        RecordFormat::Cram => CramReader::new(name, input)
            .map(RecordReader::from)
            .map_err(|e| Error::from_source(Class::Input, e)),
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened")
    }
}

/// Whether it is opened already is no property of a file.
impl PartialEq for Opened {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Opened {}
