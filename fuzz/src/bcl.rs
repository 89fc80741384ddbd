//! Files of run folders: one is replaced, the others are whole.

use std::fs;
use std::path::PathBuf;

use fafnir_io::bcl::{Missing, RunFolder, TileCalls, TileId};
use fafnir_simulate::run_folder::{Format, Positions, Run, RunRead, Tile, TileSize, Writer};
use tempfile::TempDir;

use super::scratch;

const CLUSTERS: u32 = 37;
const CYCLES: usize = 3;
const BINS: [u8; 3] = [12, 23, 37];
const CALLS: &str = "Data/Intensities/BaseCalls/L001";
const FIRST: TileId = TileId {
    lane: 1,
    tile: 1101,
};

/// A run folder, and the file in it that is replaced.
struct Folder {
    folder: TempDir,
    file: PathBuf,
    whole: Vec<u8>,
}

impl Folder {
    fn new(format: Format, positions: Positions, file: &str) -> Self {
        let folder = scratch::folder();
        let size = |tile| TileSize {
            lane: 1,
            tile,
            clusters: CLUSTERS,
        };
        let run = Run {
            reads: vec![RunRead::template(CYCLES - 1), RunRead::index(1)],
            format,
            positions,
            tiles: vec![size(1101), size(1102)],
            ..Run::default()
        };
        let mut writer = Writer::create(folder.path(), run).expect("a run folder");
        for tile in [1101, 1102] {
            let tile = Tile::random(1, size(tile), CYCLES, &BINS);
            writer.write(&tile).expect("a tile");
        }
        let parameters = "<RunParameters><InstrumentType>NovaSeqXPlus</InstrumentType>\
             <RecipeVersion>1</RecipeVersion></RunParameters>";
        fs::write(folder.path().join("RunParameters.xml"), parameters).expect("room for a file");
        let file = folder.path().join(file);
        let whole = fs::read(&file).expect("a file of the run folder");
        Self {
            folder,
            file,
            whole,
        }
    }

    fn read(&self, data: &[u8]) {
        fs::write(&self.file, data).expect("room for a file");
        let Ok(folder) = RunFolder::open(self.folder.path()) else {
            return;
        };
        let _ = (folder.instrument(), folder.files(), folder.clusters(FIRST));
        let cycles: Vec<usize> = (0..folder.run_info().cycles().min(CYCLES)).collect();
        let mut calls = TileCalls::default();
        for missing in [Missing::Refuse, Missing::FillWithN] {
            for tile in folder.tiles().take(3) {
                let read = folder.read_tile(tile, &cycles, missing, &mut calls);
                if read.is_ok() {
                    assert_eq!(calls.calls.len(), calls.clusters * cycles.len());
                    assert_eq!(calls.passes.len(), calls.clusters);
                    assert_eq!(calls.positions.len(), calls.clusters);
                }
            }
        }
    }
}

macro_rules! files {
    ($($name:ident, $seeds:ident: $format:expr, $positions:ident, $file:expr;)*) => {$(
        /// Reads a run folder with this file.
        pub fn $name(data: &[u8]) {
            thread_local! {
                static FOLDER: Folder = Folder::new($format, Positions::$positions, $file);
            }
            FOLDER.with(|folder| folder.read(data));
        }

        /// That file as it is written.
        pub fn $seeds() -> Vec<Vec<u8>> {
            vec![Folder::new($format, Positions::$positions, $file).whole]
        }
    )*};
}

const ALL: Format = Format::Cbcl {
    bins: BINS,
    passing_only_from: None,
};

files! {
    bcl, bcl_seeds: Format::Bcl, Locs, &format!("{CALLS}/C2.1/s_1_1101.bcl");
    bcl_gz, bcl_gz_seeds: Format::BclGzip, Locs, &format!("{CALLS}/C2.1/s_1_1101.bcl.gz");
    bcl_bgzf, bcl_bgzf_seeds: Format::BclBgzf, Locs, &format!("{CALLS}/0002.bcl.bgzf");
    bci_cycle, bci_cycle_seeds: Format::BclBgzf, Locs, &format!("{CALLS}/0002.bcl.bgzf.bci");
    bci_lane, bci_lane_seeds: Format::BclBgzf, Locs, &format!("{CALLS}/s_1.bci");
    cbcl, cbcl_seeds: ALL, Locs, &format!("{CALLS}/C2.1/L001_1.cbcl");
    filter, filter_seeds: Format::Bcl, Locs, &format!("{CALLS}/s_1_1101.filter");
    locs, locs_seeds: Format::Bcl, Locs, "Data/Intensities/L001/s_1_1101.locs";
    locs_shared, locs_shared_seeds: ALL, Shared, "Data/Intensities/s.locs";
    clocs, clocs_seeds: Format::Bcl, Clocs, "Data/Intensities/L001/s_1_1101.clocs";
    run_info, run_info_seeds: Format::Bcl, Locs, "RunInfo.xml";
    run_parameters, run_parameters_seeds: Format::Bcl, Locs, "RunParameters.xml";
}
