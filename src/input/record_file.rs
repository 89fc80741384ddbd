//! Files of records that are mapped, or mapped again: BAM.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use fafnir_attest::Pending;
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
    opened: Opened,
}

/// A file whose header was read: it may be a pipe, which is read but once.
#[derive(Clone)]
struct Opened(Arc<Mutex<Option<BamReader<Pending>>>>);

impl RecordFile {
    /// Opens a BAM file, `-` for standard input, and reads its header. `number` gives the number of
    /// each of its read groups; it is asked with `None` where the header has none.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or is no BAM file; whatever `number` refuses.
    pub fn open(
        path: &Path,
        mut number: impl FnMut(Option<&ReadGroup>) -> Result<usize, Error>,
    ) -> Result<Self, Error> {
        let reader = open(path)?;
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
            opened: Opened(Arc::new(Mutex::new(Some(reader)))),
        })
    }

    /// The file behind its header; a second time it is opened anew.
    pub(crate) fn reader(&self) -> Result<BamReader<Pending>, Error> {
        let mut opened = self.opened.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reader) = opened.take() {
            return Ok(reader);
        }
        let reader = open(&self.path)?;
        if reader.header().read_groups.len().max(1) != self.read_groups.len() {
            return Err(Error::input(format!(
                "{}: it has other read groups than before; let nothing write to it",
                self.path.display()
            )));
        }
        Ok(reader)
    }
}

fn open(path: &Path) -> Result<BamReader<Pending>, Error> {
    let input = Pending::open(path, None)?.with_role("reads");
    BamReader::new(path.display().to_string(), input)
        .map_err(|e| Error::from_source(Class::Input, e))
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
