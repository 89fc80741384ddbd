//! The machine: its threads and memory, devices, keys.

use std::path::PathBuf;

use clap::Args;
use fafnir::{DeviceChoice, DeviceOptions, IndexLoader, Options};

use super::{OutputArgs, ResourceArgs};

/// What changes only how the work is done, never a result.
#[derive(Args, Debug)]
#[command(next_help_heading = "Machine")]
pub(crate) struct SystemArgs {
    #[command(flatten)]
    resources: ResourceArgs,

    /// How the index gets into memory: mapped (at once, shared between processes, checked while it is
    /// used) or resident (copied, into huge pages where there are any); changes no result
    #[arg(long, value_name = "mapped|resident", default_value = "mapped")]
    index_loader: IndexLoader,

    /// Folder for what does not fit into memory [default: the output's]
    #[arg(long, value_name = "DIR", visible_alias = "intermediate-results-dir")]
    temporary_directory: Option<PathBuf>,

    /// Templates that travel together; changes nothing but speed
    #[arg(long, value_name = "N", default_value_t = 4096, hide_short_help = true)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=65536))]
    batch_size: u32,

    /// Private key (PEM, P-256) that signs; see `fafnir key` [default: a key of this machine]
    #[arg(long, value_name = "KEY.pem")]
    key: Option<PathBuf>,

    /// Where kernels run: auto (the CPU, and devices faster than one of its cores), cpu, or
    /// opencl:NAME as `fafnir devices` tells it; changes no result
    #[arg(long, value_name = "auto|cpu|opencl:NAME", default_value = "auto")]
    device: DeviceChoice,

    /// Compute again all that a device computed, instead of a sample
    #[arg(long)]
    paranoid: bool,

    /// Folder of a signed program for a device that cannot build kernels from source, such as an
    /// FPGA card; may be repeated
    #[arg(long, value_name = "DIR")]
    kernel_package: Vec<PathBuf>,

    /// Public key (PEM) that kernel packages may be signed by; may be repeated [default: this
    /// machine's development key]
    #[arg(long, value_name = "KEY.pub.pem", requires = "kernel_package")]
    package_key: Vec<PathBuf>,

    /// Options from a TOML file or from an earlier run's replay.json; the command line overrides it
    #[arg(short, long, value_name = "FILE")]
    config_file: Option<PathBuf>,

    /// No progress on standard error
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

impl SystemArgs {
    /// The pipeline's options for this output, the rest at their defaults.
    pub(crate) fn options(&self, output: &OutputArgs) -> Options {
        let default = Options::default();
        Options {
            compression_level: output.compression_level,
            threads: self.resources.threads.or(default.threads),
            memory: self.resources.memory,
            index_loader: self.index_loader,
            temporary_directory: self.temporary_directory.clone(),
            batch_size: self.batch_size as usize,
            key: self.key.clone(),
            devices: DeviceOptions {
                choice: self.device.clone(),
                paranoid: self.paranoid,
                packages: self.kernel_package.clone(),
                package_keys: self.package_key.clone(),
                host: None,
            },
            ..default
        }
    }
}
