//! Holds a directory against the statements in it.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use crate::{
    AttestError, DigestReader, ErrorKind, FileDigest, Sha256Digest,
    dsse::{Envelope, PayloadType},
    json,
    key::VerifyingKey,
    regular,
    statement::{Statement, SubjectKind},
};

/// Files with this ending are envelopes.
pub const ENVELOPE_SUFFIX: &str = ".dsse.json";

/// What was verified.
#[derive(Debug, Clone)]
pub struct Report {
    /// The envelopes, by file name.
    pub envelopes: Vec<VerifiedEnvelope>,
    /// The files that they list, by name, each once.
    pub files: Vec<VerifiedFile>,
}

/// An envelope whose signatures and files are all right.
#[derive(Debug, Clone)]
pub struct VerifiedEnvelope {
    /// File name of the envelope.
    pub name: String,
    /// The keys that signed.
    pub key_ids: Vec<String>,
    /// What was signed.
    pub statement: Statement,
}

/// A file whose content is what was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedFile {
    /// File name.
    pub name: String,
    /// Result or record.
    pub kind: SubjectKind,
    /// Length in bytes.
    pub size: u64,
    /// Digest of all bytes.
    pub sha256: Sha256Digest,
}

/// Why a directory was refused. Each names the offending file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A file or directory cannot be read.
    #[error("{}: cannot read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The path is neither a directory nor called `*.dsse.json`.
    #[error("{}: not an envelope; give the directory of the results or its *{ENVELOPE_SUFFIX}", path.display())]
    NotEnvelope {
        /// The path.
        path: PathBuf,
    },
    /// There is no `*.dsse.json`.
    #[error("{}: no *{ENVELOPE_SUFFIX} here: nothing proves these files", path.display())]
    NoEnvelope {
        /// The directory.
        path: PathBuf,
    },
    /// The envelope, its signature or its statement was refused.
    #[error("{}: {source}", path.display())]
    Envelope {
        /// The envelope.
        path: PathBuf,
        /// Why.
        source: AttestError,
    },
    /// The envelope has other white space or another order of keys than it was written with.
    #[error("{}: changed after it was written: not in canonical form", path.display())]
    NotCanonical {
        /// The envelope.
        path: PathBuf,
    },
    /// The envelope was signed for another file name, or for none.
    #[error("{}: signed as {signed:?}: a copy or renamed; give it back its name, or remove it", path.display())]
    EnvelopeName {
        /// The envelope.
        path: PathBuf,
        /// The name in the statement; empty for none.
        signed: String,
    },
    /// A listed file is not there.
    #[error("{}: missing, but listed in {envelope}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// The envelope that lists it.
        envelope: String,
    },
    /// A listed file has another length.
    #[error("{}: {found} bytes instead of {expected}: the file was changed", path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// Length stated.
        expected: u64,
        /// Length found.
        found: u64,
    },
    /// A listed file has other content.
    #[error("{}: SHA-256 is {found} instead of {expected}: the file was changed", path.display())]
    Digest {
        /// The file.
        path: PathBuf,
        /// Digest stated.
        expected: Sha256Digest,
        /// Digest found.
        found: Sha256Digest,
    },
    /// A file that no statement lists.
    #[error("{}: no statement lists this file; remove it or move it away", path.display())]
    Extra {
        /// The file.
        path: PathBuf,
    },
    /// A symbolic link, pipe, socket or device, or a directory where a file should be.
    #[error("{}: not a regular file; put a copy of its content there", path.display())]
    NotRegular {
        /// What it is called.
        path: PathBuf,
    },
    /// Two statements list one file with different content.
    #[error("{}: {first} and {second} state different content", path.display())]
    Disagree {
        /// The file.
        path: PathBuf,
        /// One envelope.
        first: String,
        /// The other.
        second: String,
    },
}

impl VerifyError {
    /// The class, for exit codes.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreadable { .. } => ErrorKind::BadInput,
            Self::NotEnvelope { .. } => ErrorKind::Usage,
            Self::Envelope { source, .. } => source.kind(),
            _ => ErrorKind::BadProof,
        }
    }
}

/// A stated file and the envelope that states it.
struct Claim {
    file: VerifiedFile,
    envelope: String,
}

/// Verifies a directory, or one envelope and the files that it lists.
///
/// In a directory every `*.dsse.json` is an envelope; each must be signed by `keys` alone, under
/// the name that it has, every
/// listed file must have the stated size and SHA-256, and every other entry but subdirectories,
/// which are not looked into, is refused. Given an envelope, entries beside its files are not
/// looked at.
///
/// # Errors
///
/// The first [`VerifyError`], in the order: signatures, directory entries, contents by name.
pub fn verify_path(path: impl AsRef<Path>, keys: &[VerifyingKey]) -> Result<Report, VerifyError> {
    let path = path.as_ref();
    let whole = fs::metadata(path).map_err(unreadable(path))?.is_dir();
    let (directory, names) = if whole {
        (path, envelope_names(path)?)
    } else {
        let directory = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let name = path.file_name().unwrap_or_default();
        if !is_envelope(name) {
            return Err(VerifyError::NotEnvelope {
                path: path.to_owned(),
            });
        }
        (directory, vec![name.to_string_lossy().into_owned()])
    };
    if names.is_empty() {
        return Err(VerifyError::NoEnvelope {
            path: path.to_owned(),
        });
    }
    let envelopes = names
        .iter()
        .map(|name| read_envelope(directory, name, keys))
        .collect::<Result<Vec<_>, _>>()?;
    let claims = collect_claims(directory, &envelopes)?;
    if whole {
        refuse_unlisted(directory, &claims)?;
    }
    check_files(directory, &claims)?;
    Ok(Report {
        envelopes,
        files: claims.into_values().map(|claim| claim.file).collect(),
    })
}

