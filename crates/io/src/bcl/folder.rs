//! The run folder: which files are where.
//!
//! ```text
//! RunInfo.xml, RunParameters.xml
//! Data/Intensities/s.locs                             one for all tiles (patterned flow cells)
//! Data/Intensities/L001/s_1_1101.locs, .clocs         a tile's
//! Data/Intensities/L001/s_1.locs                      a lane's (NextSeq 500/550, MiniSeq)
//! Data/Intensities/BaseCalls/L001/s_1_1101.filter     a tile's
//!                                 s_1.filter, s_1.bci a lane's (NextSeq 500/550, MiniSeq)
//!                                 C1.1/...            calls, see `calls`
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::calls::{bcl_path, bgzf_path, cbcl_paths, cbcl_tiles, index_path};
use super::tile_index::{Part, TileIndex};
use super::{BclError, BclErrorKind, Instrument, RunInfo, RunParameters, TileId, filter};

/// A run folder that was found to have base calls. Tiles may be read from many threads at once.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    run_info: RunInfo,
    parameters: Option<RunParameters>,
    lanes: Vec<Lane>,
}

/// A lane's files.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) number: u8,
    /// `Data/Intensities`.
    intensities: PathBuf,
    /// `Data/Intensities/BaseCalls/L001`.
    pub(super) folder: PathBuf,
    pub(super) format: Format,
    /// Of lanes whose tiles share files, if it could be read.
    pub(super) tile_index: Option<TileIndex>,
    /// Sorted.
    tiles: Vec<TileId>,
}

/// In which files calls are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Those of a tile and cycle: `C1.1/s_1_1101.bcl`, `.bcl.gz`.
    Bcl,
    /// Those of a lane and cycle: `0001.bcl.bgzf`.
    Bgzf,
    /// Those of a lane, cycle and surface: `C1.1/L001_1.cbcl`.
    Cbcl,
}

impl RunFolder {
    /// Opens the folder that holds `RunInfo.xml`.
    ///
    /// Tiles are those that `RunInfo.xml` lists; without a list those that its counts of surfaces,
    /// swaths and tiles give, unless the folder has tiles with other numbers; then the ones that it
    /// has. Files of tiles are looked for when tiles are read.
    ///
    /// # Errors
    ///
    /// `RunInfo.xml` is missing or wrong, `RunParameters.xml` is wrong, or there are no base calls
    /// at all.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, BclError> {
        let path = path.into();
        let name = path.join("RunInfo.xml");
        let run_info = RunInfo::parse(&name.to_string_lossy(), &read_xml(&name)?)?;
        let parameters = match parameters_path(&path) {
            Some(name) => {
                let bytes = read_xml(&name)?;
                Some(RunParameters::parse(&name.to_string_lossy(), &bytes)?)
            }
            None => None,
        };
        let intensities = path.join("Data").join("Intensities");
        let mut any = false;
        let numbers = 1..=run_info.layout.lanes;
        let listed = run_info.layout.tiles.iter().map(|tile| tile.lane);
        let numbers: BTreeSet<u8> = numbers.chain(listed).collect();
        let lanes = numbers.into_iter().map(|number| {
            let folder = intensities.join("BaseCalls").join(format!("L{number:03}"));
            let format = detect(&folder);
            any |= format.is_some();
            Lane::new(
                number,
                &intensities,
                folder,
                format.unwrap_or(Format::Bcl),
                &run_info,
            )
        });
        let lanes = lanes.collect();
        if !any {
            let why = "no base calls below Data/Intensities/BaseCalls: is this a whole run folder?";
            return Err(BclError::of_file(&path, BclErrorKind::Folder(why)));
        }
        Ok(Self {
            path,
            run_info,
            parameters,
            lanes,
        })
    }

    /// What `RunInfo.xml` says.
    pub fn run_info(&self) -> &RunInfo {
        &self.run_info
    }

    /// What `RunParameters.xml` says, if there is one.
    pub fn run_parameters(&self) -> Option<&RunParameters> {
        self.parameters.as_ref()
    }

    /// The line of instruments, if parameters or serial number tell.
    pub fn instrument(&self) -> Option<Instrument> {
        Instrument::of_run(&self.run_info, self.parameters.as_ref())
    }

    /// All tiles, by lane and number.
    pub fn tiles(&self) -> impl Iterator<Item = TileId> {
        self.lanes
            .iter()
            .flat_map(|lane| lane.tiles.iter().copied())
    }

    /// Number of clusters that a tile has, by its filter; where clusters that do not pass were left
    /// out, [`read_tile`](Self::read_tile) gives fewer. Reads a few bytes.
    ///
    /// # Errors
    ///
    /// There is no such tile, or the file that says so is missing or damaged.
    pub fn clusters(&self, tile: TileId) -> Result<u64, BclError> {
        let lane = self.lane(tile)?;
        match lane.part(tile)? {
            Some(part) => Ok(part.count),
            None => filter::count(&lane.filter(tile), tile),
        }
    }

    /// All files that reading every tile opens and that are there, in a fixed order.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = vec![self.path.join("RunInfo.xml")];
        files.extend(parameters_path(&self.path));
        for lane in &self.lanes {
            lane.add_files(self.run_info.cycles(), &mut files);
        }
        // Tiles share files.
        let mut seen = BTreeSet::new();
        files.retain(|file| file.is_file() && seen.insert(file.clone()));
        files
    }

    /// The lane that has `tile`.
    pub(super) fn lane(&self, tile: TileId) -> Result<&Lane, BclError> {
        let mut lanes = self.lanes.iter();
        lanes
            .find(|lane| lane.tiles.binary_search(&tile).is_ok())
            .ok_or_else(|| BclError::of_tile(&self.path, tile, BclErrorKind::UnknownTile))
    }
}

