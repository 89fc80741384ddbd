//! One gzip member, streamed (RFC 1952).

use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::Crc;

use crate::bgzf::Source;

/// Inflates member after member; each is checked against its CRC32 and length.
pub(super) struct Member {
    inflater: Decompress,
    checksum: Crc,
    length: u32,
}

impl Member {
    pub(super) fn new() -> Self {
        Self {
            inflater: Decompress::new(false),
            checksum: Crc::new(),
            length: 0,
        }
    }

    /// Reads a member's header.
    pub(super) fn start<R: Read>(&mut self, source: &mut Source<R>) -> io::Result<()> {
        let at = source.offset();
        let head = source.peek(1 << 16)?;
        if !head.starts_with(&[0x1f, 0x8b]) {
            return Err(invalid(at, "garbage behind the end of the gzip data"));
        }
        let length = match header_length(head) {
            Ok(Some(length)) => length,
            Ok(None) => return Err(truncated(at)),
            Err(what) => return Err(invalid(at, what)),
        };
        source.consume(length);
        self.inflater.reset(false);
        self.checksum = Crc::new();
        self.length = 0;
        Ok(())
    }

    /// Inflates into `out`, which is not empty; 0 is the end of the member.
    pub(super) fn read<R: Read>(
        &mut self,
        source: &mut Source<R>,
        out: &mut [u8],
    ) -> io::Result<usize> {
        loop {
            let at = source.offset();
            let input = source.fill_buf()?;
            let ended = input.is_empty();
            let before = (self.inflater.total_in(), self.inflater.total_out());
            let status = self
                .inflater
                .decompress(input, out, FlushDecompress::None)
                .map_err(|_| invalid(at, "the gzip data is damaged"))?;
            let consumed = (self.inflater.total_in() - before.0) as usize;
            let count = (self.inflater.total_out() - before.1) as usize;
            source.consume(consumed);
            self.checksum.update(&out[..count]);
            self.length = self.length.wrapping_add(count as u32);
            if count > 0 {
                return Ok(count);
            }
            if status == Status::StreamEnd {
                return self.end(source);
            }
            if ended || consumed == 0 {
                return Err(truncated(at));
            }
        }
    }

    fn end<R: Read>(&mut self, source: &mut Source<R>) -> io::Result<usize> {
        let at = source.offset();
        let Some(trailer) = source.peek(8)?.first_chunk::<8>() else {
            return Err(truncated(at));
        };
        let expected = u64::from_le_bytes(*trailer);
        if expected as u32 != self.checksum.sum() {
            return Err(invalid(at, "CRC32 of the gzip data does not match"));
        }
        if (expected >> 32) as u32 != self.length {
            return Err(invalid(at, "length of the gzip data does not match"));
        }
        source.consume(8);
        Ok(0)
    }
}

/// Length of the header at the start of `head`; `None` when it does not end there.
fn header_length(head: &[u8]) -> Result<Option<usize>, &'static str> {
    let Some(fixed) = head.first_chunk::<10>() else {
        return Ok(None);
    };
    if fixed[2] != 8 || fixed[3] & 0xe0 != 0 {
        return Err("unknown compression method in the gzip header");
    }
    let mut length = 10;
    if fixed[3] & 4 != 0 {
        let Some(extra) = head.get(10..12) else {
            return Ok(None);
        };
        length += 2 + usize::from(u16::from_le_bytes([extra[0], extra[1]]));
    }
    // File name, then comment: strings that end with NUL.
    for bit in [8, 16] {
        if fixed[3] & bit != 0 {
            let text = head.get(length..).unwrap_or_default();
            match text.iter().position(|b| *b == 0) {
                Some(end) => length += end + 1,
                None if head.len() >= 1 << 16 => return Err("endless text in the gzip header"),
                None => return Ok(None),
            }
        }
    }
    if fixed[3] & 2 != 0 {
        length += 2;
    }
    Ok((length <= head.len()).then_some(length))
}

fn truncated(at: u64) -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        format!("compressed byte {at}: the gzip data ends too early: the file is truncated"),
    )
}

fn invalid(at: u64, what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("compressed byte {at}: {what}"),
    )
}
