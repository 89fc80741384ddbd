//! Values that were checked before anyone could use them.

use std::path::Path;

use crate::{AttestError, FileDigest, InputProof, Pending, Sha256Digest, pending::shown_name};

/// A value that was checked before use. It can only be made by a check, so a function that
/// takes a `Verified<T>` cannot be handed anything else.
#[derive(Debug, Clone)]
pub struct Verified<T> {
    value: T,
    proof: InputProof,
}

impl<T> Verified<T> {
    /// Lets `test` decide. For values whose digests lie inside their format, such as an index
    /// with a digest per chunk.
    ///
    /// # Errors
    ///
    /// Those of `test`.
    pub fn check<E>(
        value: T,
        proof: InputProof,
        test: impl FnOnce(&T, &InputProof) -> Result<(), E>,
    ) -> Result<Self, E> {
        test(&value, &proof)?;
        Ok(Self { value, proof })
    }

    /// What was made of a verified value alone is verified too: parses bytes, for instance.
    ///
    /// # Errors
    ///
    /// Those of `make`.
    pub fn try_map<U, E>(self, make: impl FnOnce(T) -> Result<U, E>) -> Result<Verified<U>, E> {
        Ok(Verified {
            value: make(self.value)?,
            proof: self.proof,
        })
    }

    /// The value.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// The value, leaving the proof behind.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// What goes into the statement.
    pub fn proof(&self) -> &InputProof {
        &self.proof
    }

    /// What the statement says the input was for; default `input`.
    #[must_use]
    pub fn with_role(mut self, role: &str) -> Self {
        self.proof.role = role.to_owned();
        self
    }
}

impl Verified<Vec<u8>> {
    /// Reads a whole file and holds it against `expected` before handing it out. Without
    /// `expected` the proof says that nobody claimed a digest.
    ///
    /// # Errors
    ///
    /// [`AttestError::Read`], [`AttestError::DigestMismatch`].
    pub fn read(
        path: impl AsRef<Path>,
        expected: Option<Sha256Digest>,
    ) -> Result<Self, AttestError> {
        let path = path.as_ref();
        let mut value = Vec::new();
        let mut pending = Pending::open(path, None)?;
        std::io::Read::read_to_end(&mut pending, &mut value).map_err(AttestError::read(path))?;
        let mut proof = InputProof::new(
            &path.to_string_lossy(),
            "input",
            FileDigest::of(&value),
            expected,
        )?;
        proof.name = shown_name(path);
        Ok(Self { value, proof })
    }
}
