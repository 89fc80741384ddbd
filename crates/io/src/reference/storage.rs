//! Bytes that are owned or belong to a mapped file.

use std::sync::Arc;

use memmap2::Mmap;

/// 8-byte aligned little-endian words, in memory of our own or in a mapped file.
#[derive(Clone, Debug)]
pub enum Storage {
    /// Words in memory.
    Owned(Arc<Vec<u64>>),
    /// A part of a mapped file: byte offset (a multiple of 8) and length in bytes.
    Mapped {
        /// The file.
        map: Arc<Mmap>,
        /// First byte, a multiple of 8.
        offset: usize,
        /// Length in bytes.
        length: usize,
    },
}

impl Storage {
    /// The words.
    pub fn as_u64(&self) -> &[u64] {
        match self {
            Self::Owned(words) => words,
            Self::Mapped {
                map,
                offset,
                length,
            } => bytemuck::cast_slice(&map[*offset..*offset + *length]),
        }
    }

    /// The same bytes as `u32`.
    pub fn as_u32(&self) -> &[u32] {
        bytemuck::cast_slice(self.as_u64())
    }
}
