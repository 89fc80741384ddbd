//! `fafnir align`

use std::path::PathBuf;

use clap::Args;
use fafnir::Error;

use super::{
    args::{
        AlignmentArgs, OutputArgs, ReadsArgs, ReferenceArgs, Replay, RunFolderArgs, SystemArgs,
        TrimmingArgs,
    },
    progress::Bars,
    table,
};

/// FASTQ, unaligned BAM or a run folder to a sorted, duplicate-marked BAM
#[derive(Args, Debug)]
pub(super) struct Align {
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

    /// Write the records in the order of the reads, unmarked and unsigned, to -o
    #[arg(long, requires = "stream", conflicts_with = "bcl_input_directory")]
    unsorted: bool,

    /// Where unsorted records go; - is standard output
    #[arg(
        short = 'o',
        long = "output",
        value_name = "FILE|-",
        requires = "unsorted"
    )]
    stream: Option<PathBuf>,

    /// Tell on standard error how the reads of this name are mapped: seeds, candidates, alignments,
    /// pairing, why this MAPQ; changes no result
    #[arg(long, value_name = "NAME", conflicts_with = "quiet")]
    explain_read: Option<String>,

    #[command(flatten)]
    system: SystemArgs,
}

impl Align {
    pub(super) fn run(&self, replay: &Replay) -> Result<(), Error> {
        let mut options = self.alignments.apply(self.system.options(&self.output));
        options.explain_read.clone_from(&self.explain_read);
        let (options, adapters) = self.trimming.apply(options)?;
        let bars = Bars::new(self.system.quiet);
        if let Some(run) = self.run_folder.open(&self.reads)? {
            let output = self.output.output("", replay, adapters);
            let pipeline = self.reference.open(options)?;
            let report = pipeline.align_samples(&run, &output, &bars)?;
            bars.finish();
            table::print(&table::run_folder(&report));
            return Ok(());
        }
        let (reads, list) = self.reads.reads()?;
        let inputs = list.into_iter().chain(adapters);
        let output = self.output.output(reads.sample(), replay, inputs);
        if let Some(stream) = &self.stream {
            let pipeline = self.reference.open(options)?;
            pipeline.align_unsorted(&reads, stream, output.force, &bars)?;
            bars.finish();
            return Ok(());
        }
        let report = self
            .reference
            .open(options)?
            .align(&reads, &output, &bars)?;
        bars.finish();
        table::print(&table::run(&report));
        Ok(())
    }
}
