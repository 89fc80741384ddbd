//! Run folders of sequencers: base calls as instruments write them, from calls that are given.
//!
//! ```no_run
//! use fafnir_simulate::run_folder::{Format, Positions, Run, RunRead, Tile, TileSize, Writer};
//! let run = Run {
//!     reads: vec![RunRead::template(151), RunRead::index(8), RunRead::template(151)],
//!     format: Format::BclGzip,
//!     positions: Positions::Locs,
//!     tiles: vec![TileSize { lane: 1, tile: 1101, clusters: 1000 }],
//!     ..Run::default()
//! };
//! let mut writer = Writer::create("240101_A00001_0001_AFLOWCELL".as_ref(), run.clone())?;
//! for size in &run.tiles {
//!     writer.write(&Tile::random(1, *size, run.cycles(), &[12, 23, 37]))?;
//! }
//! # Ok::<(), fafnir_simulate::Error>(())
//! ```
//!
//! Tiles are written one after the other, so that a folder may be larger than memory. Layouts of
//! the files are those of Illumina's *bcl2fastq2 Conversion Software v2.20 Software Guide* and of
//! Picard's readers.

mod bcl;
mod bgzf;
mod cbcl;

mod positions;
mod run_info;
#[cfg(test)]
mod tests;
mod tile;
mod writer;

pub use tile::{NO_CALL, Tile, call};
pub use writer::Writer;

/// What a run folder holds, but for the calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Name of the run. Default: `240101_A00001_0001_AFLOWCELL`.
    pub id: String,
    /// Number of the run. Default: 1.
    pub number: u32,
    /// Serial number of the instrument. Default: `A00001`.
    pub instrument: String,
    /// Serial number of the flow cell. Default: `FLOWCELL`.
    pub flowcell: String,
    /// Reads in the order of their cycles.
    pub reads: Vec<RunRead>,
    /// How calls are stored. Default: [`Format::Bcl`].
    pub format: Format,
    /// How positions are stored; lanes of [`Format::BclBgzf`] have one `.locs` file each, whatever
    /// this says. Default: [`Positions::Locs`].
    pub positions: Positions,
    /// Tiles in the order in which they are written, those of a lane together.
    pub tiles: Vec<TileSize>,
}

/// A read of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunRead {
    /// Number of cycles.
    pub cycles: usize,
    /// Whether the read is of an index.
    pub is_index: bool,
    /// Whether `RunInfo.xml` says that the reverse complement is read; `None` to say nothing.
    pub is_reverse_complement: Option<bool>,
}

/// A tile, and how many clusters it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileSize {
    /// Lane, 1-based.
    pub lane: u8,
    /// Number of four digits: surface, swath, and two digits of tile.
    pub tile: u32,
    /// Number of clusters, those that do not pass the filter among them.
    pub clusters: u32,
}

/// How calls are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A file a tile and cycle (MiSeq, HiSeq).
    #[default]
    Bcl,
    /// The same, compressed.
    BclGzip,
    /// A BGZF file a lane and cycle, with index (NextSeq 500/550).
    BclBgzf,
    /// A file a lane, cycle and surface (NovaSeq, NextSeq 1000/2000).
    Cbcl {
        /// Qualities of bins 1 to 3, ascending; bin 0 is of clusters that were not called. A quality
        /// goes to the highest bin that is not above it, or to the first.
        bins: [u8; 3],
        /// The cycle, 0-based, from which on clusters that do not pass the filter are left out;
        /// `None` to leave out none.
        passing_only_from: Option<usize>,
    },
}

/// How positions are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Positions {
    /// `s.locs`, for all tiles; those of the first tile are written, and the others must be the same.
    Shared,
    /// A `.locs` file a tile.
    #[default]
    Locs,
    /// A `.clocs` file a tile; clusters must be in the order of its bins.
    Clocs,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            id: "240101_A00001_0001_AFLOWCELL".into(),
            number: 1,
            instrument: "A00001".into(),
            flowcell: "FLOWCELL".into(),
            reads: Vec::new(),
            format: Format::default(),
            positions: Positions::default(),
            tiles: Vec::new(),
        }
    }
}

impl Run {
    /// Number of cycles of all reads.
    #[must_use]
    pub fn cycles(&self) -> usize {
        self.reads.iter().map(|read| read.cycles).sum()
    }
}

impl RunRead {
    /// A read of the template.
    #[must_use]
    pub fn template(cycles: usize) -> Self {
        Self {
            cycles,
            is_index: false,
            is_reverse_complement: None,
        }
    }

    /// A read of an index.
    #[must_use]
    pub fn index(cycles: usize) -> Self {
        Self {
            is_index: true,
            ..Self::template(cycles)
        }
    }
}
