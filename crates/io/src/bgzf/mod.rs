//! BGZF: gzip in blocks of at most 64 KiB (SAM specification 1.6, section 4.1).

mod block;
mod blocks;
mod compress;
mod reader;
mod source;
#[cfg(test)]
mod tests;

pub use blocks::{BLOCK_SIZE, split_bytes, split_records};
pub use compress::{Compressor, LevelError, Segment};
pub use reader::Reader;

pub(crate) use block::{BlockReader, is_bgzf};
pub(crate) use source::Source;

/// The empty block that ends every BGZF file.
pub const EOF_BLOCK: [u8; 28] = [
    0x1f, 0x8b, 0x08, 0x04, 0, 0, 0, 0, 0, 0xff, 0x06, 0, 0x42, 0x43, 0x02, 0, 0x1b, 0, 0x03, 0, 0,
    0, 0, 0, 0, 0, 0, 0,
];

/// The place of a byte in a BGZF file: offset of its block in the file, shifted left by 16, plus
/// its offset in the uncompressed block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VirtualOffset(pub u64);

impl VirtualOffset {
    /// Puts together the two offsets.
    pub fn new(block: u64, within: u16) -> Self {
        Self(block << 16 | u64::from(within))
    }

    /// Offset of the block in the file.
    pub fn block(self) -> u64 {
        self.0 >> 16
    }

    /// Offset in the uncompressed block.
    pub fn within(self) -> u16 {
        self.0 as u16
    }
}

impl std::fmt::Display for VirtualOffset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.block(), self.within())
    }
}