impl Lane {
    fn new(
        number: u8,
        intensities: &Path,
        folder: PathBuf,
        format: Format,
        run_info: &RunInfo,
    ) -> Self {
        let mut lane = Self {
            number,
            intensities: intensities.to_path_buf(),
            folder,
            format,
            tile_index: None,
            tiles: Vec::new(),
        };
        if format == Format::Bgzf {
            lane.tile_index = TileIndex::read(&lane.index_path()).ok();
        }
        let listed = run_info
            .layout
            .tiles
            .iter()
            .filter(|tile| tile.lane == number);
        lane.tiles = listed.copied().collect();
        if run_info.layout.tiles.is_empty() {
            let there = lane.tiles_there();
            let computed = run_info.layout.computed_tiles(number);
            let known = !computed.is_empty() && there.iter().all(|tile| computed.contains(tile));
            lane.tiles = if known { computed } else { there };
        }
        lane
    }

    /// The folder of a cycle, where there is one.
    pub(super) fn cycle_folder(&self, cycle: usize) -> PathBuf {
        self.folder.join(format!("C{}.1", cycle + 1))
    }

    /// Where a tile's clusters are in files that it shares with its lane.
    pub(super) fn part(&self, tile: TileId) -> Result<Option<Part>, BclError> {
        if self.format != Format::Bgzf {
            return Ok(None);
        }
        let path = self.index_path();
        let index = match &self.tile_index {
            Some(index) => index.part(tile.tile),
            // For the error, unless the file came late.
            None => TileIndex::read(&path)?.part(tile.tile),
        };
        let missing = || BclError::of_tile(&path, tile, BclErrorKind::NoTile);
        index.ok_or_else(missing).map(Some)
    }

    /// The filter of a tile.
    pub(super) fn filter(&self, tile: TileId) -> PathBuf {
        let name = match self.format {
            Format::Bgzf => format!("s_{}.filter", self.number),
            _ => format!("s_{}_{}.filter", self.number, tile.tile),
        };
        self.folder.join(name)
    }

    /// The positions of a tile; where none are there, the file that this instrument should have
    /// written.
    pub(super) fn positions(&self, tile: TileId) -> PathBuf {
        let number = self.number;
        let lane_folder = self.intensities.join(format!("L{number:03}"));
        let of_lane = format!("s_{number}.locs");
        let of_tile = format!("s_{number}_{}", tile.tile);
        let per_tile = ["locs", "clocs"].map(|extension| format!("{of_tile}.{extension}"));
        let candidates = match self.format {
            Format::Bgzf => vec![lane_folder.join(&of_lane), self.folder.join(&of_lane)],
            _ => [
                per_tile.each_ref().map(|name| lane_folder.join(name)),
                per_tile.each_ref().map(|name| self.folder.join(name)),
                ["s.locs", &of_lane].map(|name| self.intensities.join(name)),
            ]
            .concat(),
        };
        let found = candidates.iter().find(|path| path.is_file());
        found.cloned().unwrap_or_else(|| match self.format {
            Format::Bgzf => lane_folder.join(of_lane),
            Format::Bcl => lane_folder.join(&per_tile[0]),
            Format::Cbcl => self.intensities.join("s.locs"),
        })
    }

