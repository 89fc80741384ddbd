//! Layout of the index file.
//!
//! ```text
//! 0     8     12     16              24              32                64       4096
//! MAGIC version zero  manifest start  manifest length  SHA-256 of it    zeros    manifest, sections
//! ```
//!
//! The manifest is JSON; sections start at multiples of 4,096 bytes and have a SHA-256 for each
//! chunk of [`CHUNK`] bytes, so that all of them can be checked side by side. The manifest's digest
//! therefore stands for the whole index.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(super) const MAGIC: &[u8; 8] = b"FAFNIRIX";
/// Version of the layout and of the seeds' definition: another version is refused.
pub(super) const VERSION: u32 = 1;
pub(super) const PAGE: usize = 4096;
/// Bytes that share a digest.
pub(super) const CHUNK: usize = 4 << 20;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) contigs: Vec<ContigEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mask: Option<Mask>,
    pub(super) directory_bits: u32,
    pub(super) sections: Vec<Section>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContigEntry {
    pub(super) name: String,
    pub(super) length: u32,
    pub(super) md5: String,
    pub(super) offset: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) alternate: bool,
}

/// What was masked before the index was built: those bases are N to the aligner, though contigs
/// have the lengths and digests of the real sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mask {
    /// Name of the BED file.
    pub name: String,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
    /// Bases that it covers.
    pub bases: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) start: u64,
    pub(super) length: u64,
    /// Hexadecimal SHA-256 of each chunk.
    pub(super) chunks: Vec<String>,
}

/// The fixed part in front of the manifest.
pub(super) fn header(manifest: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(PAGE);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&(PAGE as u64).to_le_bytes());
    out.extend_from_slice(&(manifest.len() as u64).to_le_bytes());
    out.extend_from_slice(&Sha256::digest(manifest));
    out.resize(PAGE, 0);
    out
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
