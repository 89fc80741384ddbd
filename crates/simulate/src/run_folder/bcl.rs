//! Writes `.bcl` and `.bcl.gz`.

use std::fs;
use std::path::Path;

use super::TileSize;
use crate::gzip;
use crate::{Error, Result};

/// Writes the calls of a tile's cycle below the folder of its lane.
pub(super) fn write(
    lane_folder: &Path,
    size: TileSize,
    cycle: usize,
    calls: &[u8],
    compress: bool,
) -> Result<()> {
    let mut bytes = size.clusters.to_le_bytes().to_vec();
    bytes.extend_from_slice(calls);
    let mut name = format!("C{}.1/s_{}_{}.bcl", cycle + 1, size.lane, size.tile);
    if compress {
        bytes = gzip::member(&bytes);
        name.push_str(".gz");
    }
    let path = lane_folder.join(name);
    fs::write(&path, bytes).map_err(Error::write(&path))
}
