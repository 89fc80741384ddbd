//! Files that appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// A file that gets its name when it is whole.
pub(crate) struct Output {
    path: PathBuf,
    part: PathBuf,
    pub(crate) out: BufWriter<File>,
}

impl Output {
    pub(crate) fn create(directory: &Path, name: &str) -> Result<Self> {
        let (path, part) = (directory.join(name), directory.join(format!("{name}.part")));
        let file = File::create(&part).map_err(Error::write(&path))?;
        Ok(Self {
            path,
            part,
            out: BufWriter::with_capacity(1 << 18, file),
        })
    }

    pub(crate) fn finish(mut self) -> Result<PathBuf> {
        self.out
            .flush()
            .and_then(|()| fs::rename(&self.part, &self.path))
            .map_err(Error::write(&self.path))?;
        Ok(self.path.clone())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // Gone already where all went well; nobody could act on a failure here.
        let _ = fs::remove_file(&self.part);
    }
}

pub(crate) fn create(
    directory: &Path,
    name: &str,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<PathBuf> {
    let mut output = Output::create(directory, name)?;
    write(&mut output.out).map_err(Error::write(&output.path))?;
    output.finish()
}
