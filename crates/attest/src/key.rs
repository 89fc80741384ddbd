//! Keys: ECDSA over P-256, in PEM files.
//!
//! A key is called by the SHA-256, in lower-case hexadecimal, of its DER-encoded
//! SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7):
//! `openssl pkey -pubin -in pub.pem -outform DER | sha256sum`.

use std::{
    env,
    ffi::OsString,
    fmt,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use p256::{
    ecdsa::{
        self, Signature,
        signature::{Signer, Verifier},
    },
    elliptic_curve::zeroize::Zeroizing,
    pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding},
};

use crate::{AttestError, Sha256Digest, regular};

/// The machine-local development key, in the key directory.
pub const DEVELOPMENT_KEY: &str = "development.key.pem";
/// Its public half, beside it.
pub const DEVELOPMENT_PUBLIC_KEY: &str = "development.pub.pem";

/// First line of a development key's file, which goes with it under any name (RFC 7468,
/// section 2: text before the key is no part of it).
const DEVELOPMENT_MARK: &str = "fafnir development key: proves no origin\n";

/// No PEM file of one key is larger.
const MAX_PEM_BYTES: u64 = 64 * 1024;

/// A private key. Wiped from memory when dropped.
pub struct SigningKey {
    key: ecdsa::SigningKey,
    development: bool,
}

impl SigningKey {
    /// Reads an unencrypted PKCS#8 PEM file.
    ///
    /// # Errors
    ///
    /// [`AttestError::Read`]; [`AttestError::Key`] for what is not a regular file (a symbolic
    /// link neither), can be used by group or others, or holds no P-256 key.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, AttestError> {
        let path = path.as_ref();
        let (file, metadata) = regular::open(path)
            .map_err(AttestError::read(path))?
            .ok_or_else(|| bad_key(path, "the signing key must be a regular file"))?;
        let mode = metadata.mode();
        if mode & 0o077 != 0 {
            return Err(bad_key(
                path,
                format!(
                    "mode {:04o} lets others at the signing key: chmod 600 it",
                    mode & 0o7777
                ),
            ));
        }
        let pem = Zeroizing::new(read_pem(path, file)?);
        let key = ecdsa::SigningKey::from_pkcs8_pem(&pem).map_err(|_| {
            bad_key(
                path,
                "not an unencrypted P-256 key in PKCS#8 PEM: make one with `openssl genpkey \
                 -algorithm EC -pkeyopt ec_paramgen_curve:P-256`",
            )
        })?;
        Ok(Self {
            key,
            development: pem.contains(DEVELOPMENT_MARK),
        })
    }

    /// Makes a key and writes it as PKCS#8 PEM, mode 0600; a missing parent directory is made
    /// with mode 0700.
    ///
    /// # Errors
    ///
    /// [`AttestError::Write`], also when the file exists: a key is never overwritten.
    pub fn generate(path: impl AsRef<Path>) -> Result<Self, AttestError> {
        let path = path.as_ref();
        make_key_directory(path)?;
        let key = random_key()?;
        write_private(path, "", &key)?;
        Ok(Self {
            key,
            development: false,
        })
    }

    /// The machine's development key, made on first use, with its public half beside it, in
    /// `$FAFNIR_KEY_DIR`, else `$XDG_DATA_HOME/fafnir`, else `$HOME/.local/share/fafnir`.
    ///
    /// It proves that a result has not changed since this account made it, not who made it.
    ///
    /// # Errors
    ///
    /// [`AttestError::NoKeyDirectory`] and those of [`SigningKey::load`] and
    /// [`SigningKey::generate`].
    pub fn development() -> Result<Self, AttestError> {
        Self::development_in(&key_directory(|name| env::var_os(name))?)
    }

    /// The development key in a given directory, made on first use.
    ///
    /// # Errors
    ///
    /// Those of [`SigningKey::load`] and [`SigningKey::generate`].
    pub fn development_in(directory: &Path) -> Result<Self, AttestError> {
        let path = directory.join(DEVELOPMENT_KEY);
        if !path.exists() {
            make_key_directory(&path)?;
            make_development_key(&path)?;
        }
        let key = Self {
            development: true,
            ..Self::load(&path)?
        };
        let public = directory.join(DEVELOPMENT_PUBLIC_KEY);
        let pem = key.public_key().to_pem();
        if fs::read(&public).ok().as_deref() != Some(pem.as_bytes()) {
            replace(&public, pem.as_bytes())?;
        }
        Ok(key)
    }

    /// Whether this is a machine's development key, read from its place or from a copy of its
    /// file.
    pub fn is_development(&self) -> bool {
        self.development
    }

    /// The public half.
    pub fn public_key(&self) -> VerifyingKey {
        VerifyingKey {
            key: *self.key.verifying_key(),
        }
    }

    /// ECDSA over SHA-256 of `message`, with the deterministic nonce of RFC 6979 and the lower
    /// of the two values of s that fit; DER.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.key.sign(message);
        let signature = signature.normalize_s().unwrap_or(signature);
        signature.to_der().as_bytes().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public_key().key_id())
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    key: ecdsa::VerifyingKey,
}

