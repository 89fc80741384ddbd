//! The folders `Reports` and `Logs`.

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use fafnir_attest::statement::SubjectKind;

use super::lane::Lane;
use super::outputs::Outputs;
use super::recipe::OutputRead;
use super::reports::{FastqFiles, LaneLayout, Logs, ReportFile, Reports, Statistics};
use super::{Conversion, Converted};
use crate::error::Error;

/// What they are made of.
pub(super) struct Records<'a> {
    pub(super) conversion: &'a Conversion,
    pub(super) lanes: &'a [Lane],
    pub(super) layouts: &'a [LaneLayout],
    pub(super) statistics: &'a Statistics,
    /// The bytes of the sheet.
    pub(super) sheet: &'a [u8],
}

impl Records<'_> {
    pub(super) fn write(
        &self,
        mut logs: Logs,
        converted: &Converted,
        outputs: &mut Outputs,
    ) -> Result<(), Error> {
        let path = self.conversion.run_folder.join("RunInfo.xml");
        let run_info = fs::read(&path).map_err(|error| Error::io(&path, "read", error))?;
        let fastq = self.fastq();
        let reports = Reports {
            lanes: self.layouts,
            statistics: self.statistics,
            fastq: &fastq,
            run_info: &run_info,
            sample_sheet: self.sheet,
            project_column: self.conversion.project_folders,
            name_column: self.conversion.sample_names,
        };
        for file in ReportFile::ALL {
            let path = Path::new("Reports").join(file.name);
            outputs.write(&path, SubjectKind::Result, |out| file.write(&reports, out))?;
        }
        logs.info(format_args!(
            "{} tiles, {} clusters that pass the filter, {} of them of no sample",
            converted.tiles, converted.clusters, converted.undetermined
        ));
        for (name, text) in logs.files() {
            let path = Path::new("Logs").join(name);
            outputs.write(&path, SubjectKind::Record, |out| {
                out.write_all(text.as_bytes())
            })?;
        }
        Ok(())
    }

    /// The files of samples, each once, by lane and by place in the sheet.
    fn fastq(&self) -> Vec<FastqFiles> {
        let mut seen = HashSet::new();
        let mut all = Vec::new();
        for lane in self.lanes {
            for (library, recipe) in lane.recipes.iter().enumerate() {
                let reads = [0, 1].map(|sequencing| {
                    let of = |read: &&OutputRead| read.sequencing == Some(sequencing);
                    let path = &lane.files[recipe.reads.iter().find(of)?.file];
                    Some(format!("../{}", path.display()))
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
