//! From options to files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::genome::{Genome, GenomeOptions};
use crate::output::{Output, create};
use crate::reads::{ReadOptions, Reads};
use crate::variants::{Ignored, Truth, VariantOptions};
use crate::{Error, Reference, Result};

/// Everything that a simulation is a function of.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulationOptions {
    /// Seed of all random numbers. Default: 1.
    pub seed: u64,
    /// The genome; not used where a reference is given.
    pub genome: GenomeOptions,
    /// The variants; only the sample's name is used where a VCF is given.
    pub variants: VariantOptions,
    /// The reads.
    pub reads: ReadOptions,
    /// Write the table of true positions. Default: true.
    pub positions: bool,
}

impl Default for SimulationOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            genome: GenomeOptions::default(),
            variants: VariantOptions::default(),
            reads: ReadOptions::default(),
            positions: true,
        }
    }
}

/// A part of the work, for progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Making or reading the genome, in bases.
    Genome,
    /// Drawing variants, in bases.
    Variants,
    /// Sequencing, in pairs.
    Reads,
}

impl Stage {
    /// One word for a person.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Genome => "genome",
            Self::Variants => "variants",
            Self::Reads => "reads",
        }
    }
}

/// What was written, and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// FASTA: the one that was made, or the one that was given.
    pub reference: PathBuf,
    /// Gzipped FASTQ of the first (or only) reads.
    pub r1: PathBuf,
    /// Gzipped FASTQ of the second reads; `None` of single reads.
    pub r2: Option<PathBuf>,
    /// VCF of the true variants.
    pub truth_vcf: PathBuf,
    /// BED of the regions that the truth speaks for: all that is not N.
    pub truth_bed: PathBuf,
    /// Gzipped table of the reads' true positions (see [`crate::reads::POSITIONS_HEADER`]), where it was wanted.
    pub positions: Option<PathBuf>,
    /// Pairs, or single reads.
    pub pairs: u64,
    /// Bases of the reference, N included.
    pub bases: u64,
    /// True variants.
    pub variants: u64,
    /// Records of a given VCF that no haplotype can carry.
    pub ignored: Ignored,
}

enum Source {
    Drawn,
    Given {
        fasta: PathBuf,
        vcf: Option<PathBuf>,
    },
}

type Progress<'a> = Box<dyn Fn(Stage, u64, u64) + 'a>;

/// A simulated genome, its variants and its reads.
pub struct Simulation<'a> {
    options: SimulationOptions,
    source: Source,
    progress: Progress<'a>,
}

impl<'a> Simulation<'a> {
    /// A genome of our own.
    #[must_use]
    pub fn new(options: SimulationOptions) -> Self {
        Self {
            options,
            source: Source::Drawn,
            progress: Box::new(|_, _, _| {}),
        }
    }

    /// Reads of a given genome (FASTA, plain or gzipped), with the variants of a VCF's first sample, or drawn ones.
    #[must_use]
    pub fn from_reference(options: SimulationOptions, fasta: &Path, vcf: Option<&Path>) -> Self {
        let source = Source::Given {
            fasta: fasta.to_path_buf(),
            vcf: vcf.map(Path::to_path_buf),
        };
        Self {
            source,
            ..Self::new(options)
        }
    }

    /// Calls back with the stage, what is done of it, and how much there is.
    #[must_use]
    pub fn on_progress(self, progress: impl Fn(Stage, u64, u64) + 'a) -> Self {
        Self {
            progress: Box::new(progress),
            ..self
        }
    }

    /// Writes `ref.fa` (unless a reference was given), `truth.vcf`, `truth.bed`, `reads_R1.fastq.gz`,
    /// `reads_R2.fastq.gz` and `positions.tsv.gz` into a directory, made where it is missing; files there are
    /// overwritten, each once the new one is whole.
    ///
    /// # Errors
    /// Options that cannot be met, a given file that cannot be read or is wrong, a full disk.
    pub fn write_to(&self, directory: &Path) -> Result<Written> {
        let SimulationOptions {
            seed,
            variants: variant_options,
            ..
        } = &self.options;
        fs::create_dir_all(directory).map_err(Error::write(directory))?;
        let (reference, reference_path) = self.reference(directory)?;
        let bases = reference
            .contigs
            .iter()
            .map(|contig| contig.sequence.len() as u64)
            .sum();
        let (truth, ignored) = match &self.source {
            Source::Given { vcf: Some(vcf), .. } => Truth::read_vcf(vcf, &reference)?,
            _ => {
                let progress = |done| (self.progress)(Stage::Variants, done, bases);
                (
                    Truth::simulate(&reference, variant_options, *seed, &progress)?,
                    Ignored::default(),
                )
            }
        };
        let truth_vcf = create(directory, "truth.vcf", |out| {
            truth.write_vcf(&reference, &variant_options.sample, out)
        })?;
        let truth_bed = create(directory, "truth.bed", |out| reference.write_known_bed(out))?;
        let reads = Reads::new(&reference, &truth, &self.options.reads, *seed)?;
        let (r1, r2, positions) = self.write_reads(directory, &reads)?;
        Ok(Written {
            reference: reference_path,
            r1,
            r2,
            truth_vcf,
            truth_bed,
            positions,
            pairs: reads.pairs(),
            bases,
            variants: truth.count() as u64,
            ignored,
        })
    }

    fn reference(&self, directory: &Path) -> Result<(Reference, PathBuf)> {
        match &self.source {
            Source::Drawn => {
                let genome = Genome::new(&self.options.genome, self.options.seed)?;
                let reference =
                    genome.reference(&|done| (self.progress)(Stage::Genome, done, genome.length()));
                let path = create(directory, "ref.fa", |out| reference.write_fasta(out))?;
                Ok((reference, path))
            }
            Source::Given { fasta, .. } => {
                let reference = Reference::read_fasta(fasta)?;
                let bases = reference
                    .contigs
                    .iter()
                    .map(|contig| contig.sequence.len() as u64)
                    .sum();
                (self.progress)(Stage::Genome, bases, bases);
                Ok((reference, fasta.clone()))
            }
        }
    }

    fn write_reads(
        &self,
        directory: &Path,
        reads: &Reads<'_>,
    ) -> Result<(PathBuf, Option<PathBuf>, Option<PathBuf>)> {
        let open = |wanted: bool, name| wanted.then(|| Output::create(directory, name)).transpose();
        let mut r1 = Output::create(directory, "reads_R1.fastq.gz")?;
        let mut r2 = open(self.options.reads.paired, "reads_R2.fastq.gz")?;
        let mut positions = open(self.options.positions, "positions.tsv.gz")?;
        let progress = |done| (self.progress)(Stage::Reads, done, reads.pairs());
        reads
            .write(
                &mut r1.out,
                r2.as_mut().map(|output| &mut output.out),
                positions.as_mut().map(|output| &mut output.out),
                &progress,
            )
            .map_err(Error::write(&directory.join("reads_R*.fastq.gz")))?;
        let finish = |output: Option<Output>| output.map(Output::finish).transpose();
        Ok((r1.finish()?, finish(r2)?, finish(positions)?))
    }
}
