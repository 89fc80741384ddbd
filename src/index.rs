//! Builds the index of a reference.

use std::{
    io::{BufWriter, Write},
    path::Path,
};

use fafnir_attest::{FileDigest, InputProof, Pending, Sha256Digest, publish::AtomicFile};
use fafnir_io::fasta;

use crate::{
    error::{Class, Error},
    paths, pipeline,
    progress::{Progress, Stage},
};

/// An index that was built.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BuiltIndex {
    /// Bases of the reference.
    pub bases: u64,
    /// Seeds in the table.
    pub seeds: u64,
    /// What the FASTA file was.
    pub reference: InputProof,
    /// What the index's file is.
    pub digest: FileDigest,
    /// SHA-256 of the index's manifest, by which statements name the index.
    pub manifest: Sha256Digest,
}

/// Builds the index of the FASTA file `reference` with `threads` threads and writes it to
/// `output`, which appears complete or not at all. Its bytes depend on the reference alone.
///
/// # Errors
///
/// A FASTA file that cannot be read or is wrong, an output that exists and may not be replaced or
/// is the FASTA file itself, a full disk. With `fai` also lines of unequal length, or a compressed
/// FASTA file: `samtools faidx` needs a `.gzi` beside the `.fai` of one.
pub fn build_index(
    reference: &Path,
    output: &Path,
    fai: Option<&Path>,
    threads: usize,
    force: bool,
    progress: &dyn Progress,
) -> Result<BuiltIndex, Error> {
    paths::refuse_input(output, [reference])?;
    paths::require_folder(output)?;
    let pool = pipeline::pool(threads)?;
    let file = AtomicFile::create(output, force)?;
    let mut input = Pending::open(reference, None)?.with_role("reference");
    progress.begin(Stage::Index, None);
    let name = reference.display().to_string();
    let (genome, fai) = match fai {
        Some(path) => {
            let (genome, lines) = fasta::read_with_index(&name, &mut input)
                .map_err(|e| Error::from_source(Class::Input, e))?;
            (genome, Some((path, lines)))
        }
        None => {
            let genome = fasta::read(&name, &mut input);
            (
                genome.map_err(|e| Error::from_source(Class::Input, e))?,
                None,
            )
        }
    };
    let reference = input.finish()?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let report = pool.install(|| fafnir_aligner::build_index(&genome, &mut out))?;
    progress.advance(Stage::Index, report.bases);
    let file = out
        .into_inner()
        .map_err(|e| Error::io(output, "write the index", e.into_error()))?;
    if let Some((path, lines)) = fai {
        let mut file = AtomicFile::create(path, force)?;
        write!(file, "{lines}").map_err(|e| Error::io(path, "write the FASTA index", e))?;
        file.persist()?;
    }
    let digest = file.persist()?;
    progress.end(Stage::Index);
    Ok(BuiltIndex {
        bases: report.bases,
        seeds: report.seeds,
        reference,
        digest,
        manifest: report.manifest,
    })
}
