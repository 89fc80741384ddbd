//! One output under its temporary name.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::leftovers;
use crate::{AttestError, DigestWriter, FileDigest};

/// Large enough that system calls and hashing set-up vanish beside the bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// Removes the temporary file unless it got its final name.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    named: bool,
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.named {
            // Nobody is left to tell: an error is on its way already.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// An empty temporary file that is held for as long as a run lives.
#[derive(Debug)]
pub(super) struct Marker {
    _held: File,
    _part: Part,
}

impl Marker {
    pub(super) fn create(directory: &Path, prefix: &str, run: &str) -> Result<Self, AttestError> {
        let name = leftovers::marker_name(prefix);
        let path = directory.join(leftovers::part_name(&name, run));
        let held = create_held(&path).map_err(AttestError::write(&path))?;
        let part = Part { path, named: false };
        Ok(Self {
            _held: held,
            _part: part,
        })
    }
}

/// The bytes of an output, in a file that is held open, or opened for each write.
enum PartFile {
    Held(File),
    Closed(PathBuf),
}

impl PartFile {
    /// Writes everything to the disk; gives the file where it was held.
    fn sync(self) -> io::Result<Option<File>> {
        match self {
            Self::Held(file) => file.sync_all().map(|()| Some(file)),
            Self::Closed(path) => File::open(path)?.sync_all().map(|()| None),
        }
    }
}

impl Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Held(file) => file.write(bytes),
            Self::Closed(path) => OpenOptions::new().append(true).open(path)?.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An output that is being written as `.NAME.RUN.part` in the directory of its final name.
/// Dropped unfinished, it is removed.
pub struct StagedFile {
    name: String,
    target: PathBuf,
    // Declared before `part`: what is buffered goes before the file does.
    writer: BufWriter<DigestWriter<PartFile>>,
    part: Part,
    failed: bool,
}

impl StagedFile {
    pub(super) fn create(
        directory: &Path,
        name: &str,
        run: &str,
        md5: bool,
    ) -> Result<Self, AttestError> {
        let target = directory.join(name);
        let path = directory.join(leftovers::part_name(name, run));
        let file = PartFile::Held(create_held(&path).map_err(AttestError::write(&target))?);
        let digesting = if md5 {
            DigestWriter::with_md5(file)
        } else {
            DigestWriter::new(file)
        };
        Ok(Self {
            name: name.to_owned(),
            target,
            writer: BufWriter::with_capacity(BUFFER_BYTES, digesting),
            part: Part { path, named: false },
            failed: false,
        })
    }

    /// As [`StagedFile::create`], without a buffer, and open only while it is written to.
    pub(super) fn create_closed(
        directory: &Path,
        name: &str,
        run: &str,
    ) -> Result<Self, AttestError> {
        let target = directory.join(name);
        let path = directory.join(leftovers::part_name(name, run));
        create_held(&path).map_err(AttestError::write(&target))?;
        let digesting = DigestWriter::new(PartFile::Closed(path.clone()));
        Ok(Self {
            name: name.to_owned(),
            target,
            writer: BufWriter::with_capacity(0, digesting),
            part: Part { path, named: false },
            failed: false,
        })
    }

    /// Writes what is buffered through to the disk; the file keeps its temporary name.
    ///
    /// # Errors
    ///
    /// [`AttestError::Write`], also when an earlier write failed and its caller went on. The
    /// temporary file is gone then.
    pub fn finish(self) -> Result<StagedOutput, AttestError> {
        let Self {
            name,
            target,
            writer,
            part,
            failed,
        } = self;
        let close = || -> io::Result<(Option<File>, FileDigest)> {
            if failed {
                return Err(io::Error::other("an earlier write to it failed"));
            }
            let digesting = writer.into_inner().map_err(|error| error.into_error())?;
            let (file, digest) = digesting.finish()?;
            Ok((file.sync()?, digest))
        };
        let (held, digest) = close().map_err(AttestError::write(&target))?;
        Ok(StagedOutput {
            name,
            target,
            digest,
            part,
            _held: held,
        })
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.writer.write(bytes);
        self.failed |= is_failure(&result);
        result
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let result = self.writer.write_all(bytes);
        self.failed |= result.is_err();
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.writer.flush();
        self.failed |= is_failure(&result);
        result
    }
}

/// Creates a file and holds a lock on it, which tells other runs that this one lives.
fn create_held(path: &Path) -> io::Result<File> {
    loop {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        // Where the file system has no locks, nobody else gets one either, and nothing is swept.
        let locked = file.lock().is_ok();
        // Another run may have swept it before the lock.
        if !locked || file.metadata()?.nlink() > 0 {
            return Ok(file);
        }
    }
}

fn is_failure<T>(result: &io::Result<T>) -> bool {
    matches!(result, Err(error) if error.kind() != io::ErrorKind::Interrupted)
}

/// An output that is complete and on the disk, waiting under its temporary name. Dropped
/// unpublished, it is removed.
#[derive(Debug)]
pub struct StagedOutput {
    name: String,
    target: PathBuf,
    digest: FileDigest,
    part: Part,
    /// Open for its lock alone.
    _held: Option<File>,
}

impl StagedOutput {
    /// The final file name, without directory.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Digest and size of the file.
    pub fn digest(&self) -> &FileDigest {
        &self.digest
    }

    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// Gives the file its final name; with `force` over whatever has it.
    pub(super) fn give_name(&mut self, force: bool) -> Result<(), AttestError> {
        if !force {
            // A link is never made over an existing name, however late that appeared.
            match fs::hard_link(&self.part.path, &self.target) {
                Ok(()) => {
                    self.part.named = true;
                    return fs::remove_file(&self.part.path)
                        .map_err(AttestError::write(&self.target));
                }
                // File systems without hard links are left with looking first.
                Err(_) => refuse_existing(&self.target)?,
            }
        }
        fs::rename(&self.part.path, &self.target).map_err(AttestError::write(&self.target))?;
        self.part.named = true;
        Ok(())
    }

    /// Removes the file again if it got its final name.
    pub(super) fn withdraw(&self) {
        if self.part.named {
            // The error that led here is the one to report.
            let _ = fs::remove_file(&self.target);
        }
    }
}

/// Refuses an existing target, a dangling symbolic link too.
pub(super) fn refuse_existing(path: &Path) -> Result<(), AttestError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Err(AttestError::OutputExists {
            path: path.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(AttestError::read(path)(error)),
    }
}

/// Makes renames in `directory` survive a power cut.
pub(super) fn sync_directory(directory: &Path) -> Result<(), AttestError> {
    File::open(directory)
        .and_then(|file| file.sync_all())
        .map_err(AttestError::write(directory))
}

/// Sixteen random hexadecimal digits that tell runs apart.
pub(super) fn new_run_id() -> Result<String, AttestError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(AttestError::Random)?;
    Ok(crate::hex::encode(&bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// As if it had appeared after everybody looked.
    #[test]
    fn a_name_that_is_taken_at_the_last_moment_stays() {
        let scratch = tempfile::tempdir().unwrap();
        let staged = || {
            let mut file = StagedFile::create(scratch.path(), "s.bam", "run", false).unwrap();
            file.write_all(b"ours").unwrap();
            file.finish().unwrap()
        };
        let target = scratch.path().join("s.bam");
        staged().give_name(false).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"ours");
        fs::write(&target, "another's").unwrap();
        let error = staged().give_name(false).unwrap_err();
        assert!(matches!(error, AttestError::OutputExists { .. }));
        assert_eq!(fs::read(&target).unwrap(), b"another's");
        staged().give_name(true).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"ours");
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
    }
}
