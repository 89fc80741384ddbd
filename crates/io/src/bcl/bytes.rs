//! Little-endian numbers at the start of a file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::BclErrorKind;

/// A file and its size.
pub(super) struct Input {
    pub(super) file: File,
    pub(super) size: u64,
}

impl Input {
    pub(super) fn open(path: &Path) -> Result<Self, BclErrorKind> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok(Self { file, size })
    }

    /// The `N` bytes that come next. `offset` is where they stand.
    pub(super) fn array<const N: usize>(&mut self, offset: u64) -> Result<[u8; N], BclErrorKind> {
        let mut bytes = [0; N];
        self.check(offset, N as u64)?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Replaces `out` by the `length` bytes at `offset`. Nothing is allocated for bytes that the
    /// file does not have.
    pub(super) fn read_at(
        &mut self,
        offset: u64,
        length: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), BclErrorKind> {
        self.check(offset, length)?;
        self.file.seek(SeekFrom::Start(offset))?;
        out.clear();
        (&mut self.file).take(length).read_to_end(out)?;
        if (out.len() as u64) < length {
            // The file shrank since it was opened.
            return Err(BclErrorKind::Size {
                expected: offset + length,
                found: offset + out.len() as u64,
            });
        }
        Ok(())
    }

    /// That the file has these bytes.
    pub(super) fn check(&self, offset: u64, length: u64) -> Result<(), BclErrorKind> {
        match offset.checked_add(length) {
            Some(end) if end <= self.size => Ok(()),
            end => Err(BclErrorKind::Size {
                expected: end.unwrap_or(u64::MAX),
                found: self.size,
            }),
        }
    }
}

/// The number at byte `at` of `bytes`, which must have it.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
