//! The command line: one file a subcommand. What a subcommand does lies in the library.

mod align;
mod args;
mod bcl;
mod call;
mod config;
mod demo;
mod devices;
mod genotype;
mod index;
mod kernels;
mod key;
mod progress;
mod recalibration;
mod run;
mod simulate;
mod table;
mod verify;

use std::{
    env, fmt,
    io::{self, Write},
    panic,
    process::ExitCode,
};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use fafnir::{Class, Error};

use self::args::Replay;

/// DNA secondary analysis: FASTQ in; sorted, duplicate-marked BAM and VCF out; signed, the same bytes every time.
///
/// Exit status: 0 done; 2 usage; 10 bad input; 11 bad or missing signature; 12 input quarantined;
/// 20 try again elsewhere (memory, disk, device); 30 a bug of fafnir.
#[derive(Parser, Debug)]
#[command(name = "fafnir", version, max_term_width = 100)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Simulate a small genome and reads, run everything, check the calls and signatures
    Demo(demo::Demo),
    /// Build the index of a reference genome
    Index(index::Index),
    /// A sequencer's run folder (BCL) to FASTQ of each sample
    Bcl(bcl::Bcl),
    /// FASTQ, unaligned BAM or a run folder to a sorted, duplicate-marked BAM and a VCF
    Run(Box<run::Run>),
    /// FASTQ, unaligned BAM or a run folder to a sorted, duplicate-marked BAM
    Align(Box<align::Align>),
    /// A sorted BAM to a VCF
    Call(call::Call),
    /// gVCF files of many samples to one VCF
    Genotype(genotype::Genotype),
    /// Simulate a diploid genome, its variants and reads
    Simulate(simulate::Simulate),
    /// Check that signed results are complete and unchanged
    Verify(verify::Verify),
    /// List the processor and OpenCL devices, and what each can do
    Devices(devices::Devices),
    /// Make and show signing keys
    Key(key::Key),
    /// Train and judge models that set QUAL and filters of calls
    Recalibration(recalibration::Recalibration),
    /// Build, sign and check packages of device programs
    Kernels(kernels::Kernels),
}

/// Runs the program and gives its exit status.
pub(crate) fn main() -> ExitCode {
    panic::set_hook(Box::new(|panic| {
        tell(format_args!(
            "error: this is a bug of fafnir {}, not of your data: {panic}\n\
             please report it with the command line; no result was published",
            fafnir::VERSION
        ));
    }));
    match panic::catch_unwind(run) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            tell(format_args!("error: {error}"));
            error.class().code().into()
        }
        Err(_) => Class::Bug.code().into(),
    }
}

fn run() -> Result<(), Error> {
    let mut command = Program::command();
    let (args, file) = config::merge(&command, env::args_os().collect())?;
    let matches = command
        .try_get_matches_from_mut(args)
        .unwrap_or_else(|error| error.exit());
    let program = Program::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let replay = |name: &'static str| Replay {
        command: name,
        options: command
            .find_subcommand(name)
            .zip(matches.subcommand_matches(name))
            .map(|(command, matches)| config::replay(command, matches))
            .unwrap_or_default(),
        inputs: file.clone(),
    };
    match &program.command {
        Command::Demo(demo) => demo.run(),
        Command::Index(index) => index.run(),
        Command::Bcl(bcl) => bcl.run(file.clone()),
        Command::Run(run) => run.run(&replay("run")),
        Command::Align(align) => align.run(&replay("align")),
        Command::Call(call) => call.run(&replay("call")),
        Command::Genotype(genotype) => genotype.run(&replay("genotype")),
        Command::Simulate(simulate) => simulate.run(),
        Command::Verify(verify) => verify.run(),
        Command::Devices(devices) => devices.run(),
        Command::Key(key) => key.run(),
        Command::Recalibration(recalibration) => recalibration.run(),
        Command::Kernels(kernels) => kernels.run(),
    }
}

/// Writes a line to standard output. Whoever reads it may stop: that is no failure of the work.
fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Writes a line to standard error, for which the same holds.
fn tell(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Program::command().debug_assert();
    }
}
