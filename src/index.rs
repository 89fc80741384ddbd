//! Builds the index of a reference.

use std::{io::BufWriter, path::Path};

use fafnir_attest::{FileDigest, InputProof, Pending, publish::AtomicFile};
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
}

/// Builds the index of the FASTA file `reference` with `threads` threads and writes it to
/// `output`, which appears complete or not at all. Its bytes depend on the reference alone.
///
/// # Errors
///
/// A FASTA file that cannot be read or is wrong, an output that exists and may not be replaced or
/// is the FASTA file itself, a full disk.
pub fn build_index(
    reference: &Path,
    output: &Path,
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
    let genome = fasta::read(&reference.display().to_string(), &mut input)
        .map_err(|e| Error::from_source(Class::Input, e))?;
    let reference = input.finish()?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let report = pool.install(|| fafnir_aligner::build_index(&genome, &mut out))?;
    progress.advance(Stage::Index, report.bases);
    let file = out
        .into_inner()
        .map_err(|e| Error::io(output, "write the index", e.into_error()))?;
    let digest = file.persist()?;
    progress.end(Stage::Index);
    Ok(BuiltIndex {
        bases: report.bases,
        seeds: report.seeds,
        reference,
        digest,
    })
}
