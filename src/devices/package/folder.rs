//! Packages on the disk: written whole or not at all, read once and verified.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use fafnir_attest::{
    AttestError, FileDigest, InputProof, Verified,
    dsse::{Envelope, PayloadType},
    json,
    key::{SigningKey, VerifyingKey},
    read_regular,
};

use super::{KernelPackage, MAX_BINARY, xclbin};
use crate::{Class, Error};

const DESCRIPTION: &str = "package.json";
const ENVELOPE: &str = "package.dsse.json";

/// The names that the binary cannot have.
pub(super) const OWN_FILES: [&str; 2] = [DESCRIPTION, ENVELOPE];

/// A package and its program.
#[derive(Clone, Debug)]
pub struct LoadedPackage {
    description: KernelPackage,
    binary: Vec<u8>,
    key_ids: Vec<String>,
}

impl LoadedPackage {
    /// What the package says of the program.
    pub fn description(&self) -> &KernelPackage {
        &self.description
    }

    /// The program: the very bytes that were checked.
    pub fn binary(&self) -> &[u8] {
        &self.binary
    }

    /// The keys that signed.
    pub fn key_ids(&self) -> &[String] {
        &self.key_ids
    }
}

impl KernelPackage {
    /// Reads a package that was signed with `keys` alone. Each file is read once, and what was
    /// checked is what is returned. The proof is of `package.json`, which holds the binary's digest.
    ///
    /// # Errors
    ///
    /// [`Class::Signature`] for files that are missing, unsigned, signed by another key, or not what
    /// was signed; [`Class::Input`] for a folder that cannot be read, and for what was signed but
    /// cannot be used: another format version, an unknown field or kernel contract, a binary that is
    /// too large or outside the folder, a damaged `xclbin`.
    pub fn open(folder: &Path, keys: &[VerifyingKey]) -> Result<Verified<LoadedPackage>, Error> {
        fs::read_dir(folder).map_err(|e| Error::io(folder, "open the kernel package", e))?;
        let (payload, key_ids) = read_envelope(folder, keys)?;
        if read(folder, DESCRIPTION, json::MAX_BYTES as u64)? != payload {
            return Err(changed(folder, DESCRIPTION, "not what was signed"));
        }
        let unusable = |reason: String| {
            let path = folder.join(DESCRIPTION);
            Error::input(format!(
                "{}: not a usable kernel package: {reason}",
                path.display()
            ))
        };
        let description = Self::from_json(&payload).map_err(unusable)?;
        let binary = read(folder, &description.binary.name, MAX_BINARY)?;
        let proof = InputProof {
            name: format!("{}#{DESCRIPTION}", shown_name(folder)),
            role: "kernel package".to_owned(),
            digest: FileDigest::of(&payload),
            claimed: true,
        };
        let loaded = LoadedPackage {
            description,
            binary,
            key_ids,
        };
        Verified::check(loaded, proof, |loaded, _| {
            let stated = &loaded.description.binary;
            let found = FileDigest::of(&loaded.binary);
            if (found.size, found.sha256) != (stated.size, stated.sha256) {
                let what = format!(
                    "{} bytes with SHA-256 {} instead of {} with {}",
                    found.size, found.sha256, stated.size, stated.sha256
                );
                return Err(changed(folder, &stated.name, &what));
            }
            let uuid = xclbin::uuid(&loaded.binary)
                .map_err(|reason| unusable(format!("{}: {reason}", stated.name)))?;
            if uuid != stated.xclbin_uuid {
                return Err(unusable(format!(
                    "{} has the UUID {uuid:?} instead of {:?}",
                    stated.name, stated.xclbin_uuid
                )));
            }
            Ok(())
        })
    }

    /// Signs the description, writes the package as the new folder `folder`, which appears complete
    /// or not at all, and returns it as it was written.
    ///
    /// # Errors
    ///
    /// [`Class::Usage`] if something of that name exists, or for a description that would not be
    /// accepted back; those of writing.
    pub fn write(mut self, binary: &[u8], folder: &Path, key: &SigningKey) -> Result<Self, Error> {
        self.development_key = key.is_development();
        let unusable = |reason| Error::usage(format!("{}: {reason}", folder.display()));
        self.check().map_err(unusable)?;
        let description = serde_json::to_value(&self).map_err(|e| unusable(e.to_string()))?;
        let envelope = Envelope::sign_kernel_package(&description, key);
        refuse_existing(folder)?;
        let failed = |source| {
            let path = folder.to_owned();
            Error::from(AttestError::Write { path, source })
        };
        let parent = match folder.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let temporary = tempfile::Builder::new()
            .prefix(&format!(".{}.", shown_name(folder)))
            .suffix(".part")
            // Less what the umask takes away.
            .permissions(Permissions::from_mode(0o777))
            .tempdir_in(parent)
            .map_err(failed)?;
        for (name, bytes) in [
            (self.binary.name.as_str(), binary),
            (DESCRIPTION, &json::canonical(&description)),
            (ENVELOPE, &envelope.to_json()),
        ] {
            write(&temporary.path().join(name), bytes).map_err(failed)?;
        }
        sync(temporary.path()).map_err(failed)?;
        // What would be refused is not published.
        let written = Self::open(temporary.path(), &[key.public_key()])?.into_inner();
        fs::rename(temporary.path(), folder).map_err(failed)?;
        let _ = temporary.keep();
        sync(parent).map_err(failed)?;
        Ok(written.description)
    }
}

/// Refuses to write a package where something is.
pub(in crate::devices) fn refuse_existing(folder: &Path) -> Result<(), Error> {
    if fs::symlink_metadata(folder).is_err() {
        return Ok(());
    }
    Err(Error::usage(format!(
        "{}: exists; kernel packages are never overwritten",
        folder.display()
    )))
}

/// Returns the payload and the keys that signed it.
fn read_envelope(folder: &Path, keys: &[VerifyingKey]) -> Result<(Vec<u8>, Vec<String>), Error> {
    let bytes = read(folder, ENVELOPE, json::MAX_BYTES as u64)?;
    let refused = |error: AttestError| {
        let path = folder.join(ENVELOPE);
        Error::new(Class::Signature, format!("{}: {error}", path.display()))
    };
    let envelope = Envelope::from_json(&bytes, PayloadType::KernelPackage).map_err(refused)?;
    let payload = envelope.verify(keys).map_err(refused)?.into_inner();
    if envelope.to_json() != bytes {
        return Err(changed(folder, ENVELOPE, "not in canonical form"));
    }
    let signatures = envelope.signatures().iter();
    let key_ids = signatures.map(|signature| signature.keyid.clone());
    Ok((payload, key_ids.collect()))
}

fn read(folder: &Path, name: &str, limit: u64) -> Result<Vec<u8>, Error> {
    read_regular(folder.join(name), limit).map_err(|error| match error {
        AttestError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            let why = match name {
                ENVELOPE => "missing: nothing proves this kernel package",
                _ => "missing, but a part of the signed kernel package",
            };
            Error::new(
                Class::Signature,
                format!("{}: {why}", folder.join(name).display()),
            )
        }
        error => error.into(),
    })
}

fn changed(folder: &Path, name: &str, what: &str) -> Error {
    let path = folder.join(name);
    Error::new(
        Class::Signature,
        format!("{}: changed after it was signed: {what}", path.display()),
    )
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The folder's name alone: the path to it tells of people and projects.
fn shown_name(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or(folder.as_os_str());
    name.to_string_lossy().into_owned()
}
