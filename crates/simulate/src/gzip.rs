//! Compressed pieces.

use libdeflater::{CompressionLvl, Compressor, crc32};

/// Fast: what is written is for tests and benchmarks.
const LEVEL: i32 = 1;

/// A gzip member.
pub(crate) fn member(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = compressor();
    let mut out = vec![0; compressor.gzip_compress_bound(bytes.len())];
    // Cannot fail: there is room for the worst case.
    let length = compressor.gzip_compress(bytes, &mut out).unwrap_or(0);
    out.truncate(length);
    out
}

/// A BGZF block of at most 65,280 bytes.
pub(crate) fn block(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = compressor();
    let mut out = vec![31, 139, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, 66, 67, 2, 0, 0, 0];
    let header = out.len();
    out.resize(header + compressor.deflate_compress_bound(bytes.len()), 0);
    let deflated = compressor
        .deflate_compress(bytes, &mut out[header..])
        .unwrap_or(0);
    out.truncate(header + deflated);
    out.extend(crc32(bytes).to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    let size = (out.len() - 1) as u16;
    out[16..18].copy_from_slice(&size.to_le_bytes());
    out
}

fn compressor() -> Compressor {
    Compressor::new(CompressionLvl::new(LEVEL).unwrap_or_default())
}
