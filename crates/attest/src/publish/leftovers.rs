//! Temporary files of runs that were killed: they are as large as results, and would make
//! verification refuse the directory.

use std::{
    fs::{self, OpenOptions},
    path::Path,
};

/// `.NAME.RUN.part`
pub(super) fn part_name(name: &str, run: &str) -> String {
    format!(".{name}.{run}.part")
}

/// The NAME of a temporary file.
fn name_of_part(file_name: &str) -> Option<&str> {
    let inner = file_name.strip_prefix('.')?.strip_suffix(".part")?;
    let (name, run) = inner.rsplit_once('.')?;
    let is_run = run.len() == 16 && run.bytes().all(|b| b.is_ascii_hexdigit());
    is_run.then_some(name)
}

/// Removes the temporary files of outputs that are `ours` by name and that no living run holds a
/// lock on. What cannot be removed stays: it is in nobody's way but a verifier's, who will name
/// it.
pub(super) fn sweep(directory: &Path, ours: impl Fn(&str) -> bool) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let is_ours = entry
            .file_name()
            .to_str()
            .and_then(name_of_part)
            .is_some_and(&ours);
        if !is_ours || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        if let Ok(file) = OpenOptions::new().write(true).open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}
