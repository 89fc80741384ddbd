//! Reads: FASTQ, BAM, CRAM, or a list of lanes.

use std::path::{Path, PathBuf};

use clap::Args;
use fafnir::{
    Error, InputProof, Lane, Reads, RecordFile, RecordFormat, Verified, parse_fastq_list,
};

use super::read_group::ReadGroupArgs;

/// The reads, in the words of bwa and DRAGEN.
#[derive(Args, Debug)]
#[command(next_help_heading = "Reads")]
pub(crate) struct ReadsArgs {
    /// FASTQ of first reads; several lanes by comma or by repeating the option
    #[arg(
        short = '1',
        long = "fastq-file1",
        value_name = "R1.fastq.gz",
        value_delimiter = ','
    )]
    #[arg(required_unless_present_any = ["fastq_list", "bam", "cram", "bcl_input_directory"])]
    #[arg(conflicts_with_all = ["fastq_list", "bam", "cram", "bcl_input_directory"])]
    first: Vec<PathBuf>,

    /// FASTQ of second reads, one for each of -1
    #[arg(
        short = '2',
        long = "fastq-file2",
        value_name = "R2.fastq.gz",
        value_delimiter = ','
    )]
    #[arg(conflicts_with_all = ["interleaved", "fastq_list", "bam", "cram", "bcl_input_directory"])]
    second: Vec<PathBuf>,

    /// -1 holds pairs, each read followed by its mate
    #[arg(short = 'p', long, conflicts_with_all = ["fastq_list", "bam", "cram", "bcl_input_directory"])]
    interleaved: bool,

    /// BAM of reads, aligned or not, mates next to each other, - for standard input; several by
    /// comma or by repeating the option. Read groups are those of its header; what that leaves
    /// empty, the options for read groups say
    #[arg(
        short = 'b',
        long = "bam-input",
        value_name = "READS.bam",
        value_delimiter = ','
    )]
    #[arg(conflicts_with_all = ["fastq_list", "bcl_input_directory"])]
    bam: Vec<PathBuf>,

    /// The same as CRAM, if it needs no reference, as unaligned files do not
    #[arg(long = "cram-input", value_name = "READS.cram", value_delimiter = ',')]
    #[arg(conflicts_with_all = ["fastq_list", "bcl_input_directory"])]
    cram: Vec<PathBuf>,

    /// CSV of lanes: RGID,RGSM,RGLB,Lane,Read1File,Read2File; what it leaves empty, the options
    /// for read groups say
    #[arg(
        long,
        value_name = "fastq_list.csv",
        conflicts_with = "bcl_input_directory"
    )]
    fastq_list: Option<PathBuf>,

    /// The sample (RGSM) whose lanes of the list are run
    #[arg(
        long,
        value_name = "SAMPLE",
        requires = "fastq_list",
        conflicts_with = "first"
    )]
    fastq_list_sample_id: Option<String>,

    #[command(flatten)]
    pub(super) read_group: ReadGroupArgs,
}

impl ReadsArgs {
    /// The lanes and read groups that the options name, and proof of the list that named them.
    pub(crate) fn reads(&self) -> Result<(Reads, Option<InputProof>), Error> {
        if let Some(path) = &self.fastq_list {
            return self.listed(path);
        }
        if !self.bam.is_empty() || !self.cram.is_empty() {
            return Ok((self.recorded()?, None));
        }
        if !self.second.is_empty() && self.second.len() != self.first.len() {
            return Err(Error::usage(format!(
                "{} files in -1 but {} in -2; give one of each for every lane",
                self.first.len(),
                self.second.len()
            )));
        }
        let lanes = self.first.iter().enumerate().map(|(i, first)| Lane {
            first: first.clone(),
            second: self.second.get(i).cloned(),
            interleaved: self.interleaved,
            read_group: 0,
        });
        let reads = Reads {
            lanes: lanes.collect(),
            read_groups: vec![self.read_group.group()?],
            ..Reads::default()
        };
        Ok((reads, None))
    }

    fn recorded(&self) -> Result<Reads, Error> {
        let mut reads = Reads::default();
        let bam = self.bam.iter().map(|path| (path, RecordFormat::Bam));
        let cram = self.cram.iter().map(|path| (path, RecordFormat::Cram));
        for (path, format) in bam.chain(cram) {
            let file = RecordFile::open(path, format, |known| {
                Ok(reads.add_read_group(self.read_group.of_file(path, known)?))
            })?;
            reads.record_files.push(file);
        }
        Ok(reads)
    }

    fn listed(&self, path: &Path) -> Result<(Reads, Option<InputProof>), Error> {
        let list = Verified::read(path, None)?.with_role("list of reads");
        let text = std::str::from_utf8(list.get())
            .map_err(|e| Error::input(format!("{}: it is no text: {e}", path.display())))?;
        let sample = self.fastq_list_sample_id.as_deref();
        let mut reads = parse_fastq_list(path, text, sample)?;
        for group in &mut reads.read_groups {
            self.read_group.fill(group);
        }
        Ok((reads, Some(list.proof().clone())))
    }
}
