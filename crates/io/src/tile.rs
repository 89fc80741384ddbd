//! Fixed tiles of the genome: the unit of sorting, calling, sharding and BGZF borders.

use crate::reference::ContigId;

/// Width of a tile in bases, counted from each contig's start. Part of the output's version:
/// a BGZF block of BAM or VCF never crosses a tile border.
pub const TILE_SIZE: u32 = 262_144;

/// A tile: `contig`, and the bases `[index * TILE_SIZE, (index + 1) * TILE_SIZE)` of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// The contig that the tile lies on.
    pub contig: ContigId,
    /// Number of the tile on its contig, from 0.
    pub index: u32,
}

impl Tile {
    /// The tile that holds the 0-based `position` of `contig`.
    pub fn of(contig: ContigId, position: u32) -> Self {
        Self {
            contig,
            index: position / TILE_SIZE,
        }
    }

    /// First base of the tile, 0-based.
    pub fn start(self) -> u32 {
        self.index * TILE_SIZE
    }
}
