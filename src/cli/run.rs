//! `fafnir run`

use clap::Args;
use fafnir::Error;

use super::{
    args::{
        AlignmentArgs, CallArgs, OutputArgs, ReadsArgs, ReferenceArgs, Replay, RunFolderArgs,
        SystemArgs, TrimmingArgs,
    },
    progress::Bars,
    table,
};

/// FASTQ, unaligned BAM or a run folder to a sorted, duplicate-marked BAM and a VCF
#[derive(Args, Debug)]
pub(super) struct Run {
    #[command(flatten)]
    reference: ReferenceArgs,

    #[command(flatten)]
    reads: ReadsArgs,

    #[command(flatten)]
    run_folder: RunFolderArgs,

    #[command(flatten)]
    trimming: TrimmingArgs,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    alignments: AlignmentArgs,

    #[command(flatten)]
    call: CallArgs,

    /// DRAGEN's switch for what is always done; without it, fafnir align
    #[arg(long, hide = true, value_parser = ["true"])]
    enable_variant_caller: Option<String>,

    #[command(flatten)]
    system: SystemArgs,
}

impl Run {
    pub(super) fn run(&self, replay: &Replay) -> Result<(), Error> {
        let options = self.alignments.apply(self.system.options(&self.output));
        let (options, adapters) = self.trimming.apply(options)?;
        let options = self.call.apply(options);
        let bars = Bars::new(self.system.quiet);
        if let Some(run) = self.run_folder.open(&self.reads)? {
            let output = self.output.output("", replay, adapters);
            let pipeline = self.reference.open(options)?;
            let report = pipeline.run_samples(&run, &output, &bars)?;
            bars.finish();
            table::print(&table::run_folder(&report));
            return Ok(());
        }
        let (reads, list) = self.reads.reads()?;
        let inputs = list.into_iter().chain(adapters);
        let output = self.output.output(reads.sample(), replay, inputs);
        let report = self.reference.open(options)?.run(&reads, &output, &bars)?;
        bars.finish();
        table::print(&table::run(&report));
        Ok(())
    }
}
