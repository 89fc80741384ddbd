//! Builds the index and writes it.

use std::io::Write;

use fafnir_attest::Sha256Digest;
use fafnir_io::{Reference, reference::ContigId};

use super::{collect::Collected, file::Mask, table::directory_bits, write::write};
use crate::error::IndexError;

/// What was built.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct IndexReport {
    /// Bases of the reference, padding left out.
    pub bases: u64,
    /// Seeds in the table.
    pub seeds: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the manifest: what [`Index::open`](crate::Index::open) proves the index by.
    pub manifest: Sha256Digest,
}

/// What an index says of its reference beside its bases.
#[derive(Clone, Debug, Default)]
pub struct IndexOptions {
    /// ALT contigs: other versions of places of the primary assembly.
    pub alternates: Vec<ContigId>,
    /// Where the reference's bases were masked.
    pub mask: Option<Mask>,
}

/// Builds the index of `reference` on the current rayon pool and writes it to `out`. The bytes are
/// a function of the reference alone.
///
/// # Errors
///
/// [`IndexError::TooLarge`] for a reference beyond 2^32 bases, [`IndexError::Io`] when writing fails.
pub fn build_index(reference: &Reference, out: &mut impl Write) -> Result<IndexReport, IndexError> {
    build_index_with(reference, &IndexOptions::default(), out)
}

/// The same with what is known of the reference.
///
/// # Errors
///
/// As [`build_index`].
pub fn build_index_with(
    reference: &Reference,
    options: &IndexOptions,
    out: &mut impl Write,
) -> Result<IndexReport, IndexError> {
    if reference.padded_length() > 1 << 32 {
        return Err(IndexError::TooLarge {
            bases: reference.padded_length(),
        });
    }
    let seeds = Collected::new(reference);
    let bits = directory_bits(seeds.entries.len());
    let directory = seeds.directory(bits);
    let unknown: Vec<u64> = reference
        .unknown()
        .iter()
        .flat_map(|r| [r.start, r.end])
        .collect();

    let parts: [(&str, &[u8]); 4] = [
        ("bases", bytemuck::cast_slice(reference.words())),
        ("unknown", bytemuck::cast_slice(&unknown)),
        ("directory", bytemuck::cast_slice(&directory)),
        ("seeds", bytemuck::cast_slice(&seeds.entries)),
    ];
    let (bytes, manifest) =
        write(reference, options, bits, &parts, out).map_err(|source| IndexError::Io {
            what: "write the index".into(),
            source,
        })?;
    Ok(IndexReport {
        bases: reference
            .contigs()
            .iter()
            .map(|c| u64::from(c.length))
            .sum(),
        seeds: seeds.entries.len() as u64,
        bytes,
        manifest,
    })
}
