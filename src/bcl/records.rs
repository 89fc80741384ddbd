//! The folders `Reports` and `Logs`.

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use fafnir_attest::statement::SubjectKind;
use fafnir_io::bcl::file_name::FileNaming;

use super::Converted;
use super::outputs::Outputs;
use super::plan::RunPlan;
use super::recipe::OutputRead;
use super::reports::{FastqFiles, Logs, ReportFile, Reports, Statistics};
use crate::error::Error;

/// Names of the files that are of FASTQ alone.
const FASTQ_LIST: &str = "fastq_list.csv";
const FASTQ_COMPLETE: &str = "FastqComplete.txt";

/// What they are made of.
pub(super) struct Records<'a> {
    pub(super) plan: &'a RunPlan,
    pub(super) statistics: &'a Statistics,
    pub(super) naming: FileNaming,
    /// Whether there are FASTQ files to list.
    pub(super) fastq: bool,
}

impl Records<'_> {
    pub(super) fn write(
        &self,
        mut logs: Logs,
        converted: &Converted,
        outputs: &mut Outputs,
    ) -> Result<(), Error> {
        let path = self.plan.demultiplexing.run_folder.join("RunInfo.xml");
        let run_info = fs::read(&path).map_err(|error| Error::io(&path, "read", error))?;
        let (_, sample_sheet) = self.plan.sheet.get();
        let fastq = self.plan.fastq_files();
        let reports = Reports {
            lanes: &self.plan.layouts,
            statistics: self.statistics,
            fastq: &fastq,
            run_info: &run_info,
            sample_sheet,
            project_column: self.naming.project_folders,
            name_column: self.naming.sample_names,
        };
        let files = ReportFile::ALL.iter();
        for file in files.filter(|file| self.fastq || file.name != FASTQ_LIST) {
            let path = Path::new("Reports").join(file.name);
            outputs.write(&path, SubjectKind::Result, |out| file.write(&reports, out))?;
        }
        logs.info(format_args!(
            "{} tiles, {} clusters that pass the filter, {} of them of no sample",
            converted.tiles, converted.clusters, converted.undetermined
        ));
        let files = logs.files().into_iter();
        for (name, text) in files.filter(|(name, _)| self.fastq || *name != FASTQ_COMPLETE) {
            let path = Path::new("Logs").join(name);
            outputs.write(&path, SubjectKind::Record, |out| {
                out.write_all(text.as_bytes())
            })?;
        }
        Ok(())
    }
}

impl RunPlan {
    /// The files of samples, each once, by lane and by place in the sheet.
    pub(super) fn fastq_files(&self) -> Vec<FastqFiles> {
        let mut seen = HashSet::new();
        let mut all = Vec::new();
        for lane in &self.lanes {
            for (library, recipe) in lane.recipes.iter().enumerate() {
                let reads = [0, 1].map(|sequencing| {
                    let of = |read: &&OutputRead| read.sequencing == Some(sequencing);
                    let path = &lane.files[recipe.reads.iter().find(of)?.file];
                    Some(listed(path))
                });
                if library < lane.plan.libraries.len() && seen.insert(reads.clone()) {
                    all.push(FastqFiles {
                        lane: lane.number,
                        library,
                        reads,
                    });
                }
            }
        }
        all
    }
}

/// A file of the output folder as the list names it.
pub(super) fn listed(path: &Path) -> String {
    format!("../{}", path.display())
}
