//! Builds the index of a reference.

use std::{fs::File, io::BufWriter, path::Path};

use fafnir_aligner::IndexReport;
use fafnir_attest::publish::AtomicFile;
use fafnir_io::fasta;

use crate::{
    error::{Class, Error},
    pipeline,
    progress::{Progress, Stage},
};

/// Builds the index of the FASTA file `reference` with `threads` threads and writes it to
/// `output`, which appears complete or not at all. Its bytes depend on the reference alone.
///
/// # Errors
///
/// A FASTA file that cannot be read or is wrong, an output that exists and may not be replaced, a
/// full disk.
pub fn build_index(
    reference: &Path,
    output: &Path,
    threads: usize,
    force: bool,
    progress: &dyn Progress,
) -> Result<IndexReport, Error> {
    let pool = pipeline::pool(threads)?;
    let file = AtomicFile::create(output, force)?;
    let input = File::open(reference).map_err(|e| Error::io(reference, "open the FASTA", e))?;
    progress.begin(Stage::Index, None);
    let genome = fasta::read(&reference.display().to_string(), input)
        .map_err(|e| Error::from_source(Class::Input, e))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let report = pool.install(|| fafnir_aligner::build_index(&genome, &mut out))?;
    progress.advance(Stage::Index, report.bases);
    let file = out
        .into_inner()
        .map_err(|e| Error::io(output, "write the index", e.into_error()))?;
    file.persist()?;
    progress.end(Stage::Index);
    Ok(report)
}