/// Sorted names of the envelopes in a directory.
fn envelope_names(directory: &Path) -> Result<Vec<String>, VerifyError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable(directory))? {
        let name = entry.map_err(unreadable(directory))?.file_name();
        if is_envelope(&name) {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn is_envelope(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|name| name.ends_with(ENVELOPE_SUFFIX))
}

fn read_envelope(
    directory: &Path,
    name: &str,
    keys: &[VerifyingKey],
) -> Result<VerifiedEnvelope, VerifyError> {
    let path = directory.join(name);
    let (file, size) = open_regular(&path)?;
    let refused = |source| VerifyError::Envelope {
        path: path.clone(),
        source,
    };
    if size > json::MAX_BYTES as u64 {
        return Err(refused(AttestError::Envelope(format!(
            "{size} bytes, more than {}",
            json::MAX_BYTES
        ))));
    }
    let mut bytes = Vec::new();
    io::Read::read_to_end(
        &mut io::Read::take(file, json::MAX_BYTES as u64 + 1),
        &mut bytes,
    )
    .map_err(unreadable(&path))?;
    let envelope = Envelope::from_json(&bytes, PayloadType::Statement).map_err(refused)?;
    let payload = envelope.verify(keys).map_err(refused)?;
    if envelope.to_json() != bytes {
        return Err(VerifyError::NotCanonical { path });
    }
    let statement = Statement::from_json(payload.get()).map_err(refused)?;
    if statement.envelope() != Some(name) {
        let signed = statement.envelope().unwrap_or_default().to_owned();
        return Err(VerifyError::EnvelopeName { path, signed });
    }
    Ok(VerifiedEnvelope {
        name: name.to_owned(),
        key_ids: envelope
            .signatures()
            .iter()
            .map(|signature| signature.keyid.clone())
            .collect(),
        statement,
    })
}

/// All stated files by name.
fn collect_claims(
    directory: &Path,
    envelopes: &[VerifiedEnvelope],
) -> Result<BTreeMap<String, Claim>, VerifyError> {
    let mut claims = BTreeMap::<String, Claim>::new();
    for envelope in envelopes {
        for subject in &envelope.statement.subject {
            let file = VerifiedFile {
                name: subject.name.clone(),
                kind: subject.annotations.kind,
                size: subject.annotations.size,
                sha256: subject.digest.sha256,
            };
            let claim = claims.entry(file.name.clone()).or_insert_with(|| Claim {
                file: file.clone(),
                envelope: envelope.name.clone(),
            });
            if claim.file != file {
                return Err(VerifyError::Disagree {
                    path: directory.join(&file.name),
                    first: claim.envelope.clone(),
                    second: envelope.name.clone(),
                });
            }
        }
    }
    Ok(claims)
}

fn refuse_unlisted(directory: &Path, claims: &BTreeMap<String, Claim>) -> Result<(), VerifyError> {
    let mut entries = fs::read_dir(directory)
        .and_then(|entries| {
            entries
                .map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))))
                .collect::<Result<Vec<_>, _>>()
        })
        .map_err(unreadable(directory))?;
    entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    for (name, file_type) in entries {
        let listed = name.to_str().is_some_and(|name| claims.contains_key(name));
        let path = directory.join(&name);
        if file_type.is_dir() && !listed {
            continue;
        }
        if !file_type.is_file() {
            return Err(VerifyError::NotRegular { path });
        }
        if !listed && !is_envelope(&name) {
            return Err(VerifyError::Extra { path });
        }
    }
    Ok(())
}

/// Hashes the files on all cores; the answer does not depend on which thread comes first.
fn check_files(directory: &Path, claims: &BTreeMap<String, Claim>) -> Result<(), VerifyError> {
    let claims: Vec<_> = claims.values().collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut failures = Vec::new();
        while let Some((i, claim)) = {
            let i = next.fetch_add(1, Ordering::Relaxed);
            claims.get(i).map(|claim| (i, claim))
        } {
            if let Err(error) = check_file(directory, claim) {
                failures.push((i, error));
            }
        }
        failures
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let failures = thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads.min(claims.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let mut failures = work();
        for helper in helpers {
            match helper.join() {
                Ok(more) => failures.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        failures
    });
    match failures.into_iter().min_by_key(|(i, _)| *i) {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

fn check_file(directory: &Path, claim: &Claim) -> Result<(), VerifyError> {
    let stated = &claim.file;
    let path = directory.join(&stated.name);
    let (file, size) = match open_regular(&path) {
        Err(VerifyError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Err(VerifyError::Missing {
                path,
                envelope: claim.envelope.clone(),
            });
        }
        opened => opened?,
    };
    let wrong_size = |found| VerifyError::Size {
        path: path.clone(),
        expected: stated.size,
        found,
    };
    if size != stated.size {
        return Err(wrong_size(size));
    }
    let FileDigest { sha256, size, .. } = DigestReader::new(file)
        .finish()
        .map_err(unreadable(&path))?;
    if size != stated.size {
        return Err(wrong_size(size));
    }
    if sha256 != stated.sha256 {
        return Err(VerifyError::Digest {
            path,
            expected: stated.sha256,
            found: sha256,
        });
    }
    Ok(())
}

/// Opens a regular file, not through a symbolic link, and returns its size.
fn open_regular(path: &Path) -> Result<(File, u64), VerifyError> {
    match regular::open(path).map_err(unreadable(path))? {
        Some((file, metadata)) => Ok((file, metadata.len())),
        None => Err(VerifyError::NotRegular {
            path: path.to_owned(),
        }),
    }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> VerifyError {
    move |source| VerifyError::Unreadable {
        path: path.to_owned(),
        source,
    }
}
