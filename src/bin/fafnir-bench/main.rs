//! The program `fafnir-bench`: how fast this machine runs what fafnir is made of.
//!
//! It needs no input: it simulates a genome and reads of its own, the same on every machine. What one
//! thread does is measured in CPU seconds, what all cores or a device do in seconds that pass; of the
//! runs that fit into the time the fastest counts. [`report`] has the form of `--json`.

mod break_even;
mod bytes;
mod devices;
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

use self::{
    devices::{Choice, Devices},
    kernels::Kernel,
    machine::Machine,
    measure::Clock,
    report::{Report, Row},
    workload::Workload,
};

// As in the program `fafnir`: the figures are to be the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Bases of the genome: several tiles, so that calling has neighbours to look at.
const GENOME: u64 = 1_000_000;
const DEPTH: f64 = 30.0;

/// Two to this power are the numbers in the table of look-ups: it has 512 MiB.
const TABLE_BITS: u32 = 27;

/// Measure how fast this machine runs fafnir's kernels and stages
#[derive(Debug, Parser)]
#[command(name = "fafnir-bench", version)]
struct Arguments {
    /// Seconds to spend on each row; devices get three times that
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = seconds)]
    seconds: f64,

    /// Measure this alone; may be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<Name>,

    /// OpenCL devices to measure kernels on: all, none, or those that answer to NAME
    #[arg(long, value_name = "NAME", default_value = "all")]
    device: Choice,

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
    /// Random look-ups, each waiting for the one before or not, in small and in huge pages
    Memory,
    /// Decompression of gzip and BGZF
    Inflate,
    /// BGZF compression of BAM records
    Deflate,
    /// SHA-256
    Sha256,
    /// AES-256-GCM, as spilled reads are sealed
    AesGcm,
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
    /// Whether devices compute it, too.
    fn is_kernel(self) -> bool {
        matches!(self, Self::Extend | Self::ExtendCigar | Self::Pairhmm)
    }

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
    let progress = |what: &str| {
        if !arguments.json {
            eprintln!("measuring {what} ...");
        }
    };
    let devices = if names.iter().any(|name| name.is_kernel()) {
        Devices::open(&arguments.device, fafnir::host_program().as_deref())?
    } else {
        Devices::default()
    };
    let bench = Bench {
        machine: Machine::detect(),
        clock: Clock::new(arguments.seconds),
        workload: Workload::new(GENOME, DEPTH),
        table_bits: TABLE_BITS,
        devices,
    };
    let report = bench.measure(names, progress)?;
    let text = if arguments.json {
        report.to_json()?
    } else {
        report.to_table()
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// What is measured upon, and for how long.
struct Bench {
    machine: Machine,
    clock: Clock,
    workload: Workload,
    table_bits: u32,
    devices: Devices,
}

impl Bench {
    /// Measures `names`; `progress` is told each.
    fn measure(mut self, names: &[Name], progress: impl Fn(&str)) -> Result<Report> {
        let clock = self.clock;
        let mut report = Report::new(self.machine.clone(), clock.seconds());
        report.devices = self.devices.identities();
        report.extend("opencl", self.devices.notes.drain(..));
        for &name in names {
            let text = name.text();
            progress(&text);
            let rows = match name {
                Name::Extend => self.kernel(&kernels::Extend { traceback: false })?,
                Name::ExtendCigar => self.kernel(&kernels::Extend { traceback: true })?,
                Name::Pairhmm => self.kernel(&kernels::Pairhmm)?,
                Name::Memory => memory::measure(clock, self.table_bits)?,
                Name::Inflate => bytes::inflate(clock, self.workload.sample()?)?,
                Name::Deflate => bytes::deflate(clock, self.workload.flow()?)?,
                Name::Sha256 => bytes::sha256(clock, self.workload.sample()?)?,
                Name::AesGcm => bytes::aes_gcm(clock, self.workload.sample()?)?,
                Name::Parse => stages::parse(clock, self.workload.sample()?)?,
                Name::Index => stages::index(clock, self.workload.flow()?)?,
                Name::Map => stages::map(clock, self.workload.flow()?)?,
                Name::Collate => stages::collate(clock, self.workload.flow()?)?,
                Name::Call => stages::call(clock, self.workload.flow()?)?,
            };
            report.extend(&text, rows);
        }
        Ok(report)
    }

    /// Measures a kernel on everything that there is.
    fn kernel<K: Kernel>(&mut self, kernel: &K) -> Result<Vec<Row>> {
        kernels::measure(
            kernel,
            self.clock,
            self.workload.sample()?,
            self.machine.cores,
            &self.devices,
        )
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("give a number of seconds from 0 to 3600".into()),
    }
}
