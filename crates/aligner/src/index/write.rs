//! Writes the index file.

use std::io::{self, Write};

use fafnir_attest::Sha256Digest;
use fafnir_io::{ContigId, Reference};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{
    build::IndexOptions,
    file::{CHUNK, ContigEntry, Manifest, PAGE, Section, header, hex},
};

/// Bytes that a writer gets at once: what digests them on the way finds them in the cache again.
const PIECE: usize = 1 << 18;

/// Writes header, manifest and sections. Returns the file's length and the manifest's digest.
pub(super) fn write(
    reference: &Reference,
    options: &IndexOptions,
    directory_bits: u32,
    parts: &[(&str, &[u8])],
    out: &mut impl Write,
) -> io::Result<(u64, Sha256Digest)> {
    let mut manifest = Manifest {
        contigs: reference
            .contigs()
            .iter()
            .enumerate()
            .map(|(i, c)| ContigEntry {
                name: c.name.clone(),
                length: c.length,
                md5: hex(&c.md5),
                offset: c.offset,
                alternate: options.alternates.contains(&ContigId(i as u32)),
            })
            .collect(),
        mask: options.mask.clone(),
        directory_bits,
        sections: parts
            .iter()
            .map(|(name, bytes)| Section {
                name: (*name).to_owned(),
                start: 0,
                length: bytes.len() as u64,
                chunks: bytes
                    .par_chunks(CHUNK)
                    .map(|chunk| hex(&Sha256::digest(chunk)))
                    .collect(),
            })
            .collect(),
    };
    // Starts are relative to the page behind the manifest, whose length they would change.
    let mut start = 0;
    for section in &mut manifest.sections {
        section.start = start;
        start += section.length.next_multiple_of(PAGE as u64);
    }
    let manifest = serde_json::to_vec(&manifest)?;
    out.write_all(&header(&manifest))?;
    out.write_all(&manifest)?;
    pad(manifest.len(), out)?;
    for (_, bytes) in parts {
        bytes
            .chunks(PIECE)
            .try_for_each(|piece| out.write_all(piece))?;
        pad(bytes.len(), out)?;
    }
    let bytes = PAGE as u64 + (manifest.len() as u64).next_multiple_of(PAGE as u64) + start;
    Ok((bytes, Sha256Digest::of(&manifest)))
}

fn pad(length: usize, out: &mut impl Write) -> io::Result<()> {
    out.write_all(&[0; PAGE][..length.next_multiple_of(PAGE) - length])
}
