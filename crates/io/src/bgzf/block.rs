//! Finds and inflates single blocks.

use std::io::{self, BufRead, Read};

use libdeflater::{Decompressor, crc32};

use super::Source;

/// Length of the fixed gzip header with the length of its extra field.
const FIXED_HEADER: usize = 12;
/// CRC32 and ISIZE.
const TRAILER: usize = 8;

/// Whether `header` starts a BGZF block: a gzip member whose extra field holds `BC`.
pub(crate) fn is_bgzf(header: &[u8]) -> bool {
    block_size(header).is_some()
}

/// Size of the whole block by its `BC` field, and of its header.
fn block_size(header: &[u8]) -> Option<(usize, usize)> {
    let fixed = header.get(..FIXED_HEADER)?;
    if fixed[..3] != [0x1f, 0x8b, 8] || fixed[3] != 4 {
        return None;
    }
    let extra_length = usize::from(u16::from_le_bytes([fixed[10], fixed[11]]));
    let mut extra = header.get(FIXED_HEADER..FIXED_HEADER + extra_length)?;
    while let [a, b, low, high, rest @ ..] = extra {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let field = rest.get(..length)?;
        if (*a, *b, length) == (b'B', b'C', 2) {
            let size = usize::from(u16::from_le_bytes([field[0], field[1]])) + 1;
            return Some((size, FIXED_HEADER + extra_length));
        }
        extra = &rest[length..];
    }
    None
}

/// Inflates block after block.
pub(crate) struct BlockReader {
    inflater: Decompressor,
    data: Vec<u8>,
}

impl BlockReader {
    pub(crate) fn new() -> Self {
        Self {
            inflater: Decompressor::new(),
            data: Vec::with_capacity(1 << 16),
        }
    }

    /// The block that was read last, uncompressed.
    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }

    /// Reads one block; its compressed size, or `None` at the end of the input.
    pub(crate) fn read<R: Read>(&mut self, source: &mut Source<R>) -> io::Result<Option<usize>> {
        let at = source.offset();
        self.data.clear();
        let header = source.peek(1 << 16)?;
        if header.is_empty() {
            return Ok(None);
        }
        let Some((size, header_size)) = block_size(header) else {
            return Err(if header.len() < FIXED_HEADER + 6 {
                truncated(at)
            } else {
                invalid(
                    at,
                    "no BGZF block starts here: the file is damaged or not BGZF",
                )
            });
        };
        let Some(block) = header.get(..size) else {
            return Err(truncated(at));
        };
        if size < header_size + TRAILER {
            return Err(invalid(at, "block size smaller than its header"));
        }
        let (deflated, trailer) = block[header_size..].split_at(size - header_size - TRAILER);
        let word = |i: usize| {
            u32::from_le_bytes([trailer[i], trailer[i + 1], trailer[i + 2], trailer[i + 3]])
        };
        let (checksum, length) = (word(0), word(4) as usize);
        if length > 1 << 16 {
            return Err(invalid(at, "block claims more than 65,536 bytes"));
        }
        self.data.resize(length, 0);
        match self.inflater.deflate_decompress(deflated, &mut self.data) {
            Ok(count) if count == length => {}
            _ => return Err(invalid(at, "compressed data of the block is damaged")),
        }
        if crc32(&self.data) != checksum {
            return Err(invalid(at, "CRC32 of the block does not match its data"));
        }
        source.consume(size);
        Ok(Some(size))
    }
}

fn truncated(at: u64) -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        format!("compressed byte {at}: the file ends inside a block: it is truncated"),
    )
}

fn invalid(at: u64, what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("compressed byte {at}: {what}"),
    )
}
