//! Where test data are.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A file or folder of the test data, if it is there.
pub(crate) fn data(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("FAFNIR_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(path);
    if path.exists() {
        return Some(path);
    }
    // Data need not be everywhere, even where all tools must be.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {} is missing", path.display());
    None
}
