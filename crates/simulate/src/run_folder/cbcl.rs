//! Writes `.cbcl`.

use std::path::{Path, PathBuf};

use super::writer::{append, create, overwrite};
use super::{NO_CALL, TileSize};
use crate::Result;
use crate::gzip;

/// Bytes before the table of tiles: version, size, bits, four bins, number of tiles.
const BEFORE_TILES: usize = 2 + 4 + 2 + 4 + 4 * 8 + 4;

/// The file of a cycle and surface.
pub(super) fn path(lane_folder: &Path, cycle: usize, size: TileSize) -> PathBuf {
    let (lane, surface) = (size.lane, surface(size));
    lane_folder.join(format!("C{}.1/L{lane:03}_{surface}.cbcl", cycle + 1))
}

/// The surface of a tile.
pub(super) fn surface(size: TileSize) -> u32 {
    size.tile / 1000
}

/// Starts a file with these tiles, whose blocks are not known yet.
pub(super) fn start(
    path: &Path,
    tiles: &[TileSize],
    bins: [u8; 3],
    passing_only: bool,
) -> Result<()> {
    let size = BEFORE_TILES + 16 * tiles.len() + 1;
    let mut header = vec![1, 0];
    header.extend((size as u32).to_le_bytes());
    header.extend([2, 2]);
    header.extend(4u32.to_le_bytes());
    for (bin, quality) in [0, bins[0], bins[1], bins[2]].into_iter().enumerate() {
        header.extend((bin as u32).to_le_bytes());
        header.extend(u32::from(quality).to_le_bytes());
    }
    header.extend((tiles.len() as u32).to_le_bytes());
    for tile in tiles {
        header.extend([tile.tile, 0, 0, 0].map(u32::to_le_bytes).concat());
    }
    header.push(u8::from(passing_only));
    create(path, &header)
}

/// Appends the block of the tile that is number `ordinal` of the file.
pub(super) fn write(
    path: &Path,
    size: TileSize,
    ordinal: usize,
    bins: [u8; 3],
    calls: &[u8],
) -> Result<()> {
    let nibble = |call: &u8| bits(*call, bins);
    let pairs = calls.chunks(2);
    let packed: Vec<u8> = pairs
        .map(|pair| nibble(&pair[0]) | pair.get(1).map_or(0, nibble) << 4)
        .collect();
    let block = gzip::member(&packed);
    append(path, &block)?;
    let sizes = [calls.len(), packed.len(), block.len()].map(|size| size as u32);
    let entry = [size.tile, sizes[0], sizes[1], sizes[2]]
        .map(u32::to_le_bytes)
        .concat();
    overwrite(path, (BEFORE_TILES + 16 * ordinal) as u64, &entry)
}

/// The four bits of a call.
fn bits(call: u8, bins: [u8; 3]) -> u8 {
    if call == NO_CALL {
        return 0;
    }
    let bin = bins.iter().rposition(|bin| *bin <= call >> 2).unwrap_or(0);
    (bin as u8 + 1) << 2 | call & 3
}
