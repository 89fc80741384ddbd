//! A buffered reader that counts what it handed out.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// Room for several whole blocks, so that a block always lies in one piece.
const CAPACITY: usize = 256 * 1024;

/// A buffered reader that can be asked for a number of bytes in one piece.
#[derive(Debug)]
pub(crate) struct Source<R> {
    inner: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
}

impl<R: Read> Source<R> {
    /// Reads from `inner`, which stands at its first byte.
    pub(crate) fn new(inner: R) -> Self {
        Self::with_capacity(inner, CAPACITY)
    }

    /// The same with a buffer of `capacity` bytes, at least those of one block (65,536).
    pub(crate) fn with_capacity(inner: R, capacity: usize) -> Self {
        Self {
            inner,
            buffer: vec![0; capacity],
            start: 0,
            end: 0,
            offset: 0,
        }
    }

    /// Bytes consumed so far.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next bytes, at least `count` of them unless the input ends before. `count` is at most
    /// the buffer's capacity.
    pub(crate) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.end - self.start < count {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            while self.end < count && self.fill()? > 0 {}
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// The underlying reader.
    pub(crate) fn into_inner(self) -> R {
        self.inner
    }

    fn fill(&mut self) -> io::Result<usize> {
        loop {
            match self.inner.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl<R: Seek> Source<R> {
    /// Goes on at this byte of the input.
    pub(crate) fn seek(&mut self, offset: u64) -> io::Result<()> {
        (self.start, self.end) = (0, 0);
        self.offset = self.inner.seek(SeekFrom::Start(offset))?;
        Ok(())
    }
}

impl<R: Read> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.peek(1)
    }

    fn consume(&mut self, count: usize) {
        self.start += count;
        self.offset += count as u64;
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let count = bytes.len().min(out.len());
        out[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}
