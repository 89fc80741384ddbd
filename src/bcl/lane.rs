//! A lane: which cycles are read, which files there are, and what goes into each.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::path::PathBuf;

use fafnir_io::bcl::RunInfo;
use fafnir_io::bcl::file_name::{FileNaming, FileOf, UNDETERMINED};
use fafnir_io::bcl::override_cycles::{CyclePlan, ReadCycles, ReadPlan};
use fafnir_io::bcl::read_name::ReadNames;
use fafnir_io::bcl::sample_sheet::{LanePlan, Sample, SampleSheet, Settings};

use super::recipe::{Columns, Piece, Recipe, files_of, written};
use crate::error::Error;

/// A lane that is converted.
pub(super) struct Lane {
    pub(super) number: u8,
    pub(super) plan: LanePlan,
    /// The cycles to read, ascending.
    pub(super) cycles: Vec<usize>,
    /// Columns of the index reads with all their cycles; empty where the run has none.
    pub(super) index_reads: [Range<usize>; 2],
    /// Cycles of the indexes of reads that no library claims, as they are read.
    pub(super) unknown: [Piece; 2],
    pub(super) names: ReadNames,
    /// For each of the plan's libraries, and last for reads that none claims.
    pub(super) recipes: Vec<Recipe>,
    /// Paths of the files, relative to the output folder.
    pub(super) files: Vec<PathBuf>,
}

/// Gives each file of a lane its place.
struct Files<'a> {
    naming: FileNaming,
    lane: u8,
    paths: Vec<PathBuf>,
    places: HashMap<(usize, bool, usize), usize>,
    samples: &'a [Sample],
}

impl Files<'_> {
    /// The place of the file of a sample's read; `None` is what no sample claims.
    fn place(&mut self, sample: Option<usize>, read: &ReadPlan) -> Result<usize, Error> {
        let sample = sample.map(|sample| &self.samples[sample]);
        let number = sample.map_or(0, |sample| sample.number);
        let key = (number, read.is_index, read.number);
        if let Some(&place) = self.places.get(&key) {
            return Ok(place);
        }
        let file = FileOf {
            id: sample.map_or(UNDETERMINED, |sample| &sample.id),
            name: sample.and_then(|sample| sample.name.as_deref()),
            project: sample.and_then(|sample| sample.project.as_deref()),
            number,
            lane: self.lane,
            is_index: read.is_index,
            read: read.number,
        };
        let path = self.naming.path(&file).map_err(|e| {
            Error::input(format!(
                "sample {}: Sample_Name or Sample_Project {e}",
                file.id
            ))
        })?;
        self.paths.push(path);
        self.places.insert(key, self.paths.len() - 1);
        Ok(self.paths.len() - 1)
    }
}

impl Lane {
    /// Plans a lane of the run.
    pub(super) fn new(
        number: u8,
        sheet: &SampleSheet,
        info: &RunInfo,
        reads: &[ReadCycles],
        naming: FileNaming,
    ) -> Result<Self, Error> {
        let plan = sheet.lane(number, reads)?;
        let settings = sheet.settings();
        let cycles = cycles(&plan, settings);
        let columns = Columns(&cycles);
        let mut files = Files {
            naming,
            lane: number,
            paths: Vec::new(),
            places: HashMap::new(),
            samples: sheet.samples(),
        };
        let mut recipes = Vec::with_capacity(plan.libraries.len() + 1);
        let mut add = |sample: Option<usize>, cycles: &CyclePlan, own| {
            let places = files_of(cycles, settings)
                .map(|read| files.place(sample, read))
                .collect::<Result<Vec<_>, _>>()?;
            let mut places = places.into_iter();
            let number = sample.map_or(0, |sample| sheet.samples()[sample].number);
            recipes.push(Recipe::new(number, cycles, own, settings, &columns, |_| {
                places.next().unwrap_or_default()
            }));
            Ok::<_, Error>(())
        };
        for (&library, &plan_of) in plan.libraries.iter().zip(&plan.plan_of) {
            let library = &sheet.libraries()[library];
            add(
                Some(library.sample),
                &plan.plans[plan_of],
                &library.settings,
            )?;
        }
        // A library alone and without indexes takes all reads.
        let takes_all = match plan.libraries.as_slice() {
            [only] => sheet.libraries()[*only].indexes.iter().all(Vec::is_empty),
            _ => false,
        };
        if !takes_all {
            add(None, &plan.undetermined, &settings.samples)?;
        }
        let mut spans = plan.undetermined.index_reads().map(|read| {
            let of_span = columns.of(std::slice::from_ref(&read.span));
            of_span.into_iter().next().unwrap_or_default()
        });
        let index_reads = [0, 1].map(|_| spans.next().unwrap_or_default());
        drop(spans);
        let mut indexes = plan.undetermined.index_reads();
        let unknown = [0, 1].map(|_| {
            let cycles = indexes.next().map(|read| read.kept.as_slice());
            columns.piece(cycles.unwrap_or_default(), false)
        });
        drop(indexes);
        Ok(Self {
            number,
            index_reads,
            unknown,
            names: ReadNames::new(&info.instrument, info.run_number, &info.flowcell, number),
            recipes,
            files: files.paths,
            cycles,
            plan,
        })
    }
}

/// Cycles that are written, and those of index reads, which tell samples apart.
fn cycles(plan: &LanePlan, settings: &Settings) -> Vec<usize> {
    let mut cycles = BTreeSet::new();
    for read in (plan.plans.iter().chain([&plan.undetermined])).flat_map(CyclePlan::reads) {
        if read.is_index {
            cycles.extend(read.span.clone());
        } else {
            let of_read = written(read, settings).iter().chain(&read.umi);
            cycles.extend(of_read.cloned().flatten());
        }
    }
    cycles.into_iter().collect()
}
