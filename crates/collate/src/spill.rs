//! The temporary file for what memory does not hold: compressed, encrypted, without a name.
//!
//! A stream is compressed (zstd, level 1), cut into segments of 64 KiB, and each is sealed with
//! AES-256-GCM under a random key that only this process ever has. Nonce: number of the stream and
//! of the segment; additional data: these and whether the segment is the last. So a segment that
//! was changed, cut off, or put in another's place is found.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use aes_gcm::aead::AeadInPlace;
use aes_gcm::{Aes256Gcm, KeyInit};
use zeroize::Zeroizing;
use zstd::bulk::{Compressor, Decompressor};

use crate::error::CollateError;

const SEGMENT: usize = 64 << 10;
const TAG: usize = 16;
const LEVEL: i32 = 1;

type Nonce = aes_gcm::Nonce<aes_gcm::aead::consts::U12>;

/// A temporary file that threads write to and read from at the same time.
pub(crate) struct SpillFile {
    file: File,
    directory: PathBuf,
    cipher: Aes256Gcm,
    /// Bytes handed out to streams.
    end: AtomicU64,
    /// Streams begun: none gets another's number, so no nonce is used twice.
    streams: AtomicU64,
}

/// Where a stream lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    stream: u64,
    offset: u64,
    /// Bytes after compression.
    packed: usize,
    /// Bytes before.
    pub(crate) plain: usize,
}

impl SpillFile {
    pub(crate) fn create(directory: &Path) -> Result<Self, CollateError> {
        let file = tempfile::tempfile_in(directory)
            .map_err(|source| spill_error("cannot make", directory, source))?;
        Self::with_file(file, directory)
    }

    fn with_file(file: File, directory: &Path) -> Result<Self, CollateError> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut()).map_err(CollateError::Random)?;
        let cipher = Aes256Gcm::new((&*key).into());
        Ok(Self {
            file,
            directory: directory.to_owned(),
            cipher,
            end: AtomicU64::new(0),
            streams: AtomicU64::new(0),
        })
    }

    pub(crate) fn compressor(&self) -> Result<Compressor<'static>, CollateError> {
        Compressor::new(LEVEL).map_err(|source| self.error("cannot compress for", source))
    }

    pub(crate) fn decompressor(&self) -> Result<Decompressor<'static>, CollateError> {
        Decompressor::new().map_err(|source| self.error("cannot decompress", source))
    }

    /// Writes `plain` as a stream of its own.
    pub(crate) fn write(
        &self,
        compressor: &mut Compressor<'_>,
        plain: &[u8],
    ) -> Result<Extent, CollateError> {
        let packed = compressor
            .compress(plain)
            .map_err(|source| self.error("cannot compress for", source))?;
        let count = packed.len().div_ceil(SEGMENT);
        let mut sealed = Vec::with_capacity(packed.len() + count * TAG);
        let stream = self.streams.fetch_add(1, Ordering::Relaxed);
        for (number, segment) in packed.chunks(SEGMENT).enumerate() {
            let start = sealed.len();
            sealed.extend_from_slice(segment);
            let (nonce, data) = names(stream, number, number + 1 == count);
            let tag = self
                .cipher
                .encrypt_in_place_detached(&nonce, &data, &mut sealed[start..])
                .map_err(|_| self.error("cannot encrypt for", std::io::Error::other("AES-GCM")))?;
            sealed.extend_from_slice(&tag);
        }
        let offset = self.end.fetch_add(sealed.len() as u64, Ordering::Relaxed);
        self.file
            .write_all_at(&sealed, offset)
            .map_err(|source| self.error("cannot write", source))?;
        Ok(Extent {
            stream,
            offset,
            packed: packed.len(),
            plain: plain.len(),
        })
    }

    /// Reads a stream back.
    pub(crate) fn read(
        &self,
        decompressor: &mut Decompressor<'_>,
        extent: &Extent,
    ) -> Result<Vec<u8>, CollateError> {
        let count = extent.packed.div_ceil(SEGMENT);
        let mut sealed = vec![0; extent.packed + count * TAG];
        self.file
            .read_exact_at(&mut sealed, extent.offset)
            .map_err(|source| self.error("cannot read", source))?;
        let mut packed = Vec::with_capacity(extent.packed);
        for (number, segment) in sealed.chunks_mut(SEGMENT + TAG).enumerate() {
            let damaged = || self.damaged(extent.offset + (number * (SEGMENT + TAG)) as u64);
            let (body, tag) = segment.split_last_chunk_mut::<TAG>().ok_or_else(damaged)?;
            let (nonce, data) = names(extent.stream, number, number + 1 == count);
            self.cipher
                .decrypt_in_place_detached(&nonce, &data, body, &(*tag).into())
                .map_err(|_| damaged())?;
            packed.extend_from_slice(body);
        }
        let plain = decompressor
            .decompress(&packed, extent.plain)
            .map_err(|_| self.damaged(extent.offset))?;
        if plain.len() == extent.plain {
            Ok(plain)
        } else {
            Err(self.damaged(extent.offset))
        }
    }

    fn error(&self, action: &'static str, source: std::io::Error) -> CollateError {
        spill_error(action, &self.directory, source)
    }

    fn damaged(&self, offset: u64) -> CollateError {
        CollateError::SpillDamaged {
            directory: self.directory.clone(),
            offset,
        }
    }
}

fn spill_error(action: &'static str, directory: &Path, source: std::io::Error) -> CollateError {
    CollateError::Spill {
        action,
        directory: directory.to_owned(),
        source,
    }
}

/// Nonce and additional data of a segment.
fn names(stream: u64, number: usize, last: bool) -> (Nonce, [u8; 13]) {
    let mut data = [0; 13];
    data[..8].copy_from_slice(&stream.to_le_bytes());
    data[8..12].copy_from_slice(&(number as u32).to_le_bytes());
    data[12] = u8::from(last);
    let nonce: [u8; 12] = std::array::from_fn(|i| data[i]);
    (nonce.into(), data)
}

#[cfg(test)]
mod tests;
