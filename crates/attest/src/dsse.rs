//! The envelope around a statement, what a kernel package says of itself, or a recalibration of calls:
//! DSSE v1.0.2 (<https://github.com/secure-systems-lab/dsse/blob/v1.0.2/envelope.md>).

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    AttestError, FileDigest, InputProof, Verified, json,
    key::{SigningKey, VerifyingKey},
    statement::Statement,
};

/// What an envelope carries. It is signed with the payload, and a reader says which it expects, so
/// that one is never taken for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PayloadType {
    /// An in-toto statement about the files of a run.
    Statement,
    /// What a kernel package says of its device program.
    KernelPackage,
    /// A model that sets QUAL and filters of calls.
    Recalibration,
}

impl PayloadType {
    /// The `payloadType` of the envelope.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Statement => "application/vnd.in-toto+json",
            Self::KernelPackage => "application/vnd.fafnir.kernel-package+json",
            Self::Recalibration => "application/vnd.fafnir.recalibration+json",
        }
    }

    /// As people call it.
    const fn role(self) -> &'static str {
        match self {
            Self::Statement => "statement",
            Self::KernelPackage => "kernel package",
            Self::Recalibration => "recalibration",
        }
    }
}

/// Pre-authentication encoding: the bytes that are signed.
///
/// ```
/// let pae = fafnir_attest::dsse::pae("http://example.com/HelloWorld", b"hello world");
/// assert_eq!(pae, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
/// ```
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

/// A payload and its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    payload_type: PayloadType,
    payload: Vec<u8>,
    signatures: Vec<EnvelopeSignature>,
}

/// One signature of an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeSignature {
    /// See [`VerifyingKey::key_id`]. It is not signed: it says which key to try.
    pub keyid: String,
    /// ECDSA over P-256 and SHA-256, DER.
    pub sig: Vec<u8>,
}

impl Envelope {
    /// Signs a statement. Whether the key is a development key is written into it first.
    ///
    /// # Errors
    ///
    /// [`AttestError::Statement`] for a statement that would not be accepted back.
    pub fn sign(statement: &Statement, key: &SigningKey) -> Result<Self, AttestError> {
        let payload = statement.to_json(key.is_development())?;
        Ok(Self::seal(PayloadType::Statement, payload, key))
    }

    /// Signs what a kernel package says of itself, in canonical form.
    pub fn sign_kernel_package(description: &Value, key: &SigningKey) -> Self {
        let payload = json::canonical(description);
        Self::seal(PayloadType::KernelPackage, payload, key)
    }

    /// Signs a recalibration, in canonical form.
    pub fn sign_recalibration(recalibration: &Value, key: &SigningKey) -> Self {
        let payload = json::canonical(recalibration);
        Self::seal(PayloadType::Recalibration, payload, key)
    }

    fn seal(payload_type: PayloadType, payload: Vec<u8>, key: &SigningKey) -> Self {
        Self {
            payload_type,
            signatures: vec![EnvelopeSignature {
                keyid: key.public_key().key_id(),
                sig: key.sign(&pae(payload_type.as_str(), &payload)),
            }],
            payload,
        }
    }

    /// The signatures, unchecked.
    pub fn signatures(&self) -> &[EnvelopeSignature] {
        &self.signatures
    }

    /// The payload, once every signature was found to be by one of `keys` and to fit.
    ///
    /// # Errors
    ///
    /// [`AttestError::Unsigned`], [`AttestError::UnknownKey`], [`AttestError::BadSignature`].
    pub fn verify(&self, keys: &[VerifyingKey]) -> Result<Verified<Vec<u8>>, AttestError> {
        let proof = InputProof {
            name: self.payload_type.role().to_owned(),
            role: self.payload_type.role().to_owned(),
            digest: FileDigest::of(&self.payload),
            claimed: true,
        };
        Verified::check(self.payload.clone(), proof, |payload, _| {
            self.check_signatures(payload, keys)
        })
    }

    fn check_signatures(&self, payload: &[u8], keys: &[VerifyingKey]) -> Result<(), AttestError> {
        if self.signatures.is_empty() {
            return Err(AttestError::Unsigned);
        }
        let signed = pae(self.payload_type.as_str(), payload);
        self.signatures.iter().try_for_each(|signature| {
            let keyid = &signature.keyid;
            let key = keys.iter().find(|key| key.key_id() == *keyid);
            match key {
                None => Err(AttestError::UnknownKey {
                    keyid: keyid.clone(),
                }),
                Some(key) if key.verifies(&signed, &signature.sig) => Ok(()),
                Some(_) => Err(AttestError::BadSignature {
                    keyid: keyid.clone(),
                }),
            }
        })
    }

    /// The envelope as it lies on the disk: keys sorted, no white space.
    pub fn to_json(&self) -> Vec<u8> {
        json::canonical(&serde_json::json!({
            "payload": STANDARD.encode(&self.payload),
            "payloadType": self.payload_type.as_str(),
            "signatures": self.signatures.iter().map(|signature| serde_json::json!({
                "keyid": signature.keyid,
                "sig": STANDARD.encode(&signature.sig),
            })).collect::<Vec<_>>(),
        }))
    }

    /// Parses an envelope of `expected`. White space and the order of keys are free, all else is
    /// strict.
    ///
    /// # Errors
    ///
    /// [`AttestError::Envelope`] for more than 16 MiB, more than 32 levels, unknown, missing or
    /// repeated fields, another payload type, or base64 that is not canonical;
    /// [`AttestError::Unsigned`]; two signatures by one key.
    pub fn from_json(bytes: &[u8], expected: PayloadType) -> Result<Self, AttestError> {
        let refuse = |reason: String| AttestError::Envelope(reason);
        let value = json::parse(bytes).map_err(|error| refuse(error.to_string()))?;
        let wire: WireEnvelope =
            serde_json::from_value(value).map_err(|error| refuse(error.to_string()))?;
        if wire.payload_type != expected.as_str() {
            return Err(refuse(format!(
                "payload type {:?} instead of {:?}",
                wire.payload_type,
                expected.as_str()
            )));
        }
        if wire.signatures.is_empty() {
            return Err(AttestError::Unsigned);
        }
        let decode = |field: &str, text: &str| {
            STANDARD
                .decode(text)
                .map_err(|error| refuse(format!("{field} is not base64: {error}")))
        };
        let mut keyids = BTreeSet::new();
        let signatures = wire
            .signatures
            .into_iter()
            .map(|WireSignature { keyid, sig }| {
                if !keyids.insert(keyid.clone()) {
                    return Err(refuse(format!("two signatures by key {keyid}")));
                }
                let sig = decode("a signature", &sig)?;
                Ok(EnvelopeSignature { keyid, sig })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            payload_type: expected,
            payload: decode("the payload", &wire.payload)?,
            signatures,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WireEnvelope {
    payload: String,
    payload_type: String,
    signatures: Vec<WireSignature>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSignature {
    keyid: String,
    sig: String,
}
