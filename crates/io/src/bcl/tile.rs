//! Tiles and their calls.

use std::fmt;

use super::calls::Scratch;

/// A tile of a flow cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// Lane, 1-based.
    pub lane: u8,
    /// Number of the tile, as in read names.
    pub tile: u32,
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lane {}, tile {}", self.lane, self.tile)
    }
}

/// What to do about files that are missing or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Refuse the tile.
    Refuse,
    /// Let calls that cannot be read be N. Without a filter all clusters pass; without positions
    /// they get made-up ones, each its own: those are the rules of bcl2fastq2's options
    /// `--ignore-missing-bcls`, `-filter` and `-positions`.
    FillWithN,
}

/// The calls of a tile. Its memory is used again by the next tile that is read into it: a byte a
/// call, and with the buffers below 40 more a cluster.
#[derive(Debug, Default)]
pub struct TileCalls {
    /// Number of clusters.
    pub clusters: usize,
    /// Number of cycles that were asked for.
    pub cycles: usize,
    /// Calls, cluster after cluster: `calls[cluster * cycles + cycle]`. Bits 0 and 1 are the base,
    /// A, C, G, T; the others the quality. 0 is no call: N, quality 2.
    pub calls: Vec<u8>,
    /// Whether each cluster passed the filter.
    pub passes: Vec<bool>,
    /// Position of each cluster, x and y, as in read names.
    pub positions: Vec<(u32, u32)>,
    pub(super) rows: Vec<Vec<u8>>,
    pub(super) scratch: Scratch,
    pub(super) bytes: Vec<u8>,
}

impl TileCalls {
    /// The calls of a cluster, one for each cycle that was asked for.
    ///
    /// # Panics
    ///
    /// If there is no such cluster.
    pub fn cluster(&self, cluster: usize) -> &[u8] {
        &self.calls[cluster * self.cycles..][..self.cycles]
    }
}
