//! Each kernel on each backend; an element is a cell of the dynamic programme.

use anyhow::Result;
use criterion::{Criterion, Throughput};
use fafnir_fpga_hal::{Hal, Isa, extend};

use crate::workload::{Sample, jobs};

pub(crate) fn benches(criterion: &mut Criterion, sample: &Sample) -> Result<()> {
    let backends = [Isa::Scalar, Isa::Avx2]
        .into_iter()
        .filter(|isa| isa.is_available())
        .map(Hal::with_isa)
        .collect::<Result<Vec<_>, _>>()?;

    for (name, traceback) in [("extend", false), ("extend-cigar", true)] {
        let jobs = jobs::extensions(sample, traceback, jobs::JOBS)?;
        let mut results = extend::Results::default();
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(jobs.cells));
        for hal in &backends {
            group.bench_function(hal.isa().name(), |bencher| {
                bencher.iter(|| hal.extend(&jobs.batch, &mut results));
            });
        }
    }

    let jobs = jobs::pairs(sample, jobs::JOBS)?;
    let mut results = Vec::new();
    let mut group = criterion.benchmark_group("pairhmm");
    group.throughput(Throughput::Elements(jobs.cells));
    for hal in &backends {
        group.bench_function(hal.isa().name(), |bencher| {
            bencher.iter(|| hal.pairhmm(&jobs.batch, &mut results));
        });
    }
    Ok(())
}
