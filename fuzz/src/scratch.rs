//! Folders in memory, for parsers that open files.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder that is removed when it is dropped; in memory where the system has such a place.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        TempDir::new_in(memory).expect("a folder in memory")
    } else {
        TempDir::new().expect("a temporary folder")
    }
}

/// A file that is written again and again.
pub(crate) struct File {
    _folder: TempDir,
    pub(crate) path: PathBuf,
}

impl File {
    pub(crate) fn new(name: &str) -> Self {
        let folder = folder();
        let path = folder.path().join(name);
        Self {
            _folder: folder,
            path,
        }
    }

    pub(crate) fn write(&self, data: &[u8]) -> &Path {
        std::fs::write(&self.path, data).expect("room for a file");
        &self.path
    }
}
