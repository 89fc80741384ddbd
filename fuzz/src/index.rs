//! The manifest of an index, with a header that vouches for it.

use fafnir_aligner::{Index, build_index};
use sha2::{Digest as _, Sha256};

use super::scratch::File;

/// Where the manifest starts.
const PAGE: usize = 4096;

/// A small index.
struct Whole {
    bytes: Vec<u8>,
    manifest: Vec<u8>,
    file: File,
}

impl Whole {
    fn new() -> Self {
        let fasta = b">chr1\nACGTTGCAAGGCTTAACCGGATATCGCGNNACGTTGCAAGGCTTAACC\n>chr2\nTTGACCA\n";
        let reference = fafnir_io::fasta::read("ref.fa", &fasta[..]).expect("a FASTA file");
        let mut bytes = Vec::new();
        build_index(&reference, &mut bytes).expect("an index");
        let length = u64::from_le_bytes(bytes[24..32].try_into().expect("eight bytes"));
        let manifest = bytes[PAGE..PAGE + length as usize].to_vec();
        Self {
            bytes,
            manifest,
            file: File::new("ref.fafnir"),
        }
    }
}

/// Opens an index with another manifest.
pub fn index_manifest(data: &[u8]) {
    thread_local! {
        static WHOLE: Whole = Whole::new();
    }
    WHOLE.with(|whole| {
        let mut bytes = whole.bytes.clone();
        bytes[24..32].copy_from_slice(&(data.len() as u64).to_le_bytes());
        bytes[32..64].copy_from_slice(&Sha256::digest(data));
        // A longer one lies over the sections, whose digests then differ.
        bytes.resize(bytes.len().max(PAGE + data.len()), 0);
        bytes[PAGE..PAGE + data.len()].copy_from_slice(data);
        let opened = Index::open(whole.file.write(&bytes));
        assert!(data != whole.manifest || opened.is_ok());
    });
}

/// The manifest as it is written.
pub fn index_manifest_seeds() -> Vec<Vec<u8>> {
    vec![Whole::new().manifest]
}
