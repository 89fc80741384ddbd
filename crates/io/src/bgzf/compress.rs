//! Compresses payloads to BGZF blocks.

use std::cell::RefCell;
use std::ops::Range;

use libdeflater::{CompressionLvl, crc32};
use rayon::prelude::*;

use super::{BLOCK_SIZE, VirtualOffset, split_bytes, split_records};

/// Header of a block, with room for BSIZE at its end.
const HEADER: [u8; 18] = [
    0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, b'B', b'C', 2, 0, 0, 0,
];

/// A compression level that libdeflate does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("compression level {0} does not exist: give 0 (stored) to 12 (smallest)")]
pub struct LevelError(pub u8);

/// Consecutive BGZF blocks, without the EOF block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// The compressed blocks.
    pub bytes: Vec<u8>,
    /// For each block, where it starts in `bytes` and where in the uncompressed payload.
    pub blocks: Vec<(u32, u32)>,
}

impl Segment {
    /// The virtual offset of byte `payload_offset` of the payload, when the segment starts at byte
    /// `file_offset` of the file. The payload's end is the start of what follows the segment.
    pub fn virtual_offset(&self, file_offset: u64, payload_offset: u32) -> VirtualOffset {
        self.locate(file_offset, payload_offset, &mut 0)
    }

    /// As [`Self::virtual_offset`], for ascending offsets: `block` remembers the last block.
    pub(crate) fn locate(
        &self,
        file_offset: u64,
        payload_offset: u32,
        block: &mut usize,
    ) -> VirtualOffset {
        while self
            .blocks
            .get(*block + 1)
            .is_some_and(|next| next.1 <= payload_offset)
        {
            *block += 1;
        }
        let Some((compressed, uncompressed)) = self.blocks.get(*block) else {
            return VirtualOffset::new(file_offset, 0);
        };
        // The end of a full last block is below 65,536 too, so that it needs no case of its own.
        VirtualOffset::new(
            file_offset + u64::from(*compressed),
            (payload_offset - uncompressed) as u16,
        )
    }

    fn append_block(&mut self, block: &[u8], payload_offset: usize) {
        self.blocks
            .push((self.bytes.len() as u32, payload_offset as u32));
        self.bytes.extend_from_slice(block);
    }
}

/// Compresses blocks; keeps its memory from one to the next.
pub struct Compressor {
    level: u8,
    deflater: libdeflater::Compressor,
    block: Vec<u8>,
}

impl Compressor {
    /// A compressor of libdeflate's `level`, 1 (fastest) to 12 (smallest); 0 stores.
    ///
    /// # Errors
    /// When there is no such level.
    pub fn new(level: u8) -> Result<Self, LevelError> {
        let known = CompressionLvl::new(i32::from(level.max(1))).map_err(|_| LevelError(level))?;
        Ok(Self {
            level,
            deflater: libdeflater::Compressor::new(known),
            block: Vec::new(),
        })
    }

    /// The level.
    pub fn level(&self) -> u8 {
        self.level
    }

    /// Compresses records, none of which straddles blocks without need; see [`split_records`].
    pub fn compress_records(&mut self, payload: &[u8], starts: &[u32]) -> Segment {
        self.compress_ranges(payload, split_records(payload.len(), starts))
    }

    /// Compresses plain bytes.
    pub fn compress_bytes(&mut self, payload: &[u8]) -> Segment {
        self.compress_ranges(payload, split_bytes(payload.len()))
    }

    /// As [`Self::compress_records`], blocks in parallel on rayon's current pool. The same bytes.
    ///
    /// # Errors
    /// When there is no such level.
    pub fn compress_parallel(
        payload: &[u8],
        starts: &[u32],
        level: u8,
    ) -> Result<Segment, LevelError> {
        let blocks: Vec<_> = split_records(payload.len(), starts)
            .into_par_iter()
            .map(|range| {
                Self::with_own(level, |compressor| {
                    compressor.compress_block(&payload[range.clone()]);
                    (range.start, std::mem::take(&mut compressor.block))
                })
            })
            .collect::<Result<_, LevelError>>()?;
        let mut segment = Segment::default();
        segment
            .bytes
            .reserve(blocks.iter().map(|(_, block)| block.len()).sum());
        for (start, block) in blocks {
            segment.append_block(&block, start);
        }
        Ok(segment)
    }

    /// Lends out the current thread's compressor, which is made once and made again only for
    /// another level.
    ///
    /// # Errors
    /// When there is no such level.
    pub fn with_own<T>(level: u8, work: impl FnOnce(&mut Self) -> T) -> Result<T, LevelError> {
        thread_local! {
            static OWN: RefCell<Option<Compressor>> = const { RefCell::new(None) };
        }
        // Taken out, so that a call from within finds none and makes its own.
        let own = OWN.take().filter(|own| own.level == level);
        let mut own = own.map_or_else(|| Self::new(level), Ok)?;
        let result = work(&mut own);
        OWN.set(Some(own));
        Ok(result)
    }

    fn compress_ranges(&mut self, payload: &[u8], ranges: Vec<Range<usize>>) -> Segment {
        let mut segment = Segment::default();
        segment.bytes.reserve(payload.len() / 2);
        for range in ranges {
            self.compress_block(&payload[range.clone()]);
            segment.append_block(&self.block, range.start);
        }
        segment
    }

    /// Compresses at most [`BLOCK_SIZE`] bytes into `self.block`.
    fn compress_block(&mut self, data: &[u8]) {
        debug_assert!(data.len() <= BLOCK_SIZE);
        self.block.clear();
        self.block.extend_from_slice(&HEADER);
        let room = self.deflater.deflate_compress_bound(data.len());
        self.block.resize(HEADER.len() + room, 0);
        let deflated = match self.level {
            0 => None,
            _ => self
                .deflater
                .deflate_compress(data, &mut self.block[HEADER.len()..])
                .ok(),
        };
        match deflated {
            Some(length) => self.block.truncate(HEADER.len() + length),
            None => {
                // One final stored block (RFC 1951, section 3.2.4).
                self.block.truncate(HEADER.len());
                let length = data.len() as u16;
                self.block.push(1);
                self.block.extend_from_slice(&length.to_le_bytes());
                self.block.extend_from_slice(&(!length).to_le_bytes());
                self.block.extend_from_slice(data);
            }
        }
        self.block.extend_from_slice(&crc32(data).to_le_bytes());
        self.block
            .extend_from_slice(&(data.len() as u32).to_le_bytes());
        let size = (self.block.len() - 1) as u16;
        self.block[16..18].copy_from_slice(&size.to_le_bytes());
    }
}
