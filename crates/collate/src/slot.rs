//! Numbers for the places that records are gathered in.

use fafnir_io::bam::RecordView;
use fafnir_io::tile::{TILE_SIZE, Tile};

/// Slots of a bin: the unit that is filled and spilled as one.
pub(crate) const SLOTS: usize = 64;

const TILE_BITS: u32 = TILE_SIZE.trailing_zeros();
/// Tiles of a contig get numbers of this many bits: positions are below 2^31.
const CONTIG_SHIFT: u32 = 31 - TILE_BITS;
/// Unplaced templates in one slot: 2^16 unmapped pairs are some 40 MB.
const UNPLACED_BITS: u32 = 16;
const UNPLACED: u64 = 1 << 63;

/// A tile of the genome or, behind all tiles, a range of ordinals of unplaced reads. Slots are
/// numbered in the order of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot(pub(crate) u64);

impl Slot {
    /// The slot of a record of template `ordinal`.
    pub(crate) fn of(record: &RecordView<'_>, ordinal: u64) -> Self {
        if record.contig() < 0 {
            Self(UNPLACED | ordinal >> UNPLACED_BITS)
        } else {
            Self::at(record.contig() as u32, i64::from(record.position()))
        }
    }

    /// The slot of a 0-based position; what lies left of the contig belongs to its first tile.
    pub(crate) fn at(contig: u32, position: i64) -> Self {
        let position = position.clamp(0, i64::from(i32::MAX)) as u64;
        Self(u64::from(contig) << CONTIG_SHIFT | position >> TILE_BITS)
    }

    pub(crate) fn of_tile(tile: Tile) -> Self {
        Self(u64::from(tile.contig.0) << CONTIG_SHIFT | u64::from(tile.index))
    }

    pub(crate) fn is_placed(self) -> bool {
        self.0 & UNPLACED == 0
    }

    /// Number of the contig and 0-based start of a placed slot.
    pub(crate) fn start(self) -> (u64, u64) {
        let tile = self.0 & ((1 << CONTIG_SHIFT) - 1);
        (self.0 >> CONTIG_SHIFT, tile << TILE_BITS)
    }

    pub(crate) fn bin(self) -> u64 {
        self.0 / SLOTS as u64
    }

    /// Place of the slot within its bin.
    pub(crate) fn within_bin(self) -> usize {
        (self.0 % SLOTS as u64) as usize
    }
}
