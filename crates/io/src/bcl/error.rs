//! What can be wrong with a run folder.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::TileId;

/// An error of a run folder, and where it is.
#[derive(Debug, thiserror::Error)]
#[error("{}: {}{kind}", file.display(), Place(*tile, *cycle))]
pub struct BclError {
    /// The file.
    pub file: PathBuf,
    /// The tile that was being read.
    pub tile: Option<TileId>,
    /// The cycle that was being read, 0-based; messages count from 1, as the file names do.
    pub cycle: Option<usize>,
    /// What is wrong.
    #[source]
    pub kind: BclErrorKind,
}

/// What can be wrong with a file of a run folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BclErrorKind {
    /// The file is not there.
    #[error("the file is missing: copy the run folder again")]
    Missing,
    /// The file cannot be read or decompressed.
    #[error("cannot read on: {0}")]
    Read(#[source] io::Error),
    /// A file that does not have the size that its header gives.
    #[error("the file has {found} bytes, by its header it should have {expected}: copy it again")]
    Size {
        /// Size by the header.
        expected: u64,
        /// Size of the file.
        found: u64,
    },
    /// Bytes that the format does not allow.
    #[error("byte {offset}: {what}: the file is damaged: copy it again")]
    Damaged {
        /// Offset in the file; for compressed text, of the piece that holds it.
        offset: u64,
        /// What is wrong there.
        what: String,
    },
    /// A version, or a variant, that is not known.
    #[error("byte {offset}: {what} is {found}, which is not known: a newer release may read it")]
    Unknown {
        /// Offset in the file.
        offset: u64,
        /// What has the value.
        what: &'static str,
        /// The value.
        found: u64,
    },
    /// Two files that do not have the same number of clusters.
    #[error(
        "the file has {found} clusters, but the tile has {expected} by {by}: one of the two belongs to another run, or is damaged: copy both again"
    )]
    Clusters {
        /// Clusters in this file.
        found: u64,
        /// Clusters of the tile.
        expected: u64,
        /// What gives the tile's number.
        by: &'static str,
    },
    /// A tile that a file of several tiles does not have.
    #[error("the file does not hold the tile: copy it again, or leave the tile out")]
    NoTile,
    /// A tile that is not of this run.
    #[error("the run has no such tile")]
    UnknownTile,
    /// XML that is not well-formed, is not allowed, or does not say what it must.
    #[error("line {line}: {what}")]
    Xml {
        /// Line, 1-based.
        line: u64,
        /// What is wrong, and what to do.
        what: String,
    },
    /// A folder that is no run folder.
    #[error("{0}")]
    Folder(&'static str),
}

impl BclError {
    /// An error that concerns the whole run.
    pub(super) fn of_file(file: &Path, kind: BclErrorKind) -> Self {
        Self {
            file: file.to_path_buf(),
            tile: None,
            cycle: None,
            kind,
        }
    }

    /// An error of one tile.
    pub(super) fn of_tile(file: &Path, tile: TileId, kind: BclErrorKind) -> Self {
        Self {
            tile: Some(tile),
            ..Self::of_file(file, kind)
        }
    }

    /// An error of one cycle of one tile.
    pub(super) fn of_cycle(file: &Path, tile: TileId, cycle: usize, kind: BclErrorKind) -> Self {
        Self {
            cycle: Some(cycle),
            ..Self::of_tile(file, tile, kind)
        }
    }
}

impl BclErrorKind {
    pub(super) fn damaged(offset: u64, what: impl Into<String>) -> Self {
        Self::Damaged {
            offset,
            what: what.into(),
        }
    }
}

impl From<io::Error> for BclErrorKind {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Read(error),
        }
    }
}

/// Writes what is known of the place, and a colon.
struct Place(Option<TileId>, Option<usize>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1) {
            (Some(tile), Some(cycle)) => write!(f, "{tile}, cycle {}: ", cycle + 1),
            (Some(tile), None) => write!(f, "{tile}: "),
            _ => Ok(()),
        }
    }
}
