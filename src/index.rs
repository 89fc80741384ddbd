//! Builds the index of a reference.

mod alternates;
mod mask;

use std::{
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use fafnir_aligner::build_index_with;
use fafnir_attest::{FileDigest, InputProof, Pending, Sha256Digest, publish::AtomicFile};
use fafnir_io::fasta;

use crate::{
    error::{Class, Error},
    paths, pipeline,
    progress::{Progress, Stage},
};

/// How an index is built.
#[derive(Clone, Debug)]
pub struct IndexOptions {
    /// Where to write what `samtools faidx` would write.
    pub fai: Option<PathBuf>,
    /// BED file of bases that are N to the aligner, though the index describes the contigs as they
    /// are.
    pub mask: Option<PathBuf>,
    /// List of ALT contigs as bwa's `.alt` file; `REF.fa.alt` by default, and without that file the
    /// names `*_alt` and `HLA-*`.
    pub alternates: Option<PathBuf>,
    /// Threads that work.
    pub threads: usize,
    /// Whether an index may be replaced.
    pub force: bool,
}

impl Default for IndexOptions {
    fn default() -> Self {
        Self {
            fai: None,
            mask: None,
            alternates: None,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            force: false,
        }
    }
}

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
    /// What the mask and the list of ALT contigs were.
    pub inputs: Vec<InputProof>,
    /// What the index's file is.
    pub digest: FileDigest,
    /// SHA-256 of the index's manifest, by which statements name the index.
    pub manifest: Sha256Digest,
}

/// Builds the index of the FASTA file `reference` and writes it to `output`, which appears complete
/// or not at all. Its bytes depend on the reference, the mask and the ALT contigs alone.
///
/// # Errors
///
/// A FASTA file that cannot be read or is wrong, an output that exists and may not be replaced or
/// is one of the inputs, a full disk. With `fai` also lines of unequal length, or a compressed
/// FASTA file: `samtools faidx` needs a `.gzi` beside the `.fai` of one. A mask or a list of ALT
/// contigs that is for another reference.
pub fn build_index(
    reference: &Path,
    output: &Path,
    options: &IndexOptions,
    progress: &dyn Progress,
) -> Result<BuiltIndex, Error> {
    let beside = alternates::beside(reference);
    let inputs = [reference, &beside].into_iter();
    let named = options.mask.iter().chain(&options.alternates);
    paths::refuse_input(output, inputs.chain(named.map(PathBuf::as_path)))?;
    paths::require_folder(output)?;
    let pool = pipeline::pool(options.threads)?;
    let force = options.force;
    let file = AtomicFile::create(output, force)?;
    let fasta_path = reference;
    let mut input = Pending::open(reference, None)?.with_role("reference");
    progress.begin(Stage::Index, None);
    let name = reference.display().to_string();
    let (mut genome, fai) = match &options.fai {
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
    let (alternates, list) = alternates::find(&genome, fasta_path, options.alternates.as_deref())?;
    let mut inputs = Vec::from_iter(list);
    let mut described = fafnir_aligner::IndexOptions {
        alternates,
        mask: None,
    };
    if let Some(path) = &options.mask {
        let (masked, mask, proof) = mask::apply(&genome, path)?;
        genome = masked;
        described.mask = Some(mask);
        inputs.push(proof);
    }
    let masked = described.mask.is_some();
    alternates::report(&genome, &described.alternates, masked, progress);
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let report = pool.install(|| build_index_with(&genome, &described, &mut out))?;
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
        inputs,
        digest,
        manifest: report.manifest,
    })
}
