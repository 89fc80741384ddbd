//! A single file that appears complete or not at all, such as an index.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{
    leftovers,
    staged::{StagedFile, new_run_id, refuse_existing, sync_directory},
};
use crate::{AttestError, FileDigest};

/// A file that gets its name in [`AtomicFile::persist`]; dropped before, it leaves nothing.
pub struct AtomicFile {
    directory: PathBuf,
    force: bool,
    file: StagedFile,
}

impl AtomicFile {
    /// Starts the file beside its final name.
    ///
    /// # Errors
    ///
    /// [`AttestError::OutputExists`] unless `force`, [`AttestError::OutputName`],
    /// [`AttestError::Write`].
    pub fn create(path: impl AsRef<Path>, force: bool) -> Result<Self, AttestError> {
        let path = path.as_ref();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            return Err(AttestError::OutputName {
                name: path.to_string_lossy().into_owned(),
                reason: "does not end in a file name",
            });
        };
        if !force {
            refuse_existing(path)?;
        }
        let directory = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        leftovers::sweep(directory, |part| part == name);
        Ok(Self {
            file: StagedFile::create(directory, name, &new_run_id()?, false)?,
            directory: directory.to_owned(),
            force,
        })
    }

    /// Writes everything to the disk and gives the file its name.
    ///
    /// # Errors
    ///
    /// [`AttestError::Write`]; [`AttestError::OutputExists`] for a file that appeared meanwhile.
    pub fn persist(self) -> Result<FileDigest, AttestError> {
        let mut output = self.file.finish()?;
        output.give_name(self.force)?;
        sync_directory(&self.directory)?;
        Ok(*output.digest())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
