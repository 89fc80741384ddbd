//! `fafnir call`

use std::path::{Path, PathBuf};

use clap::Args;
use fafnir::Error;

use super::{
    args::{CallArgs, OutputArgs, ReferenceArgs, Replay, SystemArgs},
    progress::Bars,
    table,
};

/// A sorted BAM to a VCF: the same bytes as `fafnir run` gives
#[derive(Args, Debug)]
pub(super) struct Call {
    #[command(flatten)]
    reference: ReferenceArgs,

    /// BAM sorted by coordinate, duplicates marked
    #[arg(short = 'b', long = "bam-input", value_name = "FILE.bam")]
    bam: PathBuf,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    call: CallArgs,

    #[command(flatten)]
    system: SystemArgs,
}

impl Call {
    pub(super) fn run(&self, replay: &Replay) -> Result<(), Error> {
        let options = self.call.apply(self.system.options(&self.output));
        if self.bam == Path::new("-") && !self.output.has_prefix() {
            return Err(Error::usage(
                "-b -: standard input has no name; name the results with --output-file-prefix",
            ));
        }
        let stem = self.bam.file_stem().unwrap_or_default().to_string_lossy();
        let output = self.output.output(&stem, replay, None);
        let bars = Bars::new(self.system.quiet);
        let report = self
            .reference
            .open(options)?
            .call(&self.bam, &output, &bars)?;
        bars.finish();
        table::print(&table::run(&report));
        Ok(())
    }
}
