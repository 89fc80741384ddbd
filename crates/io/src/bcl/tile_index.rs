//! `s_<lane>.bci`: which tiles a lane's files hold, one after the other (NextSeq 500/550, MiniSeq).
//!
//! Pairs of 32-bit numbers: tile, and its number of clusters (Illumina, *NextSeq 550 System Guide*,
//! "Sequencing Output Files"; Picard, `TileIndex`).

use std::path::Path;

use super::bytes::{Input, u32_at};
use super::{BclError, BclErrorKind};

/// The tiles of a lane in the order of its files.
#[derive(Debug, Clone)]
pub(super) struct TileIndex {
    tiles: Vec<(u32, u32)>,
}

/// The clusters of a tile among those of its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// Place of the tile in the lane's files.
    pub(super) ordinal: usize,
    /// Clusters of the tiles before.
    pub(super) first: u64,
    /// Clusters of the tile.
    pub(super) count: u64,
    /// Clusters of the lane.
    total: u64,
}

impl TileIndex {
    pub(super) fn read(path: &Path) -> Result<Self, BclError> {
        Self::parse(path).map_err(|kind| BclError::of_file(path, kind))
    }

    fn parse(path: &Path) -> Result<Self, BclErrorKind> {
        let mut input = Input::open(path)?;
        let mut bytes = Vec::new();
        let size = input.size;
        input.read_at(0, size, &mut bytes)?;
        let (pairs, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(BclErrorKind::Size {
                expected: size.next_multiple_of(8),
                found: size,
            });
        }
        let tiles: Vec<_> = pairs
            .iter()
            .map(|pair| (u32_at(pair, 0), u32_at(pair, 4)))
            .collect();
        let mut sorted: Vec<_> = tiles.iter().map(|(tile, _)| tile).collect();
        sorted.sort_unstable();
        if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            let what = format!("tile {} is listed twice", twice[0]);
            return Err(BclErrorKind::damaged(0, what));
        }
        Ok(Self { tiles })
    }

    /// Tiles in the order of the lane's files.
    pub(super) fn tiles(&self) -> impl Iterator<Item = u32> {
        self.tiles.iter().map(|(tile, _)| *tile)
    }

    /// Number of tiles.
    pub(super) fn len(&self) -> usize {
        self.tiles.len()
    }

    /// Where the clusters of `tile` are.
    pub(super) fn part(&self, tile: u32) -> Option<Part> {
        let ordinal = self.tiles.iter().position(|(number, _)| *number == tile)?;
        let sum = |tiles: &[(u32, u32)]| tiles.iter().map(|(_, count)| u64::from(*count)).sum();
        Some(Part {
            ordinal,
            first: sum(&self.tiles[..ordinal]),
            count: u64::from(self.tiles[ordinal].1),
            total: sum(&self.tiles),
        })
    }
}

impl Part {
    /// First cluster and number of clusters to read from a file of `found` clusters: all of them,
    /// or a part of a lane's.
    pub(super) fn range(part: Option<Self>, found: u64) -> Result<(u64, u64), BclErrorKind> {
        match part {
            None => Ok((0, found)),
            Some(part) if part.total == found => Ok((part.first, part.count)),
            Some(part) => Err(BclErrorKind::Clusters {
                found,
                expected: part.total,
                by: "the lane's .bci file",
            }),
        }
    }
}
