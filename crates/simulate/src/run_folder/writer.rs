//! Writes a run folder, tile after tile.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{Format, Positions, Run, Tile, TileSize, bcl, bgzf, cbcl, positions};
use crate::{Error, Result};

/// A run folder that is being written.
pub struct Writer {
    run: Run,
    intensities: PathBuf,
    /// Tiles that were written.
    written: usize,
    /// Of [`Format::BclBgzf`]: the cycles of the lane that is being written.
    cycles: Vec<bgzf::Cycle>,
    /// Of [`Positions::Shared`].
    shared: Option<Vec<(u32, u32)>>,
}

impl Writer {
    /// Starts a run in `folder`, which is made if need be.
    ///
    /// # Errors
    ///
    /// A tile that does not have four digits or occurs twice, a lane whose tiles are not together,
    /// or a file that cannot be written.
    pub fn create(folder: &Path, run: Run) -> Result<Self> {
        check(&run.tiles)?;
        let intensities = folder.join("Data").join("Intensities");
        let writer = Self {
            run,
            intensities,
            written: 0,
            cycles: Vec::new(),
            shared: None,
        };
        for (lane, tiles) in writer.lanes() {
            make(&writer.intensities.join(format!("L{lane:03}")))?;
            let lane_folder = writer.lane_folder(lane);
            make(&lane_folder)?;
            if writer.run.format == Format::BclBgzf {
                let clusters = tiles.iter().map(|tile| tile.clusters).sum();
                let pairs = tiles.iter().flat_map(|tile| [tile.tile, tile.clusters]);
                let bci: Vec<u8> = pairs.flat_map(u32::to_le_bytes).collect();
                create(&lane_folder.join(format!("s_{lane}.bci")), &bci)?;
                create(
                    &writer.filter(tiles[0]),
                    &positions::filter_header(clusters),
                )?;
                create(&writer.locs(tiles[0]), &positions::locs_header(clusters))?;
                continue;
            }
            for cycle in 0..writer.run.cycles() {
                make(&lane_folder.join(format!("C{}.1", cycle + 1)))?;
                writer.start_cbcl(&lane_folder, &tiles, cycle)?;
            }
        }
        create(
            &folder.join("RunInfo.xml"),
            writer.run.run_info().as_bytes(),
        )?;
        Ok(writer)
    }

    /// Writes the next tile.
    ///
    /// # Errors
    ///
    /// Not the tile that comes next, numbers of calls, flags or positions that do not fit it,
    /// positions that the chosen form cannot hold, or a file that cannot be written.
    pub fn write(&mut self, tile: &Tile) -> Result<()> {
        let cycles = self.run.cycles();
        let clusters = tile.size.clusters as usize;
        let lengths = [tile.calls.len(), tile.passes.len(), tile.positions.len()];
        if self.run.tiles.get(self.written) != Some(&tile.size)
            || lengths != [clusters * cycles, clusters, clusters]
        {
            return Err(Error::Options(format!(
                "tile {} of lane {} does not come next, or is not complete",
                tile.size.tile, tile.size.lane
            )));
        }
        let flags: Vec<u8> = tile.passes.iter().map(|passes| u8::from(*passes)).collect();
        if self.run.format == Format::BclBgzf {
            append(&self.filter(tile.size), &flags)?;
            append(&self.locs(tile.size), &positions::locs(tile))?;
            self.write_bgzf(tile)?;
        } else {
            let filter = [positions::filter_header(tile.size.clusters), flags].concat();
            create(&self.filter(tile.size), &filter)?;
            self.write_positions(tile)?;
            self.write_calls(tile)?;
        }
        self.written += 1;
        Ok(())
    }

    fn write_positions(&mut self, tile: &Tile) -> Result<()> {
        let size = tile.size;
        let locs = || [positions::locs_header(size.clusters), positions::locs(tile)].concat();
        match self.run.positions {
            Positions::Locs => create(&self.locs(size), &locs()),
            Positions::Clocs => create(&self.locs(size), &positions::clocs(tile)?),
            Positions::Shared => match &self.shared {
                None => {
                    self.shared = Some(tile.positions.clone());
                    create(&self.locs(size), &locs())
                }
                Some(shared) if *shared == tile.positions => Ok(()),
                Some(_) => Err(Error::Options(format!(
                    "tile {} has other positions than the first tile: they cannot share s.locs",
                    size.tile
                ))),
            },
        }
    }

    fn write_calls(&self, tile: &Tile) -> Result<()> {
        let size = tile.size;
        let lane_folder = self.lane_folder(size.lane);
        let ordinal = self
            .tiles_of(size)
            .iter()
            .position(|other| *other == size)
            .unwrap_or(0);
        (0..self.run.cycles())
            .into_par_iter()
            .try_for_each(|cycle| {
                let calls = self.cycle(tile, cycle);
                match self.run.format {
                    Format::Cbcl { bins, .. } => {
                        let path = cbcl::path(&lane_folder, cycle, size);
                        cbcl::write(&path, size, ordinal, bins, &calls)
                    }
                    format => {
                        bcl::write(&lane_folder, size, cycle, &calls, format == Format::BclGzip)
                    }
                }
            })
    }

