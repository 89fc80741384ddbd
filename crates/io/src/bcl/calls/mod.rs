//! Base calls of one cycle of one tile, in each of the forms in which instruments write them.
//!
//! In all of them a call is a number: bits 0 and 1 are the base, A, C, G, T, the others the
//! quality; 0 is no call (Illumina, *bcl2fastq2 Conversion Software v2.20 Software Guide*, "BCL
//! Files").

mod bcl;
mod bgzf;
mod cbcl;

use std::path::Path;

use super::folder::{Format, Lane};
use super::tile_index::Part;
use super::{BclErrorKind, TileId};

pub(super) use bgzf::index_path;
pub(super) use bgzf::path as bgzf_path;
pub(super) use cbcl::paths as cbcl_paths;
pub(super) use cbcl::tiles as cbcl_tiles;

pub(super) use bcl::path as bcl_path;

/// Where the calls of a tile's cycle are.
pub(super) enum Source {
    /// A file of its own, perhaps compressed.
    Bcl,
    /// A part of the lane's file.
    Bgzf(bgzf::Place),
    /// A part of a surface's file.
    Cbcl(cbcl::Block),
}

/// Buffers that are used again for each cycle.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    compressed: Vec<u8>,
    uncompressed: Vec<u8>,
}

/// The file with the calls of `tile` in `cycle`, and the place in it.
pub(super) fn find(
    lane: &Lane,
    tile: TileId,
    cycle: usize,
    part: Option<Part>,
) -> Result<(std::path::PathBuf, Source), (std::path::PathBuf, BclErrorKind)> {
    match lane.format {
        Format::Bcl => {
            let path = bcl_path(lane, tile.tile, cycle);
            match path.is_file() {
                true => Ok((path, Source::Bcl)),
                false => Err((path, BclErrorKind::Missing)),
            }
        }
        Format::Bgzf => bgzf::find(lane, cycle, part),
        Format::Cbcl => cbcl::find(lane, tile.tile, cycle),
    }
}

impl Source {
    /// Whether clusters that do not pass the filter are left out.
    pub(super) fn passing_only(&self) -> bool {
        matches!(self, Self::Cbcl(block) if block.passing_only)
    }

    /// Replaces `out` by the calls. Where `expected` is given, there must be that many.
    pub(super) fn read(
        &self,
        path: &Path,
        expected: Option<Expected>,
        scratch: &mut Scratch,
        out: &mut Vec<u8>,
    ) -> Result<(), BclErrorKind> {
        match self {
            Self::Bcl => bcl::read(path, expected, scratch, out),
            Self::Bgzf(place) => bgzf::read(path, place, expected, out),
            Self::Cbcl(block) => cbcl::read(path, block, expected, scratch, out),
        }
    }
}

/// How many clusters there must be, and what says so.
#[derive(Clone, Copy)]
pub(super) struct Expected {
    pub(super) clusters: usize,
    pub(super) by: &'static str,
}

impl Expected {
    /// Compares with the number that a file gives.
    fn check(expected: Option<Self>, found: u64) -> Result<(), BclErrorKind> {
        match expected {
            Some(expected) if expected.clusters as u64 != found => Err(BclErrorKind::Clusters {
                found,
                expected: expected.clusters as u64,
                by: expected.by,
            }),
            _ => Ok(()),
        }
    }
}
