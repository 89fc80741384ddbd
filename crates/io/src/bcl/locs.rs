//! `.locs` and `.clocs`: where clusters lie on their tile.
//!
//! Positions are given as read names have them: ten times the value of the file plus 1,000,
//! rounded, halves up (Picard, `AbstractIlluminaPositionFileReader`).
//!
//! `.locs`: the number 1, the version as a float, 1.0, the number of clusters, each 32 bits; then
//! two floats a cluster. `.clocs`: the version, 1, as a byte, and the number of bins, 32 bits; then
//! each bin as the number of its clusters, and two bytes a cluster, tenths from the bin's corner.
//! Bins are squares of 25, 82 of them a row (Picard, `LocsFileReader`, `ClocsFileReader`).
//!
//! On patterned flow cells all tiles share one file, `s.locs`.

use std::path::Path;

use super::bytes::{Input, u32_at};
use super::tile_index::Part;
use super::{BclError, BclErrorKind, TileId};

/// Bins of a `.clocs` file in a row: 2,048 pixels of a tile, 25 a bin.
const BINS_IN_ROW: u32 = 82;
/// Tenths of a bin's side.
const BIN_SIDE: u32 = 250;
/// What is added to positions, so that those left of the tile are not negative.
const ORIGIN: u32 = 1000;

/// Replaces `out` by the positions of a tile, or of a part of a lane's file.
pub(super) fn read(
    path: &Path,
    tile: TileId,
    part: Option<Part>,
    bytes: &mut Vec<u8>,
    out: &mut Vec<(u32, u32)>,
) -> Result<(), BclError> {
    out.clear();
    let compressed = path
        .extension()
        .is_some_and(|extension| extension == "clocs");
    let read = match compressed {
        true => read_clocs(path, part, bytes, out),
        false => read_locs(path, part, bytes, out),
    };
    read.map_err(|kind| BclError::of_tile(path, tile, kind))
}

fn read_locs(
    path: &Path,
    part: Option<Part>,
    bytes: &mut Vec<u8>,
    out: &mut Vec<(u32, u32)>,
) -> Result<(), BclErrorKind> {
    let mut input = Input::open(path)?;
    let header = input.array::<12>(0)?;
    if u32_at(&header, 0) != 1 || f32::from_bits(u32_at(&header, 4)) != 1.0 {
        return Err(BclErrorKind::Unknown {
            offset: 0,
            what: "the version of the positions",
            found: u64::from(u32_at(&header, 0)),
        });
    }
    let clusters = u64::from(u32_at(&header, 8));
    let expected = 12 + 8 * clusters;
    if input.size != expected {
        return Err(BclErrorKind::Size {
            expected,
            found: input.size,
        });
    }
    let (first, count) = Part::range(part, clusters)?;
    let start = 12 + 8 * first;
    input.read_at(start, 8 * count, bytes)?;
    let (pairs, _) = bytes.as_chunks::<8>();
    out.reserve_exact(pairs.len());
    for (i, pair) in pairs.iter().enumerate() {
        let position = |at| rounded(f32::from_bits(u32_at(pair, at)));
        match (position(0), position(4)) {
            (Some(x), Some(y)) => out.push((x, y)),
            _ => {
                let what = "a position is not a number, or lies far outside of the tile";
                return Err(BclErrorKind::damaged(start + 8 * i as u64, what));
            }
        }
    }
    Ok(())
}

/// The whole number that stands in read names; slightly negative values occur.
fn rounded(value: f32) -> Option<u32> {
    // Single precision throughout, as the programs that the names are compared with: sums that end
    // in a half would be rounded otherwise now and then.
    let tenths = (value * 10.0 + ORIGIN as f32 + 0.5).floor();
    (0.0..100_000_000.0)
        .contains(&tenths)
        .then_some(tenths as u32)
}

fn read_clocs(
    path: &Path,
    part: Option<Part>,
    bytes: &mut Vec<u8>,
    out: &mut Vec<(u32, u32)>,
) -> Result<(), BclErrorKind> {
    let mut input = Input::open(path)?;
    let header = input.array::<5>(0)?;
    if header[0] != 1 {
        return Err(BclErrorKind::Unknown {
            offset: 0,
            what: "the version of the positions",
            found: u64::from(header[0]),
        });
    }
    let size = input.size;
    input.read_at(5, size - 5, bytes)?;
    let mut rest = &bytes[..];
    let short = |rest: &[u8]| {
        let offset = size - rest.len() as u64;
        BclErrorKind::damaged(offset, "the file ends before its last bin")
    };
    for bin in 0..u32_at(&header, 1) {
        let (count, after) = rest.split_first().ok_or_else(|| short(rest))?;
        let (positions, after) = after
            .split_at_checked(2 * usize::from(*count))
            .ok_or_else(|| short(after))?;
        let corner = |bins: u32| BIN_SIDE.saturating_mul(bins).saturating_add(ORIGIN);
        let (left, top) = (corner(bin % BINS_IN_ROW), corner(bin / BINS_IN_ROW));
        let positions = positions.as_chunks::<2>().0.iter();
        out.extend(positions.map(|[x, y]| {
            (
                left.saturating_add((*x).into()),
                top.saturating_add((*y).into()),
            )
        }));
        rest = after;
    }
    if !rest.is_empty() {
        let offset = size - rest.len() as u64;
        return Err(BclErrorKind::damaged(offset, "bytes behind the last bin"));
    }
    let (first, count) = Part::range(part, out.len() as u64)?;
    out.drain(..first as usize);
    out.truncate(count as usize);
    Ok(())
}
