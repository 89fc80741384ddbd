//! The program `fafnir-bench`: how fast this machine runs what fafnir is made of.
//!
//! It needs no input: it simulates a genome and reads of its own, the same on every machine. All is
//! measured on one thread, in CPU seconds; of the runs that fit into the time the fastest counts.

mod bytes;
mod kernels;
mod machine;
mod measure;
mod memory;
mod report;
mod stages;
#[cfg(test)]
mod tests;
mod workload;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Result;
use clap::{Parser, ValueEnum};

use self::{machine::Machine, measure::Clock, report::Report, workload::Workload};

// As in the program `fafnir`: the figures are to be the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Bases of the genome: several tiles, so that calling has neighbours to look at.
const GENOME: u64 = 1_000_000;
const DEPTH: f64 = 30.0;

/// Measure how fast this machine runs fafnir's kernels and stages, on one thread
#[derive(Debug, Parser)]
#[command(name = "fafnir-bench", version)]
struct Arguments {
    /// CPU seconds to spend on each figure
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = seconds)]
    seconds: f64,

    /// Measure this alone; may be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<Name>,

    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Name {
    /// Banded extension, score alone
    Extend,
    /// Banded extension with its CIGAR
    ExtendCigar,
    /// The pair hidden Markov model
    Pairhmm,
    /// Random look-ups, each waiting for the one before or not
    Memory,
    /// Decompression of gzip and BGZF
    Inflate,
    /// BGZF compression of BAM records
    Deflate,
    /// SHA-256
    Sha256,
    /// FASTQ text to reads
    Parse,
    /// A reference to its index
    Index,
    /// Reads to BAM records
    Map,
    /// Sorting and duplicate marking
    Collate,
    /// Sorted records to variants
    Call,
}

impl Name {
    fn text(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fafnir-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    // One thread: what a core does, and what ratios between machines can be taken of.
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global()?;
    let names = match arguments.only.as_slice() {
        [] => Name::value_variants(),
        only => only,
    };
    let report = measure(
        names,
        Clock::new(arguments.seconds),
        Workload::new(GENOME, DEPTH),
        |name| {
            if !arguments.json {
                eprintln!("measuring {name} ...");
            }
        },
    )?;
    let text = if arguments.json {
        report.to_json()?
    } else {
        report.to_table()
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// Measures `names`; `progress` is told each.
fn measure(
    names: &[Name],
    clock: Clock,
    mut workload: Workload,
    progress: impl Fn(&str),
) -> Result<Report> {
    let mut report = Report::new(Machine::detect(), clock.seconds());
    for &name in names {
        let text = name.text();
        progress(&text);
        let rows = match name {
            Name::Extend => kernels::extension(clock, workload.sample()?, false)?,
            Name::ExtendCigar => kernels::extension(clock, workload.sample()?, true)?,
            Name::Pairhmm => kernels::pairhmm(clock, workload.sample()?)?,
            Name::Memory => memory::measure(clock)?,
            Name::Inflate => bytes::inflate(clock, workload.sample()?)?,
            Name::Deflate => bytes::deflate(clock, workload.flow()?)?,
            Name::Sha256 => bytes::sha256(clock, workload.sample()?)?,
            Name::Parse => stages::parse(clock, workload.sample()?)?,
            Name::Index => stages::index(clock, workload.flow()?)?,
            Name::Map => stages::map(clock, workload.flow()?)?,
            Name::Collate => stages::collate(clock, workload.flow()?)?,
            Name::Call => stages::call(clock, workload.flow()?)?,
        };
        report.extend(&text, rows);
    }
    Ok(report)
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("give a number of seconds from 0 to 3600".into()),
    }
}
