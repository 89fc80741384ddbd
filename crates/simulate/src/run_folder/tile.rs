//! The calls of a tile.

use super::TileSize;
use crate::random::{Purpose, Random};

/// A base that was not called.
pub const NO_CALL: u8 = 0;

/// The call of a base, A, C, G or T, with a quality from 1 to 63; of anything else no call.
#[must_use]
pub fn call(base: u8, quality: u8) -> u8 {
    match b"ACGT".iter().position(|b| *b == base) {
        Some(code) => quality.clamp(1, 63) << 2 | code as u8,
        None => NO_CALL,
    }
}

/// Everything that is known of the clusters of a tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// The tile, and the number of its clusters.
    pub size: TileSize,
    /// [Calls](call), those of a cluster one after the other.
    pub calls: Vec<u8>,
    /// Whether each cluster passes the filter.
    pub passes: Vec<bool>,
    /// Position of each cluster, x and y, as in read names: at least 1,000.
    pub positions: Vec<(u32, u32)>,
}

impl Tile {
    /// A tile of random bases with some of these qualities, of which one cluster in eight does not
    /// pass, and one base in 64 is not called. It is a function of the seed and the tile, but
    /// positions are not, so that tiles of as many clusters may share them.
    #[must_use]
    pub fn random(seed: u64, size: TileSize, cycles: usize, qualities: &[u8]) -> Self {
        let stream = u64::from(size.lane) << 32 | u64::from(size.tile);
        let mut random = Random::new(seed, Purpose::Calls, stream);
        let clusters = size.clusters as usize;
        let calls = (0..clusters * cycles).map(|_| match random.below(64) {
            0 => NO_CALL,
            _ => {
                let quality = qualities[random.below(qualities.len() as u32) as usize];
                call(random.base(), quality)
            }
        });
        let calls = calls.collect();
        let passes = (0..clusters).map(|_| random.below(8) > 0).collect();
        Self {
            size,
            calls,
            passes,
            positions: spread(size.clusters),
        }
    }
}

/// Positions in rows of squares of 25 pixels, which is the order of `.clocs` files.
fn spread(clusters: u32) -> Vec<(u32, u32)> {
    const IN_BIN: u32 = 100;
    const BINS_IN_ROW: u32 = 82;
    let position = |cluster| {
        let (bin, i) = (cluster / IN_BIN, cluster % IN_BIN);
        let (row, column) = (bin / BINS_IN_ROW, bin % BINS_IN_ROW);
        let (dx, dy) = (i % 10 * 25 + i / 10, i / 10 * 25 + i % 7);
        (1000 + 250 * column + dx, 1000 + 250 * row + dy)
    };
    (0..clusters).map(position).collect()
}
