//! Recalibrations on the disk: a signed envelope (DSSE) whose payload is JSON.

use std::{io::Write, path::Path};

use fafnir_attest::{
    AttestError, InputProof, Verified,
    dsse::{Envelope, PayloadType},
    json,
    key::{SigningKey, VerifyingKey},
    publish::AtomicFile,
};
use fafnir_variant_caller::Recalibration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LabelledCalls;
use crate::{Class, Error, VERSION};

/// The version of the payload that is written and read.
const FORMAT: u64 = 1;

/// A recalibration and where it comes from.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecalibrationFile {
    format: u64,
    /// The version of this program that trained it.
    pub trained_by: String,
    /// What it was trained on.
    pub training_data: Vec<TrainingInput>,
    /// The model.
    pub model: Recalibration,
    development_key: bool,
}

/// A file that a recalibration was trained on.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingInput {
    /// Its name.
    pub name: String,
    /// What it was for.
    pub role: String,
    /// Of its bytes, in hexadecimal digits.
    pub sha256: String,
}

impl RecalibrationFile {
    /// Learns from `calls`. Those fail whose QUAL is below `thresholds`, of SNVs and of indels,
    /// afterwards.
    ///
    /// # Errors
    ///
    /// [`Class::Input`] for too few calls.
    pub fn train(calls: &LabelledCalls, thresholds: [f64; 2]) -> Result<Self, Error> {
        let model = Recalibration::train(&calls.calls, thresholds)
            .map_err(|e| Error::from_source(Class::Input, e))?;
        let input = |proof: &InputProof| TrainingInput {
            name: proof.name.clone(),
            role: proof.role.clone(),
            sha256: proof.digest.sha256.to_string(),
        };
        Ok(Self {
            format: FORMAT,
            trained_by: VERSION.to_owned(),
            training_data: calls.inputs.iter().map(input).collect(),
            model,
            development_key: false,
        })
    }

    /// Signs and writes it; the file appears complete or not at all.
    ///
    /// # Errors
    ///
    /// A file of this name, unless `force`; those of writing.
    pub fn write(mut self, path: &Path, key: &SigningKey, force: bool) -> Result<(), Error> {
        self.development_key = key.is_development();
        let payload = serde_json::to_value(&self).map_err(|e| Error::from_source(Class::Bug, e))?;
        let envelope = Envelope::sign_recalibration(&payload, key);
        let mut file = AtomicFile::create(path, force)?;
        file.write_all(&envelope.to_json())
            .map_err(|e| Error::io(path, "write the recalibration", e))?;
        file.persist()?;
        Ok(())
    }

    /// Reads a recalibration that was signed with `keys` alone.
    ///
    /// # Errors
    ///
    /// [`Class::Signature`] for one that is unsigned, signed by another key, or changed afterwards;
    /// [`Class::Input`] for what was signed but cannot be used.
    pub fn open(path: &Path, keys: &[VerifyingKey]) -> Result<Verified<Self>, Error> {
        let file = Verified::read(path, None)?.with_role("recalibration");
        let mut proof = file.proof().clone();
        let refused = |error: AttestError| {
            Error::new(Class::Signature, format!("{}: {error}", path.display()))
        };
        let envelope =
            Envelope::from_json(file.get(), PayloadType::Recalibration).map_err(refused)?;
        let payload = envelope.verify(keys).map_err(refused)?;
        // The signature vouches for it.
        proof.claimed = true;
        let opened = Self::from_json(payload.get()).map_err(|reason| {
            Error::input(format!(
                "{}: not a usable recalibration: {reason}",
                path.display()
            ))
        })?;
        Verified::check(opened, proof, |_, _| Ok(()))
    }

    /// Whether the signer's key is only a machine's development key.
    pub fn is_signed_by_development_key(&self) -> bool {
        self.development_key
    }

    fn from_json(payload: &[u8]) -> Result<Self, String> {
        let value = json::parse(payload).map_err(|e| e.to_string())?;
        // Looked at first: another version may have other fields.
        match value.get("format").and_then(Value::as_u64) {
            Some(FORMAT) => {}
            other => {
                let other = other.map_or_else(|| "none".to_owned(), |version| version.to_string());
                return Err(format!(
                    "format version {other}; this program reads version {FORMAT}"
                ));
            }
        }
        let file: Self = serde_json::from_value(value).map_err(|e| e.to_string())?;
        file.model.check().map_err(|e| e.to_string())?;
        Ok(file)
    }
}
