//! Writes filters and positions.

use super::Tile;
use crate::{Error, Result};

/// Of a `.clocs` file.
const BINS_IN_ROW: u32 = 82;
const BIN_SIDE: u32 = 250;

/// A `.filter` file of version 3, up to its flags.
pub(super) fn filter_header(clusters: u32) -> Vec<u8> {
    [0, 3, clusters].map(u32::to_le_bytes).concat()
}

/// A `.locs` file, up to its positions.
pub(super) fn locs_header(clusters: u32) -> Vec<u8> {
    [1, 1f32.to_bits(), clusters].map(u32::to_le_bytes).concat()
}

/// The positions of a `.locs` file.
pub(super) fn locs(tile: &Tile) -> Vec<u8> {
    let value = |position: u32| ((f64::from(position) - 1000.0) / 10.0) as f32;
    let positions = tile.positions.iter();
    positions
        .flat_map(|(x, y)| [value(*x), value(*y)])
        .flat_map(f32::to_le_bytes)
        .collect()
}

/// A `.clocs` file.
///
/// # Errors
///
/// Clusters that are not in the order of its bins, or more than 255 in one.
pub(super) fn clocs(tile: &Tile) -> Result<Vec<u8>> {
    let mut bins: Vec<Vec<u8>> = Vec::new();
    for (x, y) in &tile.positions {
        let (x, y) = (x.saturating_sub(1000), y.saturating_sub(1000));
        let bin = (y / BIN_SIDE * BINS_IN_ROW + x / BIN_SIDE) as usize + 1;
        let in_order = bin >= bins.len() && x / BIN_SIDE < BINS_IN_ROW;
        bins.resize(bin.max(bins.len()), Vec::new());
        let last = &mut bins[bin - 1];
        if !in_order || last.len() == 2 * 255 {
            return Err(Error::Options(format!(
                "clusters of tile {} are not in the order of .clocs bins, or too close: choose .locs",
                tile.size.tile
            )));
        }
        last.extend([(x % BIN_SIDE) as u8, (y % BIN_SIDE) as u8]);
    }
    let mut out = vec![1];
    out.extend((bins.len() as u32).to_le_bytes());
    for bin in bins {
        out.push((bin.len() / 2) as u8);
        out.extend(bin);
    }
    Ok(out)
}
