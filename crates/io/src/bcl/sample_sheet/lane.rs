//! What a sheet means for one lane of a run.

use rustc_hash::FxHashMap;

use super::{Library, SampleSheet, SheetError, SheetErrorKind, Version};
use crate::bcl::barcodes::{Barcode, DemultiplexOptions, Demultiplexer};
use crate::bcl::override_cycles::{CyclePlan, ReadCycles};
use crate::bcl::read_name::complement;

/// The libraries of a lane, and how their reads are taken from the run's cycles.
#[derive(Clone, Debug)]
pub struct LanePlan {
    /// Places of the lane's libraries in [`SampleSheet::libraries`]. A
    /// [`Match::barcode`](crate::bcl::barcodes::Match) is a place in this list.
    pub libraries: Vec<usize>,
    /// The different uses of cycles.
    pub plans: Vec<CyclePlan>,
    /// For each of `libraries` its place in `plans`.
    pub plan_of: Vec<usize>,
    /// Cycles of reads that no library claims: the one plan of all libraries, or else all cycles
    /// by their kind.
    pub undetermined: CyclePlan,
    /// Assigns the lane's clusters to `libraries`.
    pub demultiplexer: Demultiplexer,
}

impl SampleSheet {
    /// Plans a lane of a run with these reads, checking cycles and indexes.
    ///
    /// Indexes of the sheet are turned where the run reads an index as the reverse complement and
    /// the sheet is written forward. The run's say is RunInfo.xml's `IsReverseComplement`, or the
    /// setting `RunInfoIndex2ReverseComplement`; where neither says so, as on NextSeq 500 and
    /// NovaSeq 6000, the second index stands in the sheet as it is read (Illumina Knowledge 1800).
    /// `Index2ColumnReverseComplement` says that the sheet's second index is the reverse complement.
    ///
    /// # Errors
    /// When `OverrideCycles` does not go with the reads, an index does not go with its cycles, or
    /// two libraries cannot be told apart.
    pub fn lane(&self, lane: u8, reads: &[ReadCycles]) -> Result<LanePlan, SheetError> {
        let libraries: Vec<usize> = (0..self.libraries.len())
            .filter(|&i| self.libraries[i].lane.is_none_or(|of| of == lane))
            .collect();
        let (reads, turned) = self.orient(reads);
        let (mut plans, mut known) = (Vec::new(), FxHashMap::default());
        let mut plan_of = Vec::with_capacity(libraries.len());
        for &i in &libraries {
            let library = &self.libraries[i];
            let cell = library.settings.override_cycles.as_ref();
            let text = cell.map(|cell| cell.text.as_str());
            let place = match known.get(&text) {
                Some(&place) => place,
                None => {
                    let plan = CyclePlan::new(&reads, text).map_err(|error| {
                        let (line, column) =
                            cell.map_or((library.line, 1), |cell| (cell.line, cell.column));
                        self.error(line, column, SheetErrorKind::Cycles(error))
                    })?;
                    plans.push(plan);
                    known.insert(text, plans.len() - 1);
                    plans.len() - 1
                }
            };
            plan_of.push(place);
        }
        let demultiplexer = self.demultiplexer(lane, &libraries, &plans, &plan_of, turned)?;
        let undetermined = match plans.as_slice() {
            [plan] => plan.clone(),
            _ => CyclePlan::new(&reads, None)
                .map_err(|error| self.error(1, 1, SheetErrorKind::Cycles(error)))?,
        };
        Ok(LanePlan {
            libraries,
            plans,
            plan_of,
            undetermined,
            demultiplexer,
        })
    }

    /// The reads as the settings have them, and whether the sheet's indexes are to be turned.
    fn orient(&self, reads: &[ReadCycles]) -> (Vec<ReadCycles>, [bool; 2]) {
        let mut reads = reads.to_vec();
        let mut indexes = reads.iter_mut().filter(|read| read.is_index);
        let first = indexes
            .next()
            .is_some_and(|read| read.is_reverse_complement);
        let second = indexes.next().map(|read| {
            if let Some(said) = self.settings.run_info_index2_reverse_complement {
                read.is_reverse_complement = said;
            }
            read.is_reverse_complement
        });
        let column = self.settings.index2_column_reverse_complement;
        (reads, [first, second.unwrap_or(false) != column])
    }

    fn demultiplexer(
        &self,
        lane: u8,
        libraries: &[usize],
        plans: &[CyclePlan],
        plan_of: &[usize],
        turned: [bool; 2],
    ) -> Result<Demultiplexer, SheetError> {
        let as_read: Vec<[Vec<u8>; 2]> = libraries
            .iter()
            .map(|&i| indexes_as_read(&self.libraries[i], turned))
            .collect();
        let barcodes: Vec<Barcode<'_>> = libraries
            .iter()
            .zip(plan_of)
            .zip(&as_read)
            .map(|((&i, &plan), [first, second])| {
                let library = &self.libraries[i];
                Barcode {
                    line: library.line,
                    sample: library.sample,
                    indexes: [first, second],
                    mismatches: library.settings.barcode_mismatches,
                    plan: &plans[plan],
                }
            })
            .collect();
        let overridden = libraries
            .iter()
            .any(|&i| self.libraries[i].settings.override_cycles.is_some());
        let options = DemultiplexOptions {
            // bcl2fastq2 takes the first cycles of an index read for a shorter index; BCL Convert
            // refuses it, as here wherever the sheet says which cycles are the index's.
            allow_shorter: self.version == Version::V1 && !overridden,
            independent: self.settings.independent_index_lanes.contains(&lane),
        };
        Demultiplexer::new(lane, &barcodes, options).map_err(|error| {
            let column = self.index_columns[error.index.clamp(1, 2) - 1];
            self.error(error.line, column, SheetErrorKind::Barcodes(error))
        })
    }
}

fn indexes_as_read(library: &Library, turned: [bool; 2]) -> [Vec<u8>; 2] {
    [0, 1].map(|i| {
        let index = &library.indexes[i];
        if turned[i] {
            index.iter().rev().map(|&base| complement(base)).collect()
        } else {
            index.clone()
        }
    })
}
