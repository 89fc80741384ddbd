//! Options that choose what is read of a sequencer's run folder.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};
use fafnir::Error;
use fafnir::bcl::{Demultiplexing, RunReads, TileFilter};

use super::ReadsArgs;

/// Which clusters are read, and how they are told apart, in the words of BCL Convert.
#[derive(Args, Debug)]
#[command(next_help_heading = "Run folder")]
pub(crate) struct DemultiplexingArgs {
    /// Sample sheet, version 1 or 2 [default: SampleSheet.csv in the run folder]
    #[arg(long, value_name = "SHEET.csv")]
    sample_sheet: Option<PathBuf>,

    /// Read this lane alone
    #[arg(long, value_name = "LANE")]
    #[arg(value_parser = clap::value_parser!(u8).range(1..))]
    bcl_only_lane: Option<u8>,

    /// Read these tiles alone: regular expressions by comma, such as s_1_1101,s_[2-4]
    #[arg(long, value_name = "REGEX", value_delimiter = ',')]
    tiles: Vec<String>,

    /// Leave out these tiles: regular expressions by comma
    #[arg(long, value_name = "REGEX", value_delimiter = ',')]
    exclude_tiles: Vec<String>,

    /// Read the first tile of each lane alone
    #[arg(long, value_name = "true|false", default_value_t = false)]
    #[arg(num_args = 0..=1, default_missing_value = "true", action = ArgAction::Set)]
    first_tile_only: bool,

    /// Refuse missing and damaged files, which otherwise are filled with N
    #[arg(long, value_name = "true|false", default_value_t = false)]
    #[arg(num_args = 0..=1, default_missing_value = "true", action = ArgAction::Set)]
    strict_mode: bool,

    /// One file, or read group, for all lanes of a sample
    #[arg(long, value_name = "true|false", default_value_t = false)]
    #[arg(num_args = 0..=1, default_missing_value = "true", action = ArgAction::Set)]
    no_lane_splitting: bool,
}

impl DemultiplexingArgs {
    pub(crate) fn demultiplexing(&self, run_folder: &Path) -> Result<Demultiplexing, Error> {
        Ok(Demultiplexing {
            run_folder: run_folder.to_owned(),
            sample_sheet: self.sample_sheet.clone(),
            only_lane: self.bcl_only_lane,
            tiles: TileFilter::new(&self.tiles, &self.exclude_tiles)?,
            first_tile_only: self.first_tile_only,
            strict: self.strict_mode,
            no_lane_splitting: self.no_lane_splitting,
        })
    }
}

/// A run folder in the place of FASTQ.
#[derive(Args, Debug)]
#[command(next_help_heading = "Run folder")]
pub(crate) struct RunFolderArgs {
    /// Run folder of a sequencer (BCL), with RunInfo.xml: each sample of its sheet is run, without
    /// FASTQ between, into OUTPUT/Sample_ID
    #[arg(long, value_name = "RUN", conflicts_with = "output_file_prefix")]
    bcl_input_directory: Option<PathBuf>,

    /// Run these samples alone: Sample_ID, several by comma
    #[arg(long, value_name = "SAMPLE", value_delimiter = ',')]
    bcl_sample_id: Vec<String>,

    #[command(flatten)]
    demultiplexing: DemultiplexingArgs,
}

impl RunFolderArgs {
    /// The samples of the run folder, if one is given, with what the options for read groups say.
    pub(crate) fn open(&self, reads: &ReadsArgs) -> Result<Option<RunReads>, Error> {
        let Some(run_folder) = &self.bcl_input_directory else {
            return match self.given() {
                None => Ok(None),
                Some(option) => Err(Error::usage(format!(
                    "{option}: chooses from a run folder; name it with --bcl-input-directory"
                ))),
            };
        };
        let demultiplexing = self.demultiplexing.demultiplexing(run_folder)?;
        let mut run = RunReads::open(&demultiplexing, &self.bcl_sample_id)?;
        run.read_groups_mut()
            .for_each(|group| reads.read_group.fill(group));
        Ok(Some(run))
    }

    /// An option that nothing but a run folder has a use for. Clap forgives a missing one where
    /// there are other reads.
    fn given(&self) -> Option<&'static str> {
        let of_run = &self.demultiplexing;
        let options = [
            ("--bcl-sample-id", !self.bcl_sample_id.is_empty()),
            ("--sample-sheet", of_run.sample_sheet.is_some()),
            ("--bcl-only-lane", of_run.bcl_only_lane.is_some()),
            ("--tiles", !of_run.tiles.is_empty()),
            ("--exclude-tiles", !of_run.exclude_tiles.is_empty()),
            ("--first-tile-only", of_run.first_tile_only),
            ("--strict-mode", of_run.strict_mode),
            ("--no-lane-splitting", of_run.no_lane_splitting),
        ];
        let given = options.into_iter().find(|(_, given)| *given);
        given.map(|(option, _)| option)
    }
}
