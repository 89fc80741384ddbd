//! Copies of run folders, which tests may complete and damage.

use std::fs;
use std::path::{Path, PathBuf};

use fafnir_io::bcl::TileId;
use tempfile::TempDir;

/// A run folder that a test owns.
pub(crate) struct Run {
    folder: TempDir,
}

impl Run {
    /// Copies the `Data` of a folder.
    pub(crate) fn copy(from: &Path) -> Self {
        let folder = TempDir::new().unwrap();
        copy(&from.join("Data"), &folder.path().join("Data"));
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file below `Data/Intensities`.
    pub(crate) fn intensities(&self, name: &str) -> PathBuf {
        self.path().join("Data/Intensities").join(name)
    }

    /// Writes `RunInfo.xml` with these reads, as Picard writes them (`25T8B25T`), and tiles.
    pub(crate) fn write_run_info(&self, structure: &str, tiles: &[TileId]) {
        let reads = structure.split_inclusive(['T', 'B', 'M']).enumerate();
        let reads = reads.map(|(i, read)| {
            let (cycles, kind) = read.split_at(read.len() - 1);
            let index = if kind == "T" { "N" } else { "Y" };
            let number = i + 1;
            format!(r#"<Read Number="{number}" NumCycles="{cycles}" IsIndexedRead="{index}"/>"#)
        });
        let listed = tiles
            .iter()
            .map(|t| format!("<Tile>{}_{}</Tile>", t.lane, t.tile));
        let lanes = tiles.iter().map(|tile| tile.lane).max().unwrap();
        let text = format!(
            r#"<?xml version="1.0"?>
<RunInfo Version="2"><Run Id="HiMom" Number="1"><Flowcell>abcdeACXX</Flowcell>
<Instrument>machine1</Instrument><Date>150821</Date><Reads>{}</Reads>
<FlowcellLayout LaneCount="{lanes}" SurfaceCount="2" SwathCount="2" TileCount="2">
<TileSet TileNamingConvention="FourDigit"><Tiles>{}</Tiles></TileSet></FlowcellLayout>
</Run></RunInfo>"#,
            reads.collect::<String>(),
            listed.collect::<String>(),
        );
        fs::write(self.path().join("RunInfo.xml"), text).unwrap();
    }
}

/// A `.locs` file.
pub(crate) fn locs(positions: &[(f32, f32)]) -> Vec<u8> {
    let mut bytes = 1u32.to_le_bytes().to_vec();
    bytes.extend(1f32.to_le_bytes());
    bytes.extend((positions.len() as u32).to_le_bytes());
    for (x, y) in positions {
        bytes.extend(x.to_le_bytes());
        bytes.extend(y.to_le_bytes());
    }
    bytes
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            // Not the permissions: test data may be write-protected.
            fs::write(to, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}
