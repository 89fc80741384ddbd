//! What proves a result: digests, keys, signed statements and their verification.
//!
//! A run reads its inputs through [`Pending`] (streamed, hashed on the way) or [`Verified`]
//! (checked before use), writes its outputs through [`publish::OutputDirectory`] (hashed on the
//! way, under temporary names), lists all of them in one [`statement::Statement`], signs that as
//! a [`dsse::Envelope`] and only then gives the files their names, the envelope last. A file
//! without an envelope is not a result. [`verify::verify_path`] goes the way back.
//!
//! ```
//! use fafnir_attest::{key::SigningKey, publish::{Claims, OutputDirectory}, statement::*, verify};
//! use std::io::Write;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let scratch = tempfile::tempdir()?;
//! # let dir = scratch.path().join("out");
//! let key = SigningKey::generate(scratch.path().join("keys/lab.key.pem"))?;
//! let claims = Claims {
//!     prefix: "NA12878",
//!     envelope: ".dsse.json",
//!     suffixes: &[".vcf"],
//! };
//! let output = OutputDirectory::claim(&dir, &claims, false)?;
//! let mut vcf = output.create("NA12878.vcf")?;
//! vcf.write_all(b"##fileformat=VCFv4.2\n")?;
//! let vcf = vcf.finish()?;
//!
//! let now = timestamp(std::time::SystemTime::now());
//! let statement = Statement::new(
//!     vec![Subject::new(&vcf, SubjectKind::Result)],
//!     BuildDefinition::default(),
//!     RunDetails::new(output.run_id(), &now, &now),
//! );
//! let envelope = output.sign(&statement, &key)?;
//! output.publish(vec![vcf], envelope)?;
//!
//! let report = verify::verify_path(&dir, &[key.public_key()])?;
//! assert_eq!(report.files[0].name, "NA12878.vcf");
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod digest;
pub mod dsse;
mod error;
mod hex;
pub mod json;
pub mod key;
pub mod name;
mod pending;
pub mod publish;
mod regular;
pub mod statement;
mod stream;
mod verified;
pub mod verify;

pub use digest::{FileDigest, ParseDigestError, Sha256Digest};
pub use error::{AttestError, ErrorKind};
pub use pending::{InputProof, InputSource, Pending};
pub use regular::read_regular;
pub use stream::{DigestReader, DigestWriter};
pub use verified::Verified;
