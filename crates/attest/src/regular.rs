//! Files that are named by a path and must be just that: no link, no pipe, no device.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::Path,
};

use crate::AttestError;

/// Opens a regular file, not through a symbolic link; `None` for anything else.
pub(crate) fn open(path: &Path) -> io::Result<Option<(File, Metadata)>> {
    let named = fs::symlink_metadata(path)?;
    // Looked at before opening, because opening a pipe waits for its writer, and compared
    // afterwards, because the name may have been given to another file in between.
    if !named.is_file() {
        return Ok(None);
    }
    let file = File::open(path)?;
    let opened = file.metadata()?;
    let same = (named.dev(), named.ino()) == (opened.dev(), opened.ino());
    Ok(same.then_some((file, opened)))
}

/// Reads a whole regular file, not through a symbolic link. What is returned was read once: check
/// and use these bytes, not the path.
///
/// # Errors
///
/// [`AttestError::Read`]; [`AttestError::NotRegular`]; [`AttestError::TooLarge`] for more than
/// `limit` bytes, of which no more are read.
pub fn read_regular(path: impl AsRef<Path>, limit: u64) -> Result<Vec<u8>, AttestError> {
    let path = path.as_ref();
    let unreadable = |source| AttestError::read(path)(source);
    let (file, metadata) =
        open(path)
            .map_err(unreadable)?
            .ok_or_else(|| AttestError::NotRegular {
                path: path.to_owned(),
            })?;
    let mut bytes = Vec::with_capacity(metadata.len().min(limit) as usize);
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(AttestError::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(bytes)
}
