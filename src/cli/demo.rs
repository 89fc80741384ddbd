//! `fafnir demo`

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use clap::Args;
use fafnir::{
    Class, Error, IndexOptions, Lane, Options, Output, Pipeline, ReadGroup, Reads, Report,
    SigningKey, Stage, build_index,
    simulate::{
        Reference, Simulation, SimulationOptions, Written,
        compare::{self, Comparison},
        genome::GenomeOptions,
    },
    verify_path,
};

use super::{
    args::ThreadArgs,
    progress::Bars,
    say, simulate,
    table::{self, Rows, grouped},
};

/// Tells a folder of ours from anything else that has its name.
const MARKER: &str = ".fafnir-demo";
const SAMPLE: &str = "demo";

/// Simulate a small genome and reads, run everything, check the calls and signatures
#[derive(Args, Debug)]
pub(super) struct Demo {
    /// Folder for the demonstration; an earlier demonstration in it is replaced
    #[arg(long, value_name = "DIR", default_value = "fafnir-demo")]
    output_directory: PathBuf,

    /// Bases of the genome
    #[arg(long, value_name = "BASES", default_value_t = 3_000_000)]
    genome_size: u64,

    /// Mean depth of the reads
    #[arg(long, value_name = "DEPTH", default_value_t = 30.0)]
    depth: f64,

    /// Seed of the simulation
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    #[command(flatten)]
    threads: ThreadArgs,

    /// No progress on standard error
    #[arg(short, long)]
    quiet: bool,
}

impl Demo {
    pub(super) fn run(&self) -> Result<(), Error> {
        self.clear()?;
        let bars = Bars::new(self.quiet);
        let default = Options::default();
        let options = Options {
            threads: self.threads.or(default.threads),
            ..default
        };

        let clock = Instant::now();
        let written = self.simulate(&bars)?;
        let simulating = clock.elapsed();

        let clock = Instant::now();
        let index = self.output_directory.join("ref.fafnir");
        build_index(
            &written.reference,
            &index,
            &IndexOptions {
                threads: options.threads,
                ..IndexOptions::default()
            },
            &bars,
        )?;
        let indexing = clock.elapsed();

        let report = self.analyse(&written, &index, options, &bars)?;

        let clock = Instant::now();
        let key = SigningKey::development()?.public_key();
        let verified = verify_path(self.results(), &[key])?;
        let verifying = clock.elapsed();
        let comparison = self.compare(&written)?;
        bars.finish();

        let reads = report.mapping.all.reads;
        let mut rows = Rows::new();
        let mut row = |name: &str, value: String| rows.push((name.to_owned(), value));
        row(
            "genome",
            format!(
                "{} bases, {} true variants",
                grouped(written.bases),
                grouped(written.variants)
            ),
        );
        row("reads", format!("{} in pairs", grouped(reads)));
        row("simulate", format!("{:.1} s", simulating.as_secs_f64()));
        row("index", format!("{:.1} s", indexing.as_secs_f64()));
        for stage in [Stage::Map, Stage::Call] {
            row(stage.name(), table::speed(&report.times, stage, reads));
        }
        row("verify", format!("{:.1} s", verifying.as_secs_f64()));
        row("mapped", table::share(report.mapping.all.mapped, reads));
        row(
            "duplicates",
            table::share(report.mapping.all.duplicates, reads),
        );
        row("SNVs", counts(&comparison.snv));
        row("indels", counts(&comparison.indel));
        row(
            "signature",
            format!(
                "verified: {} files, {}",
                verified.files.len(),
                table::signer(&report)
            ),
        );
        row("results", format!("{}/", self.results().display()));
        say("");
        table::print(&rows);
        Ok(())
    }

    /// Makes the folder anew, unless somebody else's files are in it.
    fn clear(&self) -> Result<(), Error> {
        let folder = &self.output_directory;
        let io = |action| move |e| Error::io(folder, action, e);
        let marker = folder.join(MARKER);
        if marker.exists() {
            fs::remove_dir_all(folder).map_err(io("remove the earlier demonstration"))?;
        } else if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Error::usage(format!(
                "{}: holds files that are not of a demonstration; choose another folder with \
                 --output-directory",
                folder.display()
            )));
        }
        fs::create_dir_all(folder).map_err(io("make the folder"))?;
        fs::write(&marker, "").map_err(io("write to the folder"))
    }

    fn simulate(&self, bars: &Bars) -> Result<Written, Error> {
        let mut options = SimulationOptions {
            seed: self.seed,
            genome: GenomeOptions::of_size(self.genome_size, 3),
            ..SimulationOptions::default()
        };
        options.reads.depth = self.depth;
        options.variants.sample = SAMPLE.into();
        simulate::write(
            Simulation::new(options),
            &self.output_directory.join("data"),
            bars,
        )
    }

    fn analyse(
        &self,
        written: &Written,
        index: &Path,
        options: Options,
        bars: &Bars,
    ) -> Result<Report, Error> {
        let reads = Reads {
            lanes: vec![Lane {
                first: written.r1.clone(),
                second: written.r2.clone(),
                interleaved: false,
                read_group: 0,
            }],
            read_groups: vec![ReadGroup {
                id: "1".into(),
                sample: SAMPLE.into(),
                platform: "ILLUMINA".into(),
                ..ReadGroup::default()
            }],
            ..Reads::default()
        };
        let output = Output {
            directory: self.results(),
            prefix: SAMPLE.into(),
            ..Output::default()
        };
        Pipeline::open(index, options)?.run(&reads, &output, bars)
    }

    fn compare(&self, written: &Written) -> Result<compare::Report, Error> {
        let bad = |e| Error::from_source(Class::Bug, e);
        let reference = Reference::read_fasta(&written.reference).map_err(bad)?;
        Comparison {
            reference: &reference,
            truth: &written.truth_vcf,
            calls: &self
                .results()
                .join(format!("{SAMPLE}.hard-filtered.vcf.gz")),
            regions: Some(&written.truth_bed),
            filtered: false,
        }
        .run()
        .map_err(bad)
    }

    fn results(&self) -> PathBuf {
        self.output_directory.join("results")
    }
}

fn counts(counts: &compare::Counts) -> String {
    format!(
        "precision {:.4}, recall {:.4}, F1 {:.4} ({} found, {} missed, {} extra)",
        counts.precision(),
        counts.recall(),
        counts.f1(),
        grouped(counts.found),
        grouped(counts.missed),
        grouped(counts.extra)
    )
}
