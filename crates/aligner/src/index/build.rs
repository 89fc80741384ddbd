//! Builds the index and writes it.

use std::io::{self, Write};

use fafnir_attest::Sha256Digest;
use fafnir_io::{Reference, reference::ContigId};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{
    file::{CHUNK, ContigEntry, Manifest, PAGE, Section, header, hex},
    table::{REMAINDER_BITS, directory_bits, entry},
};
use crate::{
    error::IndexError,
    syncmer::{HASH_BITS, K, for_each_syncmer},
};

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

/// Builds the index of `reference` on the current rayon pool and writes it to `out`. The bytes are
/// a function of the reference alone.
///
/// # Errors
///
/// [`IndexError::TooLarge`] for a reference beyond 2^32 bases, [`IndexError::Io`] when writing fails.
pub fn build_index(reference: &Reference, out: &mut impl Write) -> Result<IndexReport, IndexError> {
    if reference.padded_length() > 1 << 32 {
        return Err(IndexError::TooLarge {
            bases: reference.padded_length(),
        });
    }
    let seeds = collect_seeds(reference);
    let count = seeds.iter().map(Vec::len).sum::<usize>();
    let bits = directory_bits(count);
    let directory = directory(&seeds, bits);
    let unknown: Vec<u64> = reference
        .unknown()
        .iter()
        .flat_map(|r| [r.start, r.end])
        .collect();
    let seeds: Vec<u64> = seeds.into_iter().flatten().collect();

    let parts: [(&str, &[u8]); 4] = [
        ("bases", bytemuck::cast_slice(reference.words())),
        ("unknown", bytemuck::cast_slice(&unknown)),
        ("directory", bytemuck::cast_slice(&directory)),
        ("seeds", bytemuck::cast_slice(&seeds)),
    ];
    let (bytes, manifest) =
        write(reference, bits, &parts, out).map_err(|source| IndexError::Io {
            what: "write the index".into(),
            source,
        })?;
    Ok(IndexReport {
        bases: reference
            .contigs()
            .iter()
            .map(|c| u64::from(c.length))
            .sum(),
        seeds: count as u64,
        bytes,
        manifest,
    })
}

/// Partitions by the hash's top bits, so that what is left of hash, strand and position fits a word.
const PARTITIONS: usize = 1 << (HASH_BITS - REMAINDER_BITS);
/// Bases that one task looks at.
const PIECE: u32 = 1 << 20;

/// Seeds of one task, by partition.
struct Found {
    entries: Vec<u64>,
    /// Where each partition starts in `entries`, and the end of the last.
    starts: Vec<u32>,
}

/// The entries of each partition, sorted.
fn collect_seeds(reference: &Reference) -> Vec<Vec<u64>> {
    let found: Vec<Found> = tasks(reference)
        .par_iter()
        .map(|task| seeds_of(reference, task))
        .collect();
    (0..PARTITIONS)
        .into_par_iter()
        .map(|partition| {
            let mut seeds = Vec::new();
            for f in &found {
                let range = f.starts[partition] as usize..f.starts[partition + 1] as usize;
                seeds.extend_from_slice(&f.entries[range]);
            }
            seeds.sort_unstable();
            seeds
        })
        .collect()
}

/// Pieces of contigs, together up to about [`PIECE`] bases a task: there may be a million contigs.
fn tasks(reference: &Reference) -> Vec<Vec<(ContigId, u32)>> {
    let mut tasks = vec![Vec::new()];
    let mut bases = 0;
    for (id, contig) in reference.contigs().iter().enumerate() {
        for start in (0..contig.length).step_by(PIECE as usize) {
            if bases >= PIECE {
                tasks.push(Vec::new());
                bases = 0;
            }
            bases += (contig.length - start).min(PIECE);
            if let Some(task) = tasks.last_mut() {
                task.push((ContigId(id as u32), start));
            }
        }
    }
    tasks
}

fn seeds_of(reference: &Reference, task: &[(ContigId, u32)]) -> Found {
    let mut found = Vec::new();
    let mut codes = Vec::new();
    for &(contig, start) in task {
        codes.clear();
        let end = start.saturating_add(PIECE + K as u32 - 1);
        reference.bases(contig, start..end, &mut codes);
        let offset = reference.contig(contig).offset + u64::from(start);
        for_each_syncmer(&codes, |seed| {
            let position = (offset + u64::from(seed.position)) as u32;
            let entry = entry(seed.hash, seed.reverse, position);
            found.push(((seed.hash >> REMAINDER_BITS) as u32, entry));
        });
    }
    found.sort_unstable();
    let starts = (0..=PARTITIONS as u32)
        .map(|partition| found.partition_point(|f| f.0 < partition) as u32)
        .collect();
    Found {
        entries: found.into_iter().map(|f| f.1).collect(),
        starts,
    }
}

/// Start of each bucket, the number of all seeds at the end, padded to whole words.
fn directory(partitions: &[Vec<u64>], bits: u32) -> Vec<u32> {
    let shift = HASH_BITS - bits;
    let mut counts = vec![0u32; (1 << bits) + 1];
    for (partition, seeds) in partitions.iter().enumerate() {
        for seed in seeds {
            let hash = (partition as u64) << REMAINDER_BITS | seed >> 33;
            counts[(hash >> shift) as usize + 1] += 1;
        }
    }
    for i in 1..counts.len() {
        counts[i] += counts[i - 1];
    }
    counts.push(counts[counts.len() - 1]);
    counts
}

fn write(
    reference: &Reference,
    directory_bits: u32,
    parts: &[(&str, &[u8])],
    out: &mut impl Write,
) -> io::Result<(u64, Sha256Digest)> {
    let mut manifest = Manifest {
        contigs: reference
            .contigs()
            .iter()
            .map(|c| ContigEntry {
                name: c.name.clone(),
                length: c.length,
                md5: hex(&c.md5),
                offset: c.offset,
            })
            .collect(),
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
        out.write_all(bytes)?;
        pad(bytes.len(), out)?;
    }
    let bytes = PAGE as u64 + (manifest.len() as u64).next_multiple_of(PAGE as u64) + start;
    Ok((bytes, Sha256Digest::of(&manifest)))
}

fn pad(length: usize, out: &mut impl Write) -> io::Result<()> {
    out.write_all(&[0; PAGE][..length.next_multiple_of(PAGE) - length])
}
