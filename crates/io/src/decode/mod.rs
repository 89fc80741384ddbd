//! Input that may be plain, gzip or BGZF.

mod gzip;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead, Read};

use crate::bgzf::{BlockReader, Source, is_bgzf};
use gzip::Member;

/// Reads the uncompressed bytes of a plain, gzip (any number of members) or BGZF file, told apart
/// by their first bytes. Errors name the offset in the compressed file. What follows a member must
/// be another member, or zero bytes up to the end of the file, with which tapes and block devices
/// fill up and which `gzip -t` passes over too: other trailing garbage is an error.
pub struct Decoder<R> {
    source: Source<R>,
    state: State,
    member: Member,
    blocks: BlockReader,
    /// What was handed out of the current BGZF block.
    taken: usize,
    /// Whether the last BGZF block was empty; `None` before the first.
    last_block_empty: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Plain,
    BetweenMembers,
    Gzip,
    Bgzf,
}

impl<R: Read> Decoder<R> {
    /// Reads from `inner`, which stands at its first byte.
    pub fn new(inner: R) -> Self {
        Self::over(Source::new(inner))
    }

    /// The same with the smallest buffer there may be (64 KiB), for when many files are open.
    pub fn small(inner: R) -> Self {
        Self::over(Source::with_capacity(inner, 1 << 16))
    }

    fn over(source: Source<R>) -> Self {
        Self {
            source,
            state: State::Start,
            member: Member::new(),
            blocks: BlockReader::new(),
            taken: 0,
            last_block_empty: None,
        }
    }

    /// The underlying reader.
    pub fn into_inner(self) -> R {
        self.source.into_inner()
    }

    /// Whether what was read so far is BGZF, and does not end with the block that ends every BGZF
    /// file: at the end of the input, it is truncated.
    pub fn lacks_end(&self) -> bool {
        self.last_block_empty == Some(false)
    }

    /// Passes over zero bytes that last to the end of the input.
    fn skip_padding(&mut self) -> io::Result<()> {
        let at = self.source.offset();
        loop {
            let bytes = self.source.fill_buf()?;
            let zeros = bytes.iter().take_while(|b| **b == 0).count();
            if zeros == 0 {
                break;
            }
            self.source.consume(zeros);
        }
        if self.source.offset() > at && !self.source.fill_buf()?.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("compressed byte {at}: garbage behind the end of the gzip data"),
            ));
        }
        Ok(())
    }

    fn start_member(&mut self) -> io::Result<()> {
        let head = self.source.peek(1 << 16)?;
        if is_bgzf(head) {
            self.blocks.read(&mut self.source)?;
            self.taken = 0;
            self.last_block_empty = Some(self.blocks.data().is_empty());
            self.state = State::Bgzf;
        } else if head.starts_with(&[0x1f, 0x8b]) || self.state == State::BetweenMembers {
            self.member.start(&mut self.source)?;
            self.state = State::Gzip;
        } else {
            self.state = State::Plain;
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            match self.state {
                State::Plain => return self.source.read(out),
                State::Start | State::BetweenMembers => {
                    if self.state == State::BetweenMembers {
                        self.skip_padding()?;
                    }
                    if self.source.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    self.start_member()?;
                }
                State::Gzip => match self.member.read(&mut self.source, out)? {
                    0 => self.state = State::BetweenMembers,
                    count => return Ok(count),
                },
                State::Bgzf => {
                    let data = &self.blocks.data()[self.taken..];
                    if data.is_empty() {
                        self.state = State::BetweenMembers;
                        continue;
                    }
                    let count = data.len().min(out.len());
                    out[..count].copy_from_slice(&data[..count]);
                    self.taken += count;
                    return Ok(count);
                }
            }
        }
    }
}
