//! `fafnir run`

use std::path::PathBuf;

use clap::Args;
use fafnir::{Error, Pipeline};

use super::{
    args::{CallArgs, OutputArgs, ReadsArgs, Replay, SystemArgs},
    progress::Bars,
    table,
};

/// FASTQ to a sorted, duplicate-marked BAM and a VCF
#[derive(Args, Debug)]
pub(super) struct Run {
    /// Index of the reference, made by `fafnir index`
    #[arg(short = 'r', long = "ref", value_name = "REF.fafnir")]
    reference: PathBuf,

    #[command(flatten)]
    reads: ReadsArgs,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    call: CallArgs,

    #[command(flatten)]
    system: SystemArgs,
}

impl Run {
    pub(super) fn run(&self, replay: &Replay) -> Result<(), Error> {
        let reads = self.reads.reads()?;
        let output = self.output.output(reads.sample(), replay);
        let options = self.call.apply(self.system.options(&self.output));
        let bars = Bars::new(self.system.quiet);
        let report = Pipeline::open(&self.reference, options)?.run(&reads, &output, &bars)?;
        bars.finish();
        table::print(&table::run(&report));
        Ok(())
    }
}
