//! Reads a BGZF file and says where it stands.

use std::io::{self, BufRead, Read, Seek};

use super::{BlockReader, Source, VirtualOffset};

/// Reads the uncompressed bytes of a BGZF file. A file that does not end with the EOF block is an
/// error: it is truncated.
pub struct Reader<R> {
    source: Source<R>,
    blocks: BlockReader,
    /// Offset of the current block in the file.
    block: u64,
    /// What was handed out of the current block.
    taken: usize,
    last_was_empty: bool,
}

impl<R: Read> Reader<R> {
    /// Reads from `inner`, which stands at the first byte of the file.
    pub fn new(inner: R) -> Self {
        Self {
            source: Source::new(inner),
            blocks: BlockReader::new(),
            block: 0,
            taken: 0,
            last_was_empty: false,
        }
    }

    /// The place of the next byte.
    pub fn virtual_offset(&self) -> VirtualOffset {
        if self.taken == self.blocks.data().len() {
            VirtualOffset::new(self.source.offset(), 0)
        } else {
            VirtualOffset::new(self.block, self.taken as u16)
        }
    }

    /// The underlying reader.
    pub fn into_inner(self) -> R {
        self.source.into_inner()
    }
}

impl<R: Read + Seek> Reader<R> {
    /// Goes on at this place.
    ///
    /// # Errors
    /// When there is no block at it, or a shorter one.
    pub fn seek(&mut self, to: VirtualOffset) -> io::Result<()> {
        self.source.seek(to.block())?;
        self.taken = self.blocks.data().len();
        let within = usize::from(to.within());
        if within > 0 && self.fill_buf()?.len() < within {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "compressed byte {}: the block ends before byte {within}",
                    to.block()
                ),
            ));
        }
        self.consume(within);
        Ok(())
    }
}

impl<R: Read> BufRead for Reader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.taken == self.blocks.data().len() {
            self.block = self.source.offset();
            self.taken = 0;
            match self.blocks.read(&mut self.source)? {
                Some(_) => self.last_was_empty = self.blocks.data().is_empty(),
                None if self.last_was_empty => break,
                None => {
                    return Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        format!(
                            "compressed byte {}: no BGZF end-of-file block: the file is truncated",
                            self.block
                        ),
                    ));
                }
            }
        }
        Ok(&self.blocks.data()[self.taken..])
    }

    fn consume(&mut self, count: usize) {
        self.taken += count;
    }
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let data = self.fill_buf()?;
        let count = data.len().min(out.len());
        out[..count].copy_from_slice(&data[..count]);
        self.consume(count);
        Ok(count)
    }
}
