//! Writes BGZF.

use std::io::{self, Write};

use rayon::prelude::*;

use crate::gzip;

/// Uncompressed bytes of a block.
pub(crate) const BLOCK: usize = 65_280;
/// Blocks that are compressed at once.
const GROUP: usize = 64;

/// Compresses on all threads of the current pool; [`Self::finish`] ends the file.
pub(crate) struct BgzfWriter<W> {
    out: W,
    pending: Vec<u8>,
}

impl<W: Write> BgzfWriter<W> {
    pub(crate) fn new(out: W) -> Self {
        Self {
            out,
            pending: Vec::with_capacity(GROUP * BLOCK),
        }
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        self.out.write_all(&gzip::block(&[]))?;
        self.out.flush()
    }
}

impl<W: Write> Write for BgzfWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(GROUP * BLOCK - self.pending.len());
        self.pending.extend_from_slice(&bytes[..taken]);
        if self.pending.len() == GROUP * BLOCK {
            self.flush()?;
        }
        Ok(taken)
    }

    /// Ends the current block.
    fn flush(&mut self) -> io::Result<()> {
        let blocks: Vec<_> = self.pending.par_chunks(BLOCK).map(gzip::block).collect();
        self.pending.clear();
        blocks
            .iter()
            .try_for_each(|block| self.out.write_all(block))
    }
}
