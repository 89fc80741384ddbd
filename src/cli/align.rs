//! `fafnir align`

use std::path::PathBuf;

use clap::Args;
use fafnir::{Error, Pipeline};

use super::{
    args::{AlignmentArgs, OutputArgs, ReadsArgs, Replay, SystemArgs},
    progress::Bars,
    table,
};

/// FASTQ or unaligned BAM to a sorted, duplicate-marked BAM
#[derive(Args, Debug)]
pub(super) struct Align {
    /// Index of the reference, made by `fafnir index`
    #[arg(
        short = 'r',
        long = "ref",
        visible_alias = "ref-dir",
        value_name = "REF.fafnir"
    )]
    reference: PathBuf,

    #[command(flatten)]
    reads: ReadsArgs,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    alignments: AlignmentArgs,

    /// Write the records in the order of the reads, unmarked and unsigned, to -o
    #[arg(long, requires = "stream")]
    unsorted: bool,

    /// Where unsorted records go; - is standard output
    #[arg(
        short = 'o',
        long = "output",
        value_name = "FILE|-",
        requires = "unsorted"
    )]
    stream: Option<PathBuf>,

    #[command(flatten)]
    system: SystemArgs,
}

impl Align {
    pub(super) fn run(&self, replay: &Replay) -> Result<(), Error> {
        let (reads, list) = self.reads.reads()?;
        let options = self.alignments.apply(self.system.options(&self.output));
        let bars = Bars::new(self.system.quiet);
        let output = self.output.output(reads.sample(), replay, list);
        if let Some(stream) = &self.stream {
            let pipeline = Pipeline::open(&self.reference, options)?;
            pipeline.align_unsorted(&reads, stream, output.force, &bars)?;
            bars.finish();
            return Ok(());
        }
        let report = Pipeline::open(&self.reference, options)?.align(&reads, &output, &bars)?;
        bars.finish();
        table::print(&table::run(&report));
        Ok(())
    }
}
