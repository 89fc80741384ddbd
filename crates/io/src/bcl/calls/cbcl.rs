//! `C<cycle>.1/L<lane>_<surface>.cbcl`: a file a lane, cycle and surface (NovaSeq 6000 and X,
//! NextSeq 1000/2000).
//!
//! The header: version, 1, 16 bits; size of the header, 32 bits; bits of a base, 2, and of a
//! quality, 2, a byte each; number of quality bins, 32 bits, and for each its number and the
//! quality that it stands for, 32 bits each; number of tiles, 32 bits, and for each its number, its
//! clusters, and the size of its block uncompressed and compressed, 32 bits each; a byte that is 1
//! where clusters that did not pass the filter are left out. Then the tiles' blocks one after the
//! other, each a gzip member with two calls a byte, the lower four bits first; with an odd number
//! of clusters the last four bits mean nothing (Picard, `CbclReader`; czbiohub, `bcl2fastr`).

use std::path::{Path, PathBuf};

use libdeflater::Decompressor;

use super::{Expected, Scratch, Source};
use crate::bcl::BclErrorKind;
use crate::bcl::bytes::{Input, u32_at};
use crate::bcl::folder::Lane;

/// Version, size, bits, number of bins.
const FIXED_HEADER: usize = 12;
/// CRC32 and length at the end of a gzip member.
const TRAILER: u64 = 8;
/// No deflate stream expands more than this.
const MAX_RATIO: u64 = 1032;
/// Surfaces that file names can have.
const SURFACES: std::ops::RangeInclusive<u32> = 1..=9;

/// The block of a tile.
pub(in crate::bcl) struct Block {
    offset: u64,
    clusters: u32,
    uncompressed: u32,
    compressed: u32,
    pub(super) passing_only: bool,
    /// The calls, as [`TileCalls`](crate::bcl::TileCalls) has them, of each four bits.
    calls: [u8; 16],
}

/// A header that was found consistent with itself and its file.
struct Header {
    size: u64,
    calls: [u8; 16],
    /// Number, clusters, uncompressed and compressed size.
    tiles: Vec<[u32; 4]>,
    passing_only: bool,
}

/// The files of a cycle that are there.
pub(in crate::bcl) fn paths(lane: &Lane, cycle: usize) -> impl Iterator<Item = PathBuf> {
    let folder = lane.cycle_folder(cycle);
    let number = lane.number;
    let path = move |surface| folder.join(format!("L{number:03}_{surface}.cbcl"));
    SURFACES.map(path).filter(|path| path.is_file())
}

/// Numbers of the tiles that a file holds.
pub(in crate::bcl) fn tiles(path: &Path) -> Result<Vec<u32>, BclErrorKind> {
    let header = Header::read(&mut Input::open(path)?)?;
    Ok(header.tiles.iter().map(|[tile, ..]| *tile).collect())
}

pub(super) fn find(
    lane: &Lane,
    tile: u32,
    cycle: usize,
) -> Result<(PathBuf, Source), (PathBuf, BclErrorKind)> {
    // A tile's first digit is its surface on every instrument so far, but nothing says that it
    // must be: the other files come after.
    let surface = tile.to_string().as_bytes()[0] - b'0';
    let guess = format!("L{:03}_{surface}.cbcl", lane.number);
    let mut paths: Vec<_> = paths(lane, cycle).collect();
    paths.sort_by_key(|path| !path.ends_with(&guess));
    let mut first_error = None;
    for path in paths {
        let header = Input::open(&path).and_then(|mut input| Header::read(&mut input));
        match header.map(|header| header.block(tile)) {
            Ok(Some(block)) => return Ok((path, Source::Cbcl(block))),
            Ok(None) => first_error = first_error.or(Some((path, BclErrorKind::NoTile))),
            Err(kind) => first_error = Some((path, kind)),
        }
    }
    Err(first_error.unwrap_or_else(|| {
        let path = lane.cycle_folder(cycle).join(guess);
        (path, BclErrorKind::Missing)
    }))
}

