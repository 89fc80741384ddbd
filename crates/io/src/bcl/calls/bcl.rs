//! `C<cycle>.1/s_<lane>_<tile>.bcl` and `.bcl.gz`: a file a tile and cycle (MiSeq, HiSeq).
//!
//! Bytes 0-3 are the number of clusters, then a byte a cluster (Picard, `BclReader`).

use std::io::Read;
use std::path::{Path, PathBuf};

use libdeflater::Decompressor;

use super::{Expected, Scratch};
use crate::bcl::BclErrorKind;
use crate::bcl::bytes::{Input, u32_at};
use crate::bcl::folder::Lane;
use crate::decode::Decoder;

/// The file of a tile and cycle; where none is there, the name that it should have.
pub(in crate::bcl) fn path(lane: &Lane, tile: u32, cycle: usize) -> PathBuf {
    let folder = lane.cycle_folder(cycle);
    let name = format!("s_{}_{tile}.bcl", lane.number);
    let plain = folder.join(&name);
    let compressed = folder.join(name + ".gz");
    if compressed.is_file() {
        compressed
    } else {
        plain
    }
}

pub(super) fn read(
    path: &Path,
    expected: Option<Expected>,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<(), BclErrorKind> {
    let mut input = Input::open(path)?;
    if path.extension().is_none_or(|extension| extension != "gz") {
        let clusters = u64::from(u32_at(&input.array::<4>(0)?, 0));
        if input.size != 4 + clusters {
            return Err(BclErrorKind::Size {
                expected: 4 + clusters,
                found: input.size,
            });
        }
        Expected::check(expected, clusters)?;
        return input.read_at(4, clusters, out);
    }
    let size = input.size;
    input.read_at(0, size, &mut scratch.compressed)?;
    match expected {
        Some(expected) if inflate(scratch, expected.clusters) => {
            out.clear();
            out.extend_from_slice(&scratch.uncompressed[4..]);
            Ok(())
        }
        // Not what was expected: the slower way says what it is.
        _ => decode(&scratch.compressed, expected, out),
    }
}

/// Inflates at one go a file that is a single member with the calls of `clusters`.
fn inflate(scratch: &mut Scratch, clusters: usize) -> bool {
    let length = 4 + clusters;
    scratch.uncompressed.clear();
    scratch.uncompressed.resize(length, 0);
    let Scratch {
        compressed,
        uncompressed,
        ..
    } = scratch;
    let inflated = Decompressor::new().gzip_decompress(compressed, uncompressed);
    inflated == Ok(length) && u32_at(uncompressed, 0) as usize == clusters
}

fn decode(
    compressed: &[u8],
    expected: Option<Expected>,
    out: &mut Vec<u8>,
) -> Result<(), BclErrorKind> {
    let mut decoder = Decoder::new(compressed);
    let mut header = [0; 4];
    decoder.read_exact(&mut header)?;
    let clusters = u64::from(u32::from_le_bytes(header));
    Expected::check(expected, clusters)?;
    out.clear();
    // One byte more, so that what follows the last call is seen, and the end of the data checked.
    decoder.take(clusters + 1).read_to_end(out)?;
    match out.len() as u64 {
        found if found == clusters => Ok(()),
        found => Err(BclErrorKind::damaged(
            0,
            format!("{clusters} calls are announced, but {found} or more follow"),
        )),
    }
}
