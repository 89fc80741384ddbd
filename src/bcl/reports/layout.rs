//! What the reports know of a lane.

use fafnir_io::bcl::override_cycles::CyclePlan;
use fafnir_io::bcl::sample_sheet::{LanePlan, SampleSheet};

use super::hopping::HopFinder;

/// A library as its rows name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedLibrary {
    /// `Sample_ID`.
    pub id: String,
    /// `Sample_Name`, if any.
    pub name: Option<String>,
    /// `Sample_Project`, if any.
    pub project: Option<String>,
    /// The indexes as the sheet has them; empty for none.
    pub indexes: [String; 2],
}

/// What the reports know of a lane: the names of its rows, and its reads.
#[derive(Clone, Debug)]
pub struct LaneLayout {
    /// Lane, 1-based.
    pub lane: u8,
    /// Its libraries, in the order of [`LanePlan::libraries`]. Their number is the place of the
    /// reads that no library claims.
    pub libraries: Vec<ReportedLibrary>,
    /// Cycles of each sequencing read: `cycles[0]` is of R1. 0 for a read that is not written.
    pub cycles: Vec<usize>,
    pub(super) hops: Option<HopFinder>,
}

impl LaneLayout {
    /// The layout of a lane of `sheet` that is planned as `plan`.
    pub fn new(lane: u8, sheet: &SampleSheet, plan: &LanePlan) -> Self {
        let libraries = plan.libraries.iter().map(|&i| {
            let library = &sheet.libraries()[i];
            let sample = &sheet.samples()[library.sample];
            ReportedLibrary {
                id: sample.id.clone(),
                name: sample.name.clone(),
                project: sample.project.clone(),
                indexes: [0, 1]
                    .map(|index| String::from_utf8_lossy(&library.indexes[index]).into_owned()),
            }
        });
        let plans = plan.plans.iter().chain([&plan.undetermined]);
        Self {
            lane,
            libraries: libraries.collect(),
            cycles: cycles(plans, sheet.settings().trim_umi),
            hops: HopFinder::new(lane, sheet, plan),
        }
    }

    /// Place of the reads that no library claims.
    pub fn undetermined(&self) -> usize {
        self.libraries.len()
    }
}

/// The most cycles that each read has in any of `plans`.
fn cycles<'a>(plans: impl Iterator<Item = &'a CyclePlan>, trim_umi: bool) -> Vec<usize> {
    let mut cycles: Vec<usize> = Vec::new();
    for read in plans.flat_map(CyclePlan::output_reads) {
        let written = if trim_umi {
            &read.kept
        } else {
            &read.kept_and_umi
        };
        let length: usize = written.iter().map(ExactSizeIterator::len).sum();
        if cycles.len() < read.number {
            cycles.resize(read.number, 0);
        }
        cycles[read.number - 1] = length.max(cycles[read.number - 1]);
    }
    cycles
}

/// How a row names a library, or the reads of none.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowName<'a> {
    /// Its place.
    pub(super) library: usize,
    /// Whether it is a library's.
    pub(super) is_library: bool,
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) project: &'a str,
    pub(super) indexes: [&'a str; 2],
}

/// What stands for the sample of reads that no library claims.
const UNDETERMINED: &str = "Undetermined";

impl LaneLayout {
    /// Names of the rows: the libraries, then the reads of none.
    pub(super) fn rows(&self) -> impl Iterator<Item = RowName<'_>> {
        let undetermined = RowName {
            library: self.undetermined(),
            is_library: false,
            id: UNDETERMINED,
            name: UNDETERMINED,
            project: UNDETERMINED,
            indexes: [""; 2],
        };
        let libraries = self.libraries.iter().enumerate();
        libraries
            .map(|(place, library)| RowName {
                library: place,
                is_library: true,
                id: &library.id,
                name: library.name.as_deref().unwrap_or_default(),
                project: library.project.as_deref().unwrap_or_default(),
                indexes: library.indexes.each_ref().map(String::as_str),
            })
            .chain([undetermined])
    }

    /// The sequencing reads that are written, from 0 for R1.
    pub(super) fn reads(&self) -> impl Iterator<Item = usize> {
        (0..self.cycles.len()).filter(|&read| self.cycles[read] > 0)
    }
}

impl RowName<'_> {
    /// The indexes in one cell, by a hyphen.
    pub(super) fn joined(&self) -> String {
        match self.indexes {
            [index, ""] => index.to_owned(),
            [first, second] => format!("{first}-{second}"),
        }
    }
}
