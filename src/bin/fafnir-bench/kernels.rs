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
    on_each_backend(clock, jobs.cells, jobs.batch.len(), |hal| {
        hal.extend(&jobs.batch, &mut results);
    })
}

pub(crate) fn pairhmm(clock: Clock, sample: &Sample) -> Result<Vec<Row>> {
    let jobs = jobs::pairs(sample)?;
    let mut results = Vec::new();
    on_each_backend(clock, jobs.cells, jobs.batch.len(), |hal| {
        hal.pairhmm(&jobs.batch, &mut results);
    })
}

/// `run` computes a batch of so many cells and jobs.
fn on_each_backend(
    clock: Clock,
    cells: u64,
    jobs: usize,
    mut run: impl FnMut(&Hal),
) -> Result<Vec<Row>> {
    let backends = [Isa::Scalar, Isa::Avx2]
        .into_iter()
        .filter(|isa| isa.is_available())
        .map(Hal::with_isa)
        .collect::<Result<Vec<_>, _>>()?;
    let times = clock.in_turn(&backends, |hal| {
        run(hal);
        Ok(())
    })?;
    let row = |(hal, &seconds): (&Hal, &f64)| {
        let row = Row::new(hal.isa().name(), seconds)
            .rate(cells as f64 / 1e9, "GCUPS")
            .rate(jobs as f64, "jobs/s");
        match hal.isa() {
            Isa::Scalar => row,
            _ => row.figure(times[0] / seconds, "x scalar"),
        }
    };
    Ok(backends.iter().zip(&times).map(row).collect())
}
