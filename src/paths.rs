//! What paths mean before anything is written to them.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use crate::error::Error;

/// Refuses an `output` that is one of the `inputs`, by whatever name.
pub(crate) fn refuse_input<'a>(
    output: &Path,
    inputs: impl IntoIterator<Item = &'a Path>,
) -> Result<(), Error> {
    match inputs.into_iter().find(|input| is_same_file(output, input)) {
        Some(input) => Err(Error::usage(format!(
            "{}: is the input {}; choose another name for the output",
            output.display(),
            input.display()
        ))),
        None => Ok(()),
    }
}

/// Refuses an `output` whose folder does not exist.
pub(crate) fn require_folder(output: &Path) -> Result<(), Error> {
    let folder = match output.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => return Ok(()),
    };
    if folder.is_dir() {
        return Ok(());
    }
    Err(Error::usage(format!(
        "{}: there is no folder {}; make it first",
        output.display(),
        folder.display()
    )))
}

/// Whether both exist and are one file: hard and symbolic links too.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_input_is_known_by_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let [input, hard, soft, other] = ["a", "b", "c", "d"].map(|n| folder.path().join(n));
        fs::write(&input, "x").unwrap();
        fs::hard_link(&input, &hard).unwrap();
        std::os::unix::fs::symlink(&input, &soft).unwrap();
        fs::write(&other, "x").unwrap();
        for name in [&input, &hard, &soft] {
            let error = refuse_input(name, [other.as_path(), &input]).unwrap_err();
            assert_eq!(error.class(), crate::Class::Usage);
        }
        assert!(refuse_input(&other, [input.as_path(), Path::new("nowhere")]).is_ok());
        assert!(refuse_input(&folder.path().join("new"), [input.as_path()]).is_ok());
    }

    #[test]
    fn a_missing_folder_is_wrong_usage() {
        assert!(require_folder(Path::new("plain")).is_ok());
        let error = require_folder(Path::new("/nonexistent/u.bam")).unwrap_err();
        assert_eq!(error.class(), crate::Class::Usage);
    }
}
