//! A tile's reads as compressed FASTQ, a piece for each of the lane's files.

use fafnir_io::bgzf::{BLOCK_SIZE, Compressor};

use super::tile::{MadeRead, ReadSink};
use crate::error::{Class, Error};

/// The files of a lane, as far as one tile goes.
pub(super) struct FastqSink {
    level: u8,
    /// By place of the file.
    files: Vec<Fastq>,
}

/// Text of one file: what is not yet a whole block, and the blocks before it.
#[derive(Default)]
struct Fastq {
    text: Vec<u8>,
    blocks: Vec<u8>,
}

impl FastqSink {
    /// So many files, to be compressed at this level.
    pub(super) fn new(files: usize, level: u8) -> Self {
        let mut sink = Self {
            level,
            files: Vec::new(),
        };
        sink.files.resize_with(files, Fastq::default);
        sink
    }
}

impl ReadSink for FastqSink {
    /// BGZF blocks by place of the file, ascending; files without reads are left out.
    type Made = Vec<(usize, Vec<u8>)>;

    fn take(&mut self, read: &MadeRead<'_>) -> Result<(), Error> {
        let file = &mut self.files[read.read.file];
        read.push_name(&mut file.text);
        file.push(read.bases, read.qualities);
        if file.text.len() >= BLOCK_SIZE {
            file.compress(self.level, false)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Self::Made, Error> {
        let mut made = Vec::new();
        for (place, mut file) in self.files.into_iter().enumerate() {
            file.compress(self.level, true)?;
            if !file.blocks.is_empty() {
                made.push((place, file.blocks));
            }
        }
        Ok(made)
    }
}

impl Fastq {
    fn push(&mut self, bases: &[u8], qualities: &[u8]) {
        self.text.push(b'\n');
        self.text.extend_from_slice(bases);
        self.text.extend_from_slice(b"\n+\n");
        self.text.extend_from_slice(qualities);
        self.text.push(b'\n');
    }

    /// Compresses the whole blocks of the text, or all of it.
    fn compress(&mut self, level: u8, all: bool) -> Result<(), Error> {
        let end = match all {
            true => self.text.len(),
            false => self.text.len() / BLOCK_SIZE * BLOCK_SIZE,
        };
        let text = &self.text[..end];
        let segment = Compressor::with_own(level, |compressor| compressor.compress_bytes(text))
            .map_err(|e| Error::from_source(Class::Bug, e))?;
        self.blocks.extend_from_slice(&segment.bytes);
        if all {
            self.text = Vec::new();
        } else {
            self.text.drain(..end);
        }
        Ok(())
    }
}
