//! Readers and writers that hash what passes through, so that no file is read a second time.

use std::io::{self, Read, Write};

use md5::Md5;
use sha2::{Digest as _, Sha256};

use crate::{FileDigest, Sha256Digest};

const DRAIN_BYTES: usize = 64 * 1024;

struct Hasher {
    sha256: Sha256,
    md5: Option<Md5>,
    size: u64,
}

impl Hasher {
    fn new(md5: Option<Md5>) -> Self {
        Self {
            sha256: Sha256::new(),
            md5,
            size: 0,
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        self.size += bytes.len() as u64;
    }

    fn finish(self) -> FileDigest {
        FileDigest {
            sha256: Sha256Digest::from(<[u8; 32]>::from(self.sha256.finalize())),
            md5: self.md5.map(|md5| md5.finalize().into()),
            size: self.size,
        }
    }
}

/// Hashes what the writer below it accepted.
///
/// It is not seekable: a header patched afterwards would not be what was hashed. Put a buffer
/// above it, not below.
pub struct DigestWriter<W: Write> {
    inner: W,
    hasher: Hasher,
}

impl<W: Write> DigestWriter<W> {
    /// SHA-256 and size.
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            hasher: Hasher::new(None),
        }
    }

    /// SHA-256, size and MD5.
    pub fn with_md5(inner: W) -> Self {
        Self {
            inner,
            hasher: Hasher::new(Some(Md5::new())),
        }
    }

    /// Flushes, and gives back the writer and the digest of what went through.
    ///
    /// # Errors
    ///
    /// Those of the flush.
    pub fn finish(mut self) -> io::Result<(W, FileDigest)> {
        self.inner.flush()?;
        Ok((self.inner, self.hasher.finish()))
    }
}

impl<W: Write> Write for DigestWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Hashes what is read through it.
pub struct DigestReader<R: Read> {
    inner: R,
    hasher: Hasher,
}

impl<R: Read> DigestReader<R> {
    /// SHA-256 and size.
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            hasher: Hasher::new(None),
        }
    }

    /// Reads on to the end, so that the digest covers the file whatever its reader left, and
    /// gives it back.
    ///
    /// # Errors
    ///
    /// Those of reading.
    pub fn finish(mut self) -> io::Result<FileDigest> {
        let mut rest = vec![0; DRAIN_BYTES];
        loop {
            match self.read(&mut rest) {
                Ok(0) => return Ok(self.hasher.finish()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl<R: Read> Read for DigestReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}
