//! Where unsorted records go.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, StdoutLock, Write},
    path::Path,
};

use fafnir_attest::publish::AtomicFile;

use crate::{error::Error, paths};

/// Fewer, larger writes: a pipe's reader is woken less often.
const BUFFER_BYTES: usize = 1 << 20;

/// Standard output, a pipe or a device, written to as it comes; or a file, which appears when it
/// is complete.
pub(super) enum Stream {
    Standard(BufWriter<StdoutLock<'static>>),
    Device(BufWriter<File>),
    File(Box<BufWriter<AtomicFile>>),
}

impl Stream {
    /// Opens `to`, `-` for standard output. Refuses a file that exists unless `force`, and one
    /// whose folder does not.
    pub(super) fn create(to: &Path, force: bool) -> Result<Self, Error> {
        if to == Path::new("-") {
            let out = io::stdout().lock();
            return Ok(Self::Standard(BufWriter::with_capacity(BUFFER_BYTES, out)));
        }
        paths::require_folder(to)?;
        match fs::metadata(to) {
            Ok(known) if known.is_dir() => Err(Error::usage(format!(
                "{}: is a folder; name a file",
                to.display()
            ))),
            Ok(known) if !known.is_file() => {
                let file = OpenOptions::new().write(true).open(to);
                let file = file.map_err(|e| Error::io(to, "write records", e))?;
                Ok(Self::Device(BufWriter::with_capacity(BUFFER_BYTES, file)))
            }
            _ => {
                let file = AtomicFile::create(to, force)?;
                let file = BufWriter::with_capacity(BUFFER_BYTES, file);
                Ok(Self::File(Box::new(file)))
            }
        }
    }

    /// Writes what is buffered, and gives a file its name.
    pub(super) fn close(self, to: &Path) -> Result<(), Error> {
        let failed = |e| Error::io(to, "write records", e);
        match self {
            Self::Standard(mut out) => out.flush().map_err(failed),
            Self::Device(mut out) => out.flush().map_err(failed),
            Self::File(out) => {
                let file = out.into_inner().map_err(|e| failed(e.into_error()))?;
                file.persist()?;
                Ok(())
            }
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(out) => out.write(bytes),
            Self::Device(out) => out.write(bytes),
            Self::File(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(out) => out.flush(),
            Self::Device(out) => out.flush(),
            Self::File(out) => out.flush(),
        }
    }
}
