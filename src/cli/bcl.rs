//! `fafnir bcl`

use std::path::PathBuf;

use clap::{ArgAction, Args};
use fafnir::bcl::{Conversion, Converted, convert};
use fafnir::{Error, InputProof};

use super::{
    args::{DemultiplexingArgs, ResourceArgs},
    progress::Bars,
    say,
};

/// A sequencer's run folder (BCL) to FASTQ of each sample
///
/// Options are called as in BCL Convert.
#[derive(Args, Debug)]
pub(super) struct Bcl {
    /// Run folder of the sequencer, with RunInfo.xml
    #[arg(long, value_name = "RUN")]
    bcl_input_directory: PathBuf,

    /// Folder for the results
    #[arg(long, value_name = "DIR")]
    output_directory: PathBuf,

    /// Replace results that exist
    #[arg(short, long)]
    force: bool,

    #[command(flatten)]
    demultiplexing: DemultiplexingArgs,

    #[command(flatten)]
    names: NameArgs,

    #[command(flatten)]
    machine: MachineArgs,
}

/// What files and folders are called.
#[derive(Args, Debug)]
#[command(next_help_heading = "Names")]
struct NameArgs {
    /// A folder for each Sample_Project
    #[arg(long, value_name = "true|false", default_value_t = false)]
    #[arg(num_args = 0..=1, default_missing_value = "true", action = ArgAction::Set)]
    bcl_sampleproject_subdirectories: bool,

    /// Name files by Sample_Name instead of Sample_ID
    #[arg(long, value_name = "true|false", default_value_t = false)]
    #[arg(num_args = 0..=1, default_missing_value = "true", action = ArgAction::Set)]
    sample_name_column_enabled: bool,
}

/// How the work is done.
#[derive(Args, Debug)]
#[command(next_help_heading = "Machine")]
struct MachineArgs {
    /// Compression of FASTQ, 0 (none) to 12 (smallest)
    #[arg(long, value_name = "LEVEL", default_value_t = 1)]
    #[arg(visible_alias = "fastq-gzip-compression-level")]
    #[arg(value_parser = clap::value_parser!(u8).range(0..=12))]
    compression_level: u8,

    #[command(flatten)]
    resources: ResourceArgs,

    /// Private key (PEM, P-256) that signs; see `fafnir key` [default: a key of this machine]
    #[arg(long, value_name = "KEY.pem")]
    key: Option<PathBuf>,

    /// Options from a TOML file; the command line overrides it
    #[arg(short, long, value_name = "FILE")]
    config_file: Option<PathBuf>,

    /// No progress on standard error
    #[arg(short, long)]
    quiet: bool,
}

impl Bcl {
    /// Converts; `options` is proof of the file of options.
    pub(super) fn run(&self, options: Option<InputProof>) -> Result<(), Error> {
        let demultiplexing = self
            .demultiplexing
            .demultiplexing(&self.bcl_input_directory)?;
        let default = Conversion::new(demultiplexing, &self.output_directory);
        let conversion = Conversion {
            force: self.force,
            project_folders: self.names.bcl_sampleproject_subdirectories,
            sample_names: self.names.sample_name_column_enabled,
            compression_level: self.machine.compression_level,
            threads: self.machine.resources.threads.or(default.threads),
            memory: self.machine.resources.memory,
            key: self.machine.key.clone(),
            inputs: options.into_iter().collect(),
            ..default
        };
        let bars = Bars::new(self.machine.quiet);
        let converted = convert(&conversion, &bars)?;
        bars.finish();
        let Converted {
            clusters,
            undetermined,
            tiles,
            files,
        } = converted;
        say(format_args!(
            "{clusters} clusters that pass the filter, of {tiles} tiles; {undetermined} of no \
             sample; {} files",
            files.len()
        ));
        Ok(())
    }
}
