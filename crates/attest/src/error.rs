//! The errors of this crate, and the class of each that a program turns into an exit code.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::Sha256Digest;

/// The class of an error, for exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call must be changed: an output exists, its directory cannot be written to, a name
    /// cannot be used.
    Usage,
    /// A file cannot be read or is not what it should be.
    BadInput,
    /// A signature or a digest is missing or wrong.
    BadProof,
    /// Disk or file system failed while writing; another machine may succeed.
    Resource,
}

/// What can go wrong while hashing, publishing, signing and reading envelopes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestError {
    /// An input cannot be opened or read.
    #[error("{}: cannot read: {source}", path.display())]
    Read {
        /// The input.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A symbolic link, pipe, socket or device where a file should be.
    #[error("{}: not a regular file; put a copy of its content there", path.display())]
    NotRegular {
        /// What it is called.
        path: PathBuf,
    },
    /// A file is larger than anything of its kind.
    #[error("{}: more than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
    },
    /// An output cannot be created, written, synchronised or renamed.
    #[error("{}: cannot write: {source}", path.display())]
    Write {
        /// The final name of the output, or the directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The output is there already.
    #[error("{}: exists; give --force to overwrite it", path.display())]
    OutputExists {
        /// The output.
        path: PathBuf,
    },
    /// An output's name is not a plain file name, or was given twice.
    #[error("output name {name:?}: {reason}")]
    OutputName {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An input differs from the digest that was claimed for it.
    #[error("{name}: SHA-256 is {found}, but {expected} was claimed; do not use this file")]
    DigestMismatch {
        /// The input.
        name: String,
        /// What was claimed.
        expected: Sha256Digest,
        /// What the bytes give.
        found: Sha256Digest,
    },
    /// A key file cannot be used.
    #[error("{}: {reason}", path.display())]
    Key {
        /// The key file.
        path: PathBuf,
        /// What is wrong with it and what to do.
        reason: String,
    },
    /// No place is known for the machine's development key.
    #[error("no place for the development key: set FAFNIR_KEY_DIR or HOME, or give a signing key")]
    NoKeyDirectory,
    /// The system gave no random numbers.
    #[error("the system gave no random numbers: {0}")]
    Random(getrandom::Error),
    /// The bytes are not an envelope that we accept.
    #[error("not a usable DSSE envelope: {0}")]
    Envelope(String),
    /// An envelope without any signature.
    #[error("the envelope carries no signature")]
    Unsigned,
    /// A signature by a key that was not given.
    #[error("signed by key {keyid}, which is not among the trusted keys; give its public key")]
    UnknownKey {
        /// The key identifier in the envelope.
        keyid: String,
    },
    /// A signature that does not fit the payload.
    #[error("the signature by key {keyid} does not fit: payload or signature were changed")]
    BadSignature {
        /// The key identifier in the envelope.
        keyid: String,
    },
    /// The payload is not a statement of this program.
    #[error("not a usable in-toto statement: {0}")]
    Statement(String),
}

impl AttestError {
    /// The class, for exit codes.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::OutputExists { .. } | Self::OutputName { .. } | Self::NoKeyDirectory => {
                ErrorKind::Usage
            }
            Self::Read { .. } | Self::TooLarge { .. } | Self::Key { .. } => ErrorKind::BadInput,
            Self::Write { source, .. } if is_misplaced(source) => ErrorKind::Usage,
            Self::Write { .. } | Self::Random(_) => ErrorKind::Resource,
            Self::NotRegular { .. }
            | Self::DigestMismatch { .. }
            | Self::Envelope(_)
            | Self::Unsigned
            | Self::UnknownKey { .. }
            | Self::BadSignature { .. }
            | Self::Statement(_) => ErrorKind::BadProof,
        }
    }

    pub(crate) fn read(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read {
            path: path.as_ref().to_owned(),
            source,
        }
    }

    pub(crate) fn write(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write {
            path: path.as_ref().to_owned(),
            source,
        }
    }
}

/// The place does not exist or is not ours to write to: it fails on every machine.
fn is_misplaced(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, IsADirectory, NotADirectory, NotFound, PermissionDenied};
    matches!(
        error.kind(),
        AlreadyExists | IsADirectory | NotADirectory | NotFound | PermissionDenied
    )
}
