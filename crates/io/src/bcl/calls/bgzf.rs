//! `<cycle>.bcl.bgzf` with `.bci`: a file a lane and cycle (NextSeq 500/550, MiniSeq).
//!
//! Uncompressed, bytes 0-3 are the number of clusters of the lane, then follow the tiles in the
//! order of `s_<lane>.bci`, a byte a cluster. Beside it lies `<cycle>.bcl.bgzf.bci`: 0 as version,
//! the number of tiles, 32 bits each, and the BGZF virtual offset of each tile's first call, 64
//! bits (Picard, `MultiTileBclParser`, `BclIndexReader`).

use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::{Expected, Source};
use crate::bcl::BclErrorKind;
use crate::bcl::bytes::{Input, u32_at};
use crate::bcl::folder::Lane;
use crate::bcl::tile_index::Part;
use crate::bgzf::{Reader, VirtualOffset};

/// Where a tile's calls start, and how many there are.
pub(in crate::bcl) struct Place {
    start: VirtualOffset,
    clusters: u64,
}

/// The file of a cycle.
pub(in crate::bcl) fn path(lane: &Lane, cycle: usize) -> PathBuf {
    lane.folder.join(format!("{:04}.bcl.bgzf", cycle + 1))
}

/// The index of a cycle's file.
pub(in crate::bcl) fn index_path(lane: &Lane, cycle: usize) -> PathBuf {
    lane.folder.join(format!("{:04}.bcl.bgzf.bci", cycle + 1))
}

pub(super) fn find(
    lane: &Lane,
    cycle: usize,
    part: Option<Part>,
) -> Result<(PathBuf, Source), (PathBuf, BclErrorKind)> {
    let path = path(lane, cycle);
    let (Some(part), Some(tiles)) = (part, &lane.tile_index) else {
        return Err((path, BclErrorKind::NoTile));
    };
    let index = index_path(lane, cycle);
    match find_in(&index, part.ordinal, tiles.len()) {
        Ok(start) => {
            let clusters = part.count;
            Ok((path, Source::Bgzf(Place { start, clusters })))
        }
        Err(kind) => Err((index, kind)),
    }
}

/// The entry of the tile that is number `ordinal` of `tiles`.
fn find_in(index: &Path, ordinal: usize, tiles: usize) -> Result<VirtualOffset, BclErrorKind> {
    let mut input = Input::open(index)?;
    let header = input.array::<8>(0)?;
    let (version, listed) = (u32_at(&header, 0), u32_at(&header, 4));
    if version != 0 {
        return Err(BclErrorKind::Unknown {
            offset: 0,
            what: "the index's version",
            found: u64::from(version),
        });
    }
    let expected = 8 + 8 * u64::from(listed);
    if input.size != expected {
        return Err(BclErrorKind::Size {
            expected,
            found: input.size,
        });
    }
    if listed as usize != tiles {
        let what = format!("{listed} tiles are listed, but {tiles} in the lane's .bci file");
        return Err(BclErrorKind::damaged(4, what));
    }
    let offset = 8 + 8 * ordinal as u64;
    input.file.seek(SeekFrom::Start(offset))?;
    let entry = input.array::<8>(offset)?;
    Ok(VirtualOffset(u64::from_le_bytes(entry)))
}

pub(super) fn read(
    path: &Path,
    place: &Place,
    expected: Option<Expected>,
    out: &mut Vec<u8>,
) -> Result<(), BclErrorKind> {
    Expected::check(expected, place.clusters)?;
    out.clear();
    let mut input = Input::open(path)?;
    if place.clusters == 0 {
        return Ok(());
    }
    let block = place.start.block();
    let damaged = |what: String| BclErrorKind::damaged(block, what);
    if block >= input.size {
        return Err(damaged("the file ends before the block of the tile".into()));
    }
    input.file.seek(SeekFrom::Start(block))?;
    let mut reader = Reader::new(input.file);
    let within = u64::from(place.start.within());
    // Offsets of the reader count from where it started.
    let failed = |error: io::Error| damaged(format!("from there on, {error}"));
    let skipped = io::copy(&mut (&mut reader).take(within), &mut io::sink()).map_err(failed)?;
    reader
        .take(place.clusters)
        .read_to_end(out)
        .map_err(failed)?;
    if skipped < within || (out.len() as u64) < place.clusters {
        return Err(damaged(
            "the file ends before the last call of the tile".into(),
        ));
    }
    Ok(())
}