impl Header {
    fn read(input: &mut Input) -> Result<Self, BclErrorKind> {
        let fixed = input.array::<FIXED_HEADER>(0)?;
        let unknown = |offset, what, found| BclErrorKind::Unknown {
            offset,
            what,
            found: u64::from(found),
        };
        let version = u16::from_le_bytes([fixed[0], fixed[1]]);
        if version != 1 {
            return Err(unknown(0, "the version", u32::from(version)));
        }
        if fixed[6..8] != [2, 2] {
            let offset = if fixed[6] == 2 { 7 } else { 6 };
            let found = u32::from(fixed[offset]);
            return Err(unknown(offset as u64, "the number of bits", found));
        }
        let size = u32_at(&fixed, 2);
        let outside = |offset: u64, what: &str| {
            BclErrorKind::damaged(
                offset,
                format!("{what} outside of the header's {size} bytes"),
            )
        };
        let mut bytes = Vec::new();
        input.read_at(0, u64::from(size), &mut bytes)?;
        let mut rest = bytes
            .get(FIXED_HEADER..)
            .ok_or_else(|| outside(2, "fields lie"))?;

        let bins = u32_at(&fixed, 8);
        let pairs = take(&mut rest, u64::from(bins) * 8).ok_or_else(|| outside(8, "bins lie"))?;
        let calls = calls_of_bins(pairs)?;

        let at = size as u64 - rest.len() as u64;
        let count = take(&mut rest, 4).ok_or_else(|| outside(at, "the tiles lie"))?;
        let count = u64::from(u32_at(count, 0));
        let tiles = take(&mut rest, count * 16).ok_or_else(|| outside(at, "tiles lie"))?;
        let tiles = tiles.as_chunks::<16>().0.iter();
        let tiles = tiles.map(|tile| [0, 4, 8, 12].map(|at| u32_at(tile, at)));
        let header = Self {
            size: u64::from(size),
            calls,
            tiles: tiles.collect(),
            passing_only: match rest {
                [0, ..] => false,
                [1, ..] => true,
                [flag, ..] => {
                    let offset = u64::from(size) - rest.len() as u64;
                    return Err(unknown(
                        offset,
                        "the flag of excluded clusters",
                        (*flag).into(),
                    ));
                }
                [] => return Err(outside(at, "the flag of excluded clusters lies")),
            },
        };
        header.check(at + 4)?;
        // A file that is still shorter than its tiles is read as far as it goes: each is checked
        // against the file's end when it is read.
        Ok(header)
    }

    /// Compares the numbers of each tile with each other. `at` is where the first tile stands.
    fn check(&self, at: u64) -> Result<(), BclErrorKind> {
        for (i, [tile, clusters, uncompressed, compressed]) in self.tiles.iter().enumerate() {
            let possible = u64::from(*compressed) * MAX_RATIO;
            if clusters.div_ceil(2) != *uncompressed || u64::from(*uncompressed) > possible {
                let what = format!(
                    "tile {tile} cannot have {clusters} clusters in {uncompressed} bytes, {compressed} compressed"
                );
                return Err(BclErrorKind::damaged(at + 16 * i as u64, what));
            }
        }
        Ok(())
    }

    fn block(&self, tile: u32) -> Option<Block> {
        let ordinal = self.tiles.iter().position(|[number, ..]| *number == tile)?;
        let before = self.tiles[..ordinal].iter();
        let [_, clusters, uncompressed, compressed] = self.tiles[ordinal];
        Some(Block {
            offset: self.size + before.map(|tile| u64::from(tile[3])).sum::<u64>(),
            clusters,
            uncompressed,
            compressed,
            passing_only: self.passing_only,
            calls: self.calls,
        })
    }
}

/// The first `length` bytes of `rest`, which then starts behind them.
fn take<'a>(rest: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = after;
    Some(taken)
}

/// What each four bits mean, by the pairs of bin and quality. Without bins the bits are qualities.
fn calls_of_bins(pairs: &[u8]) -> Result<[u8; 16], BclErrorKind> {
    let mut qualities = [0, 1, 2, 3];
    for (i, pair) in pairs.as_chunks::<8>().0.iter().enumerate() {
        let (bin, quality) = (u32_at(pair, 0), u32_at(pair, 4));
        match qualities.get_mut(bin as usize) {
            Some(entry) if quality < 64 => *entry = quality as u8,
            _ => {
                let what = format!("bin {bin} with quality {quality} is impossible");
                let offset = FIXED_HEADER + 8 * i;
                return Err(BclErrorKind::damaged(offset as u64, what));
            }
        }
    }
    let mut calls = [0; 16];
    // Four zero bits are no call, whatever the quality of bin 0.
    for (bits, call) in calls.iter_mut().enumerate().skip(1) {
        *call = qualities[bits >> 2] << 2 | (bits & 3) as u8;
    }
    Ok(calls)
}

pub(super) fn read(
    path: &Path,
    block: &Block,
    expected: Option<Expected>,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<(), BclErrorKind> {
    Expected::check(expected, u64::from(block.clusters))?;
    out.clear();
    if block.uncompressed == 0 {
        return Ok(());
    }
    let Scratch {
        compressed,
        uncompressed,
    } = scratch;
    let mut input = Input::open(path)?;
    let length = u64::from(block.compressed);
    input.check(block.offset, length)?;
    // Files exist whose sizes leave out the last byte of a member's trailer: some bytes more do no
    // harm.
    let length = (length + TRAILER).min(input.size - block.offset);
    input.read_at(block.offset, length, compressed)?;
    // Checked against the compressed size, of which the file has every byte.
    uncompressed.clear();
    uncompressed.resize(block.uncompressed as usize, 0);
    let inflated = Decompressor::new().gzip_decompress(compressed, uncompressed);
    if inflated != Ok(uncompressed.len()) {
        let what = "the gzip data of the tile is damaged, or not as long as the header says";
        return Err(BclErrorKind::damaged(block.offset, what));
    }
    let pairs: [[u8; 2]; 256] =
        std::array::from_fn(|byte| [block.calls[byte & 15], block.calls[byte >> 4]]);
    out.resize(2 * uncompressed.len(), 0);
    for (calls, byte) in out.as_chunks_mut::<2>().0.iter_mut().zip(uncompressed) {
        *calls = pairs[usize::from(*byte)];
    }
    out.truncate(block.clusters as usize);
    Ok(())
}
