//! Benchmarks of kernels, formats and stages on simulated reads. `benches/README.md` says how to
//! run them.

mod formats;
mod kernels;
mod stages;
// One set of data, so that these figures and those of `fafnir-bench` can be held side by side.
#[path = "../../src/bin/fafnir-bench/workload/mod.rs"]
mod workload;

use anyhow::Result;
use criterion::Criterion;
use workload::Workload;

fn main() -> Result<()> {
    // One thread, as in `fafnir-bench`.
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global()?;
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let mut workload = Workload::new(600_000, 30.0);
    kernels::benches(&mut criterion, workload.sample()?)?;
    formats::benches(&mut criterion, &mut workload)?;
    stages::benches(&mut criterion, &mut workload)?;
    criterion.final_summary();
    Ok(())
}
