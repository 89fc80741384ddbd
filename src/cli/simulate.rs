//! `fafnir simulate`

use std::{cell::Cell, path::PathBuf};

use clap::Args;
use fafnir::{
    Class, Error, Progress, Stage,
    simulate::{
        self, Simulation, SimulationOptions, Written,
        genome::{Genome, GenomeOptions},
    },
};

use super::{progress::Bars, say};

/// Simulate a diploid genome, its variants and reads
///
/// Writes ref.fa (unless --ref is given), truth.vcf, truth.bed, reads_R1.fastq.gz,
/// reads_R2.fastq.gz and positions.tsv.gz. The same options give the same bytes everywhere.
#[derive(Args, Debug)]
pub(super) struct Simulate {
    /// Folder for the files, which are overwritten
    #[arg(long, value_name = "DIR", default_value = ".")]
    output_directory: PathBuf,

    /// Seed of all random numbers
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Bases of the genome
    #[arg(
        long,
        value_name = "BASES",
        default_value_t = 3_000_000,
        conflicts_with = "reference"
    )]
    genome_size: u64,

    /// Contigs of the genome
    #[arg(
        long,
        value_name = "N",
        default_value_t = 3,
        conflicts_with = "reference"
    )]
    contigs: u32,

    /// Chromosomes, scaled, and repeats in the shares of a human genome
    #[arg(long, conflicts_with_all = ["contigs", "reference"])]
    human: bool,

    /// Write only the genome, to this file: BGZF if its name ends in .gz; any size, in little memory
    #[arg(
        long,
        value_name = "FILE.fa",
        conflicts_with_all = ["output_directory", "reference", "depth", "pairs"]
    )]
    only_genome: Option<PathBuf>,

    /// Take this genome (FASTA) instead of a simulated one
    #[arg(short = 'r', long = "ref", value_name = "REF.fa")]
    reference: Option<PathBuf>,

    /// Take the variants of this VCF's first sample instead of simulated ones
    #[arg(long, value_name = "TRUTH.vcf", requires = "reference")]
    vcf: Option<PathBuf>,

    /// Mean depth
    #[arg(long, value_name = "DEPTH", default_value_t = 30.0)]
    depth: f64,

    /// Number of pairs, instead of a depth
    #[arg(long, value_name = "N", conflicts_with = "depth")]
    pairs: Option<u64>,

    /// Bases of a read
    #[arg(long, value_name = "BASES", default_value_t = 150)]
    read_length: u32,

    /// Mean length of the fragments
    #[arg(long, value_name = "BASES", default_value_t = 450.0)]
    fragment_length: f64,

    /// Standard deviation of the fragments' length
    #[arg(long, value_name = "BASES", default_value_t = 90.0)]
    fragment_deviation: f64,

    /// Share of templates that are duplicates of another
    #[arg(long, value_name = "SHARE", default_value_t = 0.03)]
    duplicates: f64,

    /// One read a fragment instead of two
    #[arg(long)]
    single: bool,

    /// Name of the sample in the truth
    #[arg(long, value_name = "NAME", default_value = "SIMULATED")]
    sample: String,

    /// No progress on standard error
    #[arg(short, long)]
    quiet: bool,
}

impl Simulate {
    pub(super) fn run(&self) -> Result<(), Error> {
        let genome = if self.human {
            GenomeOptions::human(self.genome_size)
        } else {
            GenomeOptions::of_size(self.genome_size, self.contigs)
        };
        if let Some(path) = &self.only_genome {
            let genome = Genome::new(&genome, self.seed).map_err(refused)?;
            let path = genome.write_to(path).map_err(refused)?;
            say(format_args!(
                "{}: {} bases",
                path.display(),
                genome.length()
            ));
            return Ok(());
        }
        let mut options = SimulationOptions {
            seed: self.seed,
            genome,
            ..SimulationOptions::default()
        };
        options.variants.sample.clone_from(&self.sample);
        let reads = &mut options.reads;
        reads.depth = self.depth;
        reads.pairs = self.pairs;
        reads.length = self.read_length;
        reads.fragment_mean = self.fragment_length;
        reads.fragment_sd = self.fragment_deviation;
        reads.duplicates = self.duplicates;
        reads.paired = !self.single;
        let simulation = match &self.reference {
            None => Simulation::new(options),
            Some(fasta) => Simulation::from_reference(options, fasta, self.vcf.as_deref()),
        };
        let bars = Bars::new(self.quiet);
        let written = write(simulation, &self.output_directory, &bars)?;
        bars.finish();
        say(format_args!(
            "reference  {} ({} bases)",
            written.reference.display(),
            written.bases
        ));
        say(format_args!(
            "variants   {} ({})",
            written.truth_vcf.display(),
            written.variants
        ));
        say(format_args!("regions    {}", written.truth_bed.display()));
        say(format_args!(
            "reads      {} ({} templates)",
            written.r1.display(),
            written.pairs
        ));
        for path in written.r2.iter().chain(&written.positions) {
            say(format_args!("           {}", path.display()));
        }
        Ok(())
    }
}

/// Writes a simulation with progress.
pub(super) fn write(
    simulation: Simulation<'_>,
    directory: &std::path::Path,
    bars: &Bars,
) -> Result<Written, Error> {
    let told = Cell::new(None);
    let simulation = simulation.on_progress(|stage, done, total| {
        if stage == simulate::Stage::Reads {
            if told.get().is_none() {
                bars.begin(Stage::Simulate, Some(total));
            }
            bars.advance(Stage::Simulate, done - told.get().unwrap_or(0));
            told.set(Some(done));
        }
    });
    let written = simulation.write_to(directory).map_err(refused)?;
    bars.end(Stage::Simulate);
    Ok(written)
}

fn refused(error: simulate::Error) -> Error {
    match error {
        simulate::Error::Options(_) => Error::usage(error.to_string()),
        error => Error::from_source(Class::Input, error),
    }
}
