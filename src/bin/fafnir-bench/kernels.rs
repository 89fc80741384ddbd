//! Each kernel on each backend.

use anyhow::Result;
use fafnir_fpga_hal::{Hal, Isa, extend};

use crate::{
    measure::Clock,
    report::Row,
    workload::{Sample, jobs},
};

pub(crate) fn extension(clock: Clock, sample: &Sample, traceback: bool) -> Result<Vec<Row>> {
    let jobs = jobs::extensions(sample, traceback)?;
    let mut results = extend::Results::default();
    on_each_backend(jobs.cells, jobs.batch.len(), |hal| {
        clock.fastest(|| {
            hal.extend(&jobs.batch, &mut results);
            Ok(())
        })
    })
}

pub(crate) fn pairhmm(clock: Clock, sample: &Sample) -> Result<Vec<Row>> {
    let jobs = jobs::pairs(sample)?;
    let mut results = Vec::new();
    on_each_backend(jobs.cells, jobs.batch.len(), |hal| {
        clock.fastest(|| {
            hal.pairhmm(&jobs.batch, &mut results);
            Ok(())
        })
    })
}

/// `measure` gives the CPU seconds of a batch of so many cells and jobs.
fn on_each_backend(
    cells: u64,
    jobs: usize,
    mut measure: impl FnMut(&Hal) -> Result<f64>,
) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for isa in [Isa::Scalar, Isa::Avx2] {
        if !isa.is_available() {
            continue;
        }
        let seconds = measure(&Hal::with_isa(isa)?)?;
        let row = Row::new(isa.name(), seconds)
            .rate(cells as f64 / 1e9, "GCUPS")
            .rate(jobs as f64, "jobs/s");
        rows.push(match rows.first() {
            Some(scalar) => row.figure(scalar.cpu_seconds() / seconds, "x scalar"),
            None => row,
        });
    }
    Ok(rows)
}
