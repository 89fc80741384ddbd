//! What is read: the sheet, the lanes, their tiles, and how many at a time.

use std::path::Path;

use fafnir_attest::Verified;
use fafnir_io::bcl::file_name::FileNaming;
use fafnir_io::bcl::override_cycles::ReadCycles;
use fafnir_io::bcl::sample_sheet::SampleSheet;
use fafnir_io::bcl::{RunFolder, TileId};

use super::lane::Lane;
use super::reports::LaneLayout;
use super::{Conversion, Demultiplexing};
use crate::error::{Class, Error};
use crate::pipeline::memory;

/// Bytes of a tile's buffers that do not grow with its clusters.
pub(super) const TILE_BASE: u64 = 16 << 20;

/// A run folder with its sheet.
pub(super) struct RunPlan {
    pub(super) demultiplexing: Demultiplexing,
    pub(super) folder: RunFolder,
    /// The sheet, and its bytes.
    pub(super) sheet: Verified<(SampleSheet, Vec<u8>)>,
    /// The lanes to read, ascending.
    pub(super) lanes: Vec<Lane>,
    pub(super) layouts: Vec<LaneLayout>,
    /// The tiles to read, in order, each with the place of its lane.
    pub(super) tiles: Vec<(usize, TileId)>,
    /// Clusters of each tile; 0 where that cannot be told.
    pub(super) clusters: Vec<u64>,
}

impl RunPlan {
    /// Reads the sheet and looks at the run folder; `naming` is completed by what the sheet says.
    pub(super) fn new(demultiplexing: &Demultiplexing, naming: FileNaming) -> Result<Self, Error> {
        let path = match &demultiplexing.sample_sheet {
            Some(path) => path.clone(),
            None => demultiplexing.run_folder.join("SampleSheet.csv"),
        };
        let verified = read_sheet(&path)?;
        let (sheet, _) = verified.get();
        let folder = RunFolder::open(&demultiplexing.run_folder)?;
        let naming = FileNaming {
            no_lane_splitting: demultiplexing.no_lane_splitting
                || sheet.settings().no_lane_splitting,
            ..naming
        };
        let reads = reads(&folder);
        let lanes: Vec<Lane> = lanes(demultiplexing, &folder, sheet, &path)?
            .into_iter()
            .map(|number| Lane::new(number, sheet, folder.run_info(), &reads, naming))
            .collect::<Result<_, _>>()?;
        let layouts = lanes
            .iter()
            .map(|lane| LaneLayout::new(lane.number, sheet, &lane.plan))
            .collect();
        let tiles: Vec<(usize, TileId)> = lanes
            .iter()
            .enumerate()
            .flat_map(|(i, lane)| {
                let of_lane = tiles(demultiplexing, &folder, lane.number);
                of_lane.into_iter().map(move |tile| (i, tile))
            })
            .collect();
        if tiles.is_empty() {
            return Err(Error::usage(
                "no tile is left to convert: check --tiles, --exclude-tiles and the run folder",
            ));
        }
        Ok(Self {
            clusters: tiles
                .iter()
                .map(|(_, tile)| folder.clusters(*tile).unwrap_or(0))
                .collect(),
            demultiplexing: demultiplexing.clone(),
            folder,
            sheet: verified,
            lanes,
            layouts,
            tiles,
        })
    }

    /// Numbers of the lanes, 1-based.
    pub(super) fn lane_numbers(&self) -> Vec<u8> {
        self.lanes.iter().map(|lane| lane.number).collect()
    }

    /// Clusters of the largest tile.
    pub(super) fn largest_tile(&self) -> u64 {
        self.clusters.iter().copied().max().unwrap_or(0)
    }

    /// The most cycles that any lane is read with.
    pub(super) fn cycles(&self) -> u64 {
        let cycles = self.lanes.iter().map(|lane| lane.cycles.len()).max();
        cycles.unwrap_or(0) as u64
    }

    /// Whether a sample's lanes go into one file.
    pub(super) fn joins_lanes(&self) -> bool {
        let (sheet, _) = self.sheet.get();
        self.demultiplexing.no_lane_splitting || sheet.settings().no_lane_splitting
    }
}

fn read_sheet(path: &Path) -> Result<Verified<(SampleSheet, Vec<u8>)>, Error> {
    let bytes = Verified::read(path, None)?.with_role("sample sheet");
    let name = path.to_string_lossy();
    Ok(bytes.try_map(|bytes| SampleSheet::parse(&name, &bytes).map(|sheet| (sheet, bytes)))?)
}

/// The run's reads in the words of sheets.
fn reads(folder: &RunFolder) -> Vec<ReadCycles> {
    let reads = folder.run_info().reads.iter().map(|read| ReadCycles {
        cycles: read.cycles,
        is_index: read.is_index,
        is_reverse_complement: read.is_reverse_complement.unwrap_or(false),
    });
    reads.collect()
}

/// Lanes that the run has, the sheet speaks of, and are wanted, ascending.
fn lanes(
    demultiplexing: &Demultiplexing,
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
    if let Some(only) = demultiplexing.only_lane {
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
fn tiles(demultiplexing: &Demultiplexing, folder: &RunFolder, lane: u8) -> Vec<TileId> {
    let mut tiles: Vec<TileId> = folder.tiles().filter(|tile| tile.lane == lane).collect();
    if demultiplexing.first_tile_only {
        tiles.truncate(1);
    }
    tiles.retain(|tile| demultiplexing.tiles.takes(*tile));
    tiles
}

/// How many tiles are converted at the same time: a tile is held whole, with its compressed reads.
pub(super) fn workers(conversion: &Conversion, plan: &RunPlan) -> Result<usize, Error> {
    // A byte a call, buffers of the reader, and about as much compressed text.
    let of_cluster = 2 * plan.cycles() + 100;
    let of_tile = TILE_BASE + plan.largest_tile() * of_cluster;
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
