//! Inputs that are hashed while they are read, and the proof that each leaves behind.

use std::{
    fs::File,
    io::{self, Read, Stdin},
    path::{Path, PathBuf},
};

use crate::{AttestError, DigestReader, FileDigest, Sha256Digest};

/// What is known of an input once all of it was read; it goes into the run's statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputProof {
    /// The name that the statement shows: the file name, without directories.
    pub name: String,
    /// What the input was for: `reads`, `reference`, `index`, ...
    pub role: String,
    /// Digest and size of what was read.
    pub digest: FileDigest,
    /// Whether the digest was claimed beforehand and found to hold.
    pub claimed: bool,
}

impl InputProof {
    /// Holds what was read against what was claimed.
    ///
    /// # Errors
    ///
    /// [`AttestError::DigestMismatch`].
    pub fn new(
        name: &str,
        role: &str,
        digest: FileDigest,
        claimed: Option<Sha256Digest>,
    ) -> Result<Self, AttestError> {
        match claimed {
            Some(expected) if expected != digest.sha256 => Err(AttestError::DigestMismatch {
                name: name.to_owned(),
                expected,
                found: digest.sha256,
            }),
            _ => Ok(Self {
                name: name.to_owned(),
                role: role.to_owned(),
                digest,
                claimed: claimed.is_some(),
            }),
        }
    }
}

/// A file, a pipe, or standard input.
#[derive(Debug)]
pub enum InputSource {
    /// An opened path. What is hashed is what this descriptor gives, whatever the path means
    /// later.
    File(File),
    /// `-`.
    Stdin(Stdin),
}

impl Read for InputSource {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Stdin(stdin) => stdin.read(buffer),
        }
    }
}

/// An input that is read and hashed at the same time, and proved at its end.
///
/// Reads are unbuffered: read in large pieces, or put a buffer above.
pub struct Pending<R: Read = InputSource> {
    reader: DigestReader<R>,
    path: PathBuf,
    role: String,
    claimed: Option<Sha256Digest>,
}

impl Pending {
    /// Opens `path`; `-` is standard input. Symbolic links and pipes are fine: the proof is of
    /// the bytes.
    ///
    /// # Errors
    ///
    /// [`AttestError::Read`]; a directory counts as unreadable.
    pub fn open(
        path: impl AsRef<Path>,
        claimed: Option<Sha256Digest>,
    ) -> Result<Self, AttestError> {
        let path = path.as_ref();
        if path == Path::new("-") {
            return Ok(Self::new(InputSource::Stdin(io::stdin()), "stdin", claimed));
        }
        let file = File::open(path).map_err(AttestError::read(path))?;
        let metadata = file.metadata().map_err(AttestError::read(path))?;
        if metadata.is_dir() {
            return Err(AttestError::read(path)(io::ErrorKind::IsADirectory.into()));
        }
        Ok(Self::new(InputSource::File(file), path, claimed))
    }
}

impl<R: Read> Pending<R> {
    /// Hashes `reader`, which errors call `path`.
    pub fn new(reader: R, path: impl AsRef<Path>, claimed: Option<Sha256Digest>) -> Self {
        Self {
            reader: DigestReader::new(reader),
            path: path.as_ref().to_owned(),
            role: "input".to_owned(),
            claimed,
        }
    }

    /// What the statement says the input was for; default `input`.
    #[must_use]
    pub fn with_role(mut self, role: &str) -> Self {
        self.role = role.to_owned();
        self
    }

    /// The path, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads on to the end and holds the digest against the claim.
    ///
    /// # Errors
    ///
    /// [`AttestError::Read`], and [`AttestError::DigestMismatch`] with the path and both digests.
    pub fn finish(self) -> Result<InputProof, AttestError> {
        let digest = self
            .reader
            .finish()
            .map_err(AttestError::read(&self.path))?;
        let mut proof = InputProof::new(
            &self.path.to_string_lossy(),
            &self.role,
            digest,
            self.claimed,
        )?;
        proof.name = shown_name(&self.path);
        Ok(proof)
    }
}

impl<R: Read> Read for Pending<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

/// The file name alone: directories tell of people and projects.
pub(crate) fn shown_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}
