//! What is converted: the sheet, the lanes, their tiles, and how many at a time.

use std::path::Path;

use fafnir_attest::Verified;
use fafnir_io::bcl::override_cycles::ReadCycles;
use fafnir_io::bcl::sample_sheet::SampleSheet;
use fafnir_io::bcl::{RunFolder, TileId};

use super::Conversion;
use crate::error::{Class, Error};
use crate::pipeline::memory;

/// Bytes of a tile's buffers that do not grow with its clusters.
const TILE_BASE: u64 = 16 << 20;

/// Reads the sheet that the conversion names; gives its bytes too.
pub(super) fn sheet(conversion: &Conversion) -> Result<Verified<(SampleSheet, Vec<u8>)>, Error> {
    let path = match &conversion.sample_sheet {
        Some(path) => path.clone(),
        None => conversion.run_folder.join("SampleSheet.csv"),
    };
    let bytes = Verified::read(&path, None)?.with_role("sample sheet");
    let name = path.to_string_lossy();
    Ok(bytes.try_map(|bytes| SampleSheet::parse(&name, &bytes).map(|sheet| (sheet, bytes)))?)
}

/// The run's reads in the words of sheets.
pub(super) fn reads(folder: &RunFolder) -> Vec<ReadCycles> {
    let reads = folder.run_info().reads.iter().map(|read| ReadCycles {
        cycles: read.cycles,
        is_index: read.is_index,
        is_reverse_complement: read.is_reverse_complement.unwrap_or(false),
    });
    reads.collect()
}

/// Lanes that the run has, the sheet speaks of, and the conversion wants, ascending.
pub(super) fn lanes(
    conversion: &Conversion,
    folder: &RunFolder,
    sheet: &SampleSheet,
    sheet_name: &Path,
) -> Result<Vec<u8>, Error> {
    let mut lanes: Vec<u8> = folder.tiles().map(|tile| tile.lane).collect();
    lanes.dedup();
    for library in sheet.libraries() {
        if let Some(lane) = library.lane.filter(|lane| !lanes.contains(lane)) {
            return Err(Error::input(format!(
                "{}: line {}: lane {lane} is not one of the run's, which are {lanes:?}: correct \
                 it, or remove the line",
                sheet_name.display(),
                library.line
            )));
        }
    }
    let in_sheet =
        |lane: &u8| (sheet.libraries().iter()).any(|l| l.lane.is_none_or(|of| of == *lane));
    lanes.retain(in_sheet);
    if let Some(only) = conversion.only_lane {
        lanes.retain(|lane| *lane == only);
        if lanes.is_empty() {
            return Err(Error::usage(format!(
                "--bcl-only-lane {only}: the run or the sample sheet has no such lane"
            )));
        }
    }
    Ok(lanes)
}

/// The tiles of a lane that are wanted, ascending.
pub(super) fn tiles(conversion: &Conversion, folder: &RunFolder, lane: u8) -> Vec<TileId> {
    let mut tiles: Vec<TileId> = folder.tiles().filter(|tile| tile.lane == lane).collect();
    if conversion.first_tile_only {
        tiles.truncate(1);
    }
    tiles.retain(|tile| conversion.tiles.takes(*tile));
    tiles
}

/// How many tiles are worked at the same time: a tile is held whole, with its compressed reads.
pub(super) fn workers(
    conversion: &Conversion,
    clusters_of_largest_tile: u64,
    cycles: usize,
) -> Result<usize, Error> {
    // A byte a call, buffers of the reader, and about as much compressed text.
    let of_cluster = 2 * cycles as u64 + 100;
    let of_tile = TILE_BASE + clusters_of_largest_tile * of_cluster;
    let budget = match conversion.memory {
        Some(memory) if memory < 2 * of_tile => {
            return Err(Error::new(
                Class::Elsewhere,
                format!(
                    "--memory is {} MiB, but at least {} MiB are needed: two tiles of this run",
                    memory >> 20,
                    (2 * of_tile).div_ceil(1 << 20)
                ),
            ));
        }
        Some(memory) => memory,
        None => memory::available() / 4 * 3,
    };
    // One tile's worth for results that wait to be written.
    let fit = (budget / of_tile).saturating_sub(1).max(1);
    Ok(conversion
        .threads
        .max(1)
        .min(usize::try_from(fit).unwrap_or(usize::MAX)))
}