    fn write_bgzf(&mut self, tile: &Tile) -> Result<()> {
        let size = tile.size;
        let tiles: Vec<_> = self
            .run
            .tiles
            .iter()
            .filter(|other| other.lane == size.lane)
            .collect();
        if tiles[0] == &size {
            let clusters = tiles.iter().map(|tile| tile.clusters).sum();
            let lane_folder = self.lane_folder(size.lane);
            let create =
                |cycle| bgzf::Cycle::create(&lane_folder, cycle, tiles.len() as u32, clusters);
            self.cycles = (0..self.run.cycles()).map(create).collect::<Result<_>>()?;
        }
        let last = tiles.last() == Some(&&size);
        let mut cycles = std::mem::take(&mut self.cycles);
        let written = cycles
            .par_iter_mut()
            .enumerate()
            .try_for_each(|(i, cycle)| cycle.write(&self.cycle(tile, i), last));
        self.cycles = cycles;
        written
    }

    /// The calls of a cycle that are written.
    fn cycle(&self, tile: &Tile, cycle: usize) -> Vec<u8> {
        let calls = tile
            .calls
            .iter()
            .skip(cycle)
            .step_by(self.run.cycles())
            .copied();
        if self.passing_only(cycle) {
            let passing = calls.zip(&tile.passes).filter(|(_, passes)| **passes);
            passing.map(|(call, _)| call).collect()
        } else {
            calls.collect()
        }
    }

    fn passing_only(&self, cycle: usize) -> bool {
        match self.run.format {
            Format::Cbcl {
                passing_only_from, ..
            } => passing_only_from.is_some_and(|first| cycle >= first),
            _ => false,
        }
    }

    fn start_cbcl(&self, lane_folder: &Path, tiles: &[TileSize], cycle: usize) -> Result<()> {
        let Format::Cbcl { bins, .. } = self.run.format else {
            return Ok(());
        };
        let mut surfaces: BTreeMap<u32, TileSize> = BTreeMap::new();
        for tile in tiles {
            surfaces.entry(cbcl::surface(*tile)).or_insert(*tile);
        }
        for first in surfaces.into_values() {
            let path = cbcl::path(lane_folder, cycle, first);
            cbcl::start(&path, &self.tiles_of(first), bins, self.passing_only(cycle))?;
        }
        Ok(())
    }

    /// Tiles of the lane and surface of a tile.
    fn tiles_of(&self, size: TileSize) -> Vec<TileSize> {
        let same = |other: &&TileSize| {
            other.lane == size.lane && cbcl::surface(**other) == cbcl::surface(size)
        };
        self.run.tiles.iter().filter(same).copied().collect()
    }

    fn lanes(&self) -> BTreeMap<u8, Vec<TileSize>> {
        let mut lanes: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for tile in &self.run.tiles {
            lanes.entry(tile.lane).or_default().push(*tile);
        }
        lanes
    }

    fn lane_folder(&self, lane: u8) -> PathBuf {
        self.intensities
            .join("BaseCalls")
            .join(format!("L{lane:03}"))
    }

    fn filter(&self, size: TileSize) -> PathBuf {
        let (lane, tile) = (size.lane, size.tile);
        let name = match self.run.format {
            Format::BclBgzf => format!("s_{lane}.filter"),
            _ => format!("s_{lane}_{tile}.filter"),
        };
        self.lane_folder(lane).join(name)
    }

    fn locs(&self, size: TileSize) -> PathBuf {
        let (lane, tile) = (size.lane, size.tile);
        let folder = self.intensities.join(format!("L{lane:03}"));
        match (self.run.format, self.run.positions) {
            (Format::BclBgzf, _) => folder.join(format!("s_{lane}.locs")),
            (_, Positions::Shared) => self.intensities.join("s.locs"),
            (_, Positions::Locs) => folder.join(format!("s_{lane}_{tile}.locs")),
            (_, Positions::Clocs) => folder.join(format!("s_{lane}_{tile}.clocs")),
        }
    }
}

fn check(tiles: &[TileSize]) -> Result<()> {
    let wrong = |what: String| Err(Error::Options(what));
    for (i, TileSize { lane, tile, .. }) in tiles.iter().enumerate() {
        if !(1000..10_000).contains(tile) || *lane == 0 {
            return wrong(format!(
                "tile {tile} of lane {lane}: tiles have four digits, lanes count from 1"
            ));
        }
        let before = &tiles[..i];
        if before
            .iter()
            .any(|other| (other.lane, other.tile) == (*lane, *tile))
        {
            return wrong(format!("tile {tile} of lane {lane} occurs twice"));
        }
        let apart = before.last().is_some_and(|last| last.lane != *lane);
        if apart && before.iter().any(|other| other.lane == *lane) {
            return wrong(format!("the tiles of lane {lane} are not together"));
        }
    }
    Ok(())
}

fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::write(folder))
}

/// Writes a file anew.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).map_err(Error::write(path))
}

/// Writes behind the end of a file.
pub(super) fn append(path: &Path, bytes: &[u8]) -> Result<()> {
    let file = OpenOptions::new().append(true).open(path);
    file.and_then(|mut file| file.write_all(bytes))
        .map_err(Error::write(path))
}

/// Writes over bytes of a file.
pub(super) fn overwrite(path: &Path, offset: u64, bytes: &[u8]) -> Result<()> {
    let write = || {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(bytes)
    };
    write().map_err(Error::write(path))
}
