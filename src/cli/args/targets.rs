//! Where to call.

use std::path::PathBuf;

use clap::Args;
use fafnir::Options;

/// The part of the genome that is called, of one sample or of many.
#[derive(Args, Debug)]
#[command(next_help_heading = "Calls")]
pub(crate) struct TargetArgs {
    /// Call only here: a BED file, or a region such as chr20:1,000,000-2,000,000; may be repeated
    #[arg(short = 'L', long = "target-bed", value_name = "BED|REGION")]
    #[arg(visible_alias = "vc-target-bed")]
    targets: Vec<PathBuf>,

    /// Call this many bases around each target too
    #[arg(
        long = "vc-target-bed-padding",
        value_name = "BASES",
        default_value_t = 0
    )]
    #[arg(visible_alias = "interval-padding", requires = "targets")]
    target_padding: u32,
}

impl TargetArgs {
    /// Adds what these options decide.
    pub(crate) fn apply(&self, options: Options) -> Options {
        Options {
            targets: self.targets.clone(),
            target_padding: self.target_padding,
            ..options
        }
    }
}
