//! What is read of a run folder, what a conversion is asked for, and what came of it.

use std::path::PathBuf;

use fafnir_attest::InputProof;

use super::TileFilter;

/// A run folder, which of its clusters are read, and by which sheet they are told apart. Names of
/// fields are those of BCL Convert's options.
#[derive(Clone, Debug)]
pub struct Demultiplexing {
    /// The run folder: it holds `RunInfo.xml`.
    pub run_folder: PathBuf,
    /// The sample sheet; `SampleSheet.csv` in the run folder where there is none.
    pub sample_sheet: Option<PathBuf>,
    /// The one lane to read, 1-based; all of the sheet where there is none.
    pub only_lane: Option<u8>,
    /// Tiles to read.
    pub tiles: TileFilter,
    /// Whether only the first of each lane's tiles is read.
    pub first_tile_only: bool,
    /// Whether missing or damaged files are refused. Otherwise their calls become `N`.
    pub strict: bool,
    /// Whether a sample's lanes go into one file, or read group, which the sheet may ask for too.
    pub no_lane_splitting: bool,
}

impl Demultiplexing {
    /// All of a run folder, by its own sheet.
    pub fn new(run_folder: impl Into<PathBuf>) -> Self {
        Self {
            run_folder: run_folder.into(),
            sample_sheet: None,
            only_lane: None,
            tiles: TileFilter::default(),
            first_tile_only: false,
            strict: false,
            no_lane_splitting: false,
        }
    }
}

/// A conversion of a run folder to FASTQ.
#[derive(Clone, Debug)]
pub struct Conversion {
    /// What is converted.
    pub demultiplexing: Demultiplexing,
    /// The folder for the results; made where it is missing.
    pub output_directory: PathBuf,
    /// Whether earlier results may be replaced.
    pub force: bool,
    /// Whether each `Sample_Project` gets a folder.
    pub project_folders: bool,
    /// Whether files are named by `Sample_Name`.
    pub sample_names: bool,
    /// libdeflate level, 0 to 12.
    pub compression_level: u8,
    /// Threads that work, or fewer where memory does not suffice for so many tiles.
    pub threads: usize,
    /// Bytes of memory to plan with.
    pub memory: Option<u64>,
    /// PEM file of the key that signs; without it the machine's development key does.
    pub key: Option<PathBuf>,
    /// Proof of what the caller read, such as a file of options.
    pub inputs: Vec<InputProof>,
}

impl Conversion {
    /// A conversion with the default options.
    pub fn new(demultiplexing: Demultiplexing, output_directory: impl Into<PathBuf>) -> Self {
        Self {
            demultiplexing,
            output_directory: output_directory.into(),
            force: false,
            project_folders: false,
            sample_names: false,
            compression_level: 1,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            memory: None,
            key: None,
            inputs: Vec::new(),
        }
    }
}

/// What came of a conversion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Converted {
    /// Clusters that pass the filter: those that are written.
    pub clusters: u64,
    /// Those of them that no sample claims.
    pub undetermined: u64,
    /// Tiles.
    pub tiles: usize,
    /// The files, sorted.
    pub files: Vec<PathBuf>,
}