    fn index_path(&self) -> PathBuf {
        self.folder.join(format!("s_{}.bci", self.number))
    }

    fn add_files(&self, cycles: usize, files: &mut Vec<PathBuf>) {
        if self.format == Format::Bgzf {
            files.push(self.index_path());
        }
        for tile in &self.tiles {
            files.extend([self.filter(*tile), self.positions(*tile)]);
        }
        for cycle in 0..cycles {
            match self.format {
                Format::Bcl => {
                    files.extend(
                        self.tiles
                            .iter()
                            .map(|tile| bcl_path(self, tile.tile, cycle)),
                    );
                }
                Format::Bgzf => {
                    files.extend([index_path(self, cycle), bgzf_path(self, cycle)]);
                }
                Format::Cbcl => files.extend(cbcl_paths(self, cycle)),
            }
        }
    }

    /// Tiles that the folder has files of, sorted.
    fn tiles_there(&self) -> Vec<TileId> {
        let mut tiles = BTreeSet::new();
        match &self.tile_index {
            Some(index) => tiles.extend(index.tiles()),
            None => {
                tiles.extend(
                    names(&self.folder)
                        .iter()
                        .filter_map(|name| self.tile_of(name)),
                );
                for folder in cycle_folders(&self.folder).into_iter().take(1) {
                    tiles.extend(names(&folder).iter().filter_map(|name| self.tile_of(name)));
                }
                for path in cbcl_paths(self, 0) {
                    tiles.extend(cbcl_tiles(&path).unwrap_or_default());
                }
            }
        }
        let lane = self.number;
        tiles
            .into_iter()
            .map(|tile| TileId { lane, tile })
            .collect()
    }

    /// The tile in a name such as `s_1_1101.filter`.
    fn tile_of(&self, name: &str) -> Option<u32> {
        let rest = name.strip_prefix(&format!("s_{}_", self.number))?;
        let (tile, extension) = rest.split_once('.')?;
        let known = matches!(extension, "filter" | "bcl" | "bcl.gz");
        known.then(|| tile.parse().ok()).flatten()
    }
}

/// How the calls of a lane are stored; `None` where there are none.
fn detect(folder: &Path) -> Option<Format> {
    if names(folder).iter().any(|name| name.ends_with(".bcl.bgzf")) {
        return Some(Format::Bgzf);
    }
    // The first cycles may be the ones that are missing.
    cycle_folders(folder).iter().find_map(|folder| {
        names(folder).iter().find_map(|name| {
            if name.ends_with(".cbcl") {
                Some(Format::Cbcl)
            } else {
                let per_tile = name.ends_with(".bcl") || name.ends_with(".bcl.gz");
                per_tile.then_some(Format::Bcl)
            }
        })
    })
}

/// `C1.1` and so on, by cycle.
fn cycle_folders(folder: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<(u32, PathBuf)> = names(folder)
        .iter()
        .filter_map(|name| {
            let cycle = name.strip_prefix('C')?.strip_suffix(".1")?;
            Some((cycle.parse().ok()?, folder.join(name)))
        })
        .collect();
    folders.sort();
    folders.into_iter().map(|(_, path)| path).collect()
}

/// Names in a folder, sorted; none where it cannot be read.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// `RunParameters.xml`, which some instruments write with a small letter.
fn parameters_path(folder: &Path) -> Option<PathBuf> {
    let names = ["RunParameters.xml", "runParameters.xml"];
    names
        .map(|name| folder.join(name))
        .into_iter()
        .find(|path| path.is_file())
}

fn read_xml(path: &Path) -> Result<Vec<u8>, BclError> {
    fs::read(path).map_err(|error| BclError::of_file(path, error.into()))
}
