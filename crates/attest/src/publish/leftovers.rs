//! Temporary files of runs that were killed: they are as large as results, and would make
//! verification refuse the directory.

use std::{
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
};

/// `.NAME.RUN.part`
pub(super) fn part_name(name: &str, run: &str) -> String {
    format!(".{name}.{run}.part")
}

/// NAME and RUN of a temporary file.
fn parse(file_name: &str) -> Option<(&str, &str)> {
    let inner = file_name.strip_prefix('.')?.strip_suffix(".part")?;
    let (name, run) = inner.rsplit_once('.')?;
    let is_run = run.len() == 16 && run.bytes().all(|b| b.is_ascii_hexdigit());
    is_run.then_some((name, run))
}

/// What the marker's NAME adds to the prefix of a run: the file that the run holds while others are
/// open only now and then, or have names that say nothing.
const MARKER: &str = ".running";

pub(super) fn marker_name(prefix: &str) -> String {
    format!("{prefix}{MARKER}")
}

/// Whether an output is of the runs with a prefix by its name.
pub(super) fn is_of(prefix: &str, name: &str) -> bool {
    let rest = name.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.starts_with(['.', '-']))
}

/// Removes the temporary files of outputs that are `ours` by name and that no living run holds a
/// lock on; with a marker all of its run. What cannot be removed stays: it is in nobody's way but a
/// verifier's, who will name it.
pub(super) fn sweep(directory: &Path, ours: impl Fn(&str) -> bool) {
    for part in parts(directory).filter(|part| ours(&part.name)) {
        if let Ok(file) = OpenOptions::new().write(true).open(&part.path)
            && file.try_lock().is_ok()
        {
            if part.name.ends_with(MARKER) {
                // The marker goes last, so that a sweep that is cut short can be done again.
                let of_run = parts(directory).filter(|other| other.run == part.run);
                for other in of_run.filter(|other| other.name != part.name) {
                    let _ = fs::remove_file(other.path);
                }
            }
            let _ = fs::remove_file(&part.path);
        }
    }
}

/// A temporary file, by its name.
struct Part {
    path: PathBuf,
    name: String,
    run: String,
}

fn parts(directory: &Path) -> impl Iterator<Item = Part> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    files.filter_map(|entry| {
        let file_name = entry.file_name();
        let (name, run) = parse(file_name.to_str()?)?;
        Some(Part {
            path: entry.path(),
            name: name.to_owned(),
            run: run.to_owned(),
        })
    })
}