impl VerifyingKey {
    /// Reads a SubjectPublicKeyInfo PEM file (`-----BEGIN PUBLIC KEY-----`).
    ///
    /// # Errors
    ///
    /// [`AttestError::Read`]; [`AttestError::Key`] for what holds no P-256 key.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, AttestError> {
        let path = path.as_ref();
        let file = File::open(path).map_err(AttestError::read(path))?;
        ecdsa::VerifyingKey::from_public_key_pem(&read_pem(path, file)?)
            .map(|key| Self { key })
            .map_err(|_| bad_key(path, "not a P-256 public key in PEM (BEGIN PUBLIC KEY)"))
    }

    /// The machine's development key, if there is one; see [`SigningKey::development`].
    ///
    /// # Errors
    ///
    /// Those of [`VerifyingKey::load`].
    pub fn development() -> Result<Option<Self>, AttestError> {
        let Ok(directory) = key_directory(|name| env::var_os(name)) else {
            return Ok(None);
        };
        match Self::load(directory.join(DEVELOPMENT_PUBLIC_KEY)) {
            Err(AttestError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            loaded => loaded.map(Some),
        }
    }

    /// The keys of these files, or the machine's development key where there are none: what is trusted
    /// to have signed an input.
    ///
    /// # Errors
    ///
    /// Those of [`VerifyingKey::load`].
    pub fn load_trusted(paths: &[PathBuf]) -> Result<Vec<Self>, AttestError> {
        match paths {
            [] => Ok(Self::development()?.into_iter().collect()),
            paths => paths.iter().map(Self::load).collect(),
        }
    }

    /// SubjectPublicKeyInfo in PEM.
    pub fn to_pem(&self) -> String {
        // A valid point on the curve always has an encoding.
        self.key
            .to_public_key_pem(LineEnding::LF)
            .unwrap_or_default()
    }

    /// SHA-256 of the DER-encoded SubjectPublicKeyInfo, in lower-case hexadecimal.
    pub fn key_id(&self) -> String {
        // As above.
        let der = self.key.to_public_key_der().map(|der| der.into_vec());
        Sha256Digest::of(&der.unwrap_or_default()).to_string()
    }

    /// Anybody can turn a signature's s into n - s, which fits as well: the higher is refused,
    /// so that of one signature there is one form.
    pub(crate) fn verifies(&self, message: &[u8], der_signature: &[u8]) -> bool {
        Signature::from_der(der_signature).is_ok_and(|signature| {
            signature.normalize_s().is_none() && self.key.verify(message, &signature).is_ok()
        })
    }
}

fn key_directory(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, AttestError> {
    let set = |name| {
        variable(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("FAFNIR_KEY_DIR")
        .or_else(|| set("XDG_DATA_HOME").map(|dir| dir.join("fafnir")))
        .or_else(|| set("HOME").map(|dir| dir.join(".local/share/fafnir")))
        .ok_or(AttestError::NoKeyDirectory)
}

fn read_pem(path: &Path, file: File) -> Result<String, AttestError> {
    let mut pem = String::with_capacity(4096);
    file.take(MAX_PEM_BYTES)
        .read_to_string(&mut pem)
        .map_err(AttestError::read(path))?;
    Ok(pem)
}

fn make_key_directory(key: &Path) -> Result<(), AttestError> {
    match key.parent() {
        Some(parent) if parent != Path::new("") => DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(parent)
            .map_err(AttestError::write(parent)),
        _ => Ok(()),
    }
}

fn random_key() -> Result<ecdsa::SigningKey, AttestError> {
    let mut scalar = Zeroizing::new([0; 32]);
    loop {
        getrandom::fill(scalar.as_mut()).map_err(AttestError::Random)?;
        // Zero and what is not below the group's order (one in 2^32) are no keys.
        if let Ok(key) = ecdsa::SigningKey::from_slice(scalar.as_ref()) {
            return Ok(key);
        }
    }
}

fn write_private(path: &Path, head: &str, key: &ecdsa::SigningKey) -> Result<(), AttestError> {
    let pem = key
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| bad_key(path, error.to_string()))?;
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            file.write_all(head.as_bytes())
                .and_then(|()| file.write_all(pem.as_bytes()))
                .and_then(|()| file.sync_all())
        })
        .map_err(AttestError::write(path))
}

/// Of several first runs at the same time one makes the key and all load it: it gets its name
/// complete, and never over another.
fn make_development_key(path: &Path) -> Result<(), AttestError> {
    let temporary = temporary_beside(path)?;
    write_private(&temporary, DEVELOPMENT_MARK, &random_key()?)?;
    let linked = fs::hard_link(&temporary, path);
    let removed = fs::remove_file(&temporary);
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => removed,
    }
    .map_err(AttestError::write(path))
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), AttestError> {
    let temporary = temporary_beside(path)?;
    fs::write(&temporary, bytes)
        .and_then(|()| fs::rename(&temporary, path))
        .map_err(AttestError::write(path))
}

fn temporary_beside(path: &Path) -> Result<PathBuf, AttestError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(AttestError::Random)?;
    Ok(path.with_extension(format!("{}.part", crate::hex::encode(&random))))
}

fn bad_key(path: &Path, reason: impl Into<String>) -> AttestError {
    AttestError::Key {
        path: path.to_owned(),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests;
