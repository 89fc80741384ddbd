//! Each kernel on each backend: instruction sets on one core, the best of them on all cores, and
//! OpenCL devices.

use std::thread;

use anyhow::{Result, ensure};
use fafnir_fpga_hal::{
    Hal, Isa,
    device::{Device, DeviceError},
    extend, pairhmm,
};

use crate::{
    break_even::{BreakEven, Timing},
    devices::{Devices, LIMIT, OpenDevice},
    measure::Clock,
    report::Row,
    workload::{
        Sample,
        jobs::{self, JOBS, Jobs},
    },
};

/// Batches of each thread in a run on all cores: starting a thread must not count.
const BATCHES: usize = 16;

/// Sizes of the batches that a device is sent.
const SIZES: [usize; 11] = [
    LEAST, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536,
];
const LEAST: usize = 64;

/// How much longer a device is measured than all else: so many sizes.
const DEVICE_TIMES: f64 = 3.0;

/// A kernel, and jobs as the stages send them.
pub(crate) trait Kernel: Sync {
    type Batch: Sync;
    type Results: Default;

    /// What devices call it.
    const NAME: &str;

    /// Makes about `count` jobs.
    fn jobs(&self, sample: &Sample, count: usize) -> Result<Jobs<Self::Batch>>;

    fn len(batch: &Self::Batch) -> usize;

    fn compute(hal: &Hal, batch: &Self::Batch, out: &mut Self::Results);

    fn send(
        device: &Device,
        batch: &Self::Batch,
        out: &mut Self::Results,
    ) -> Result<(), DeviceError>;

    /// Whether both hold the same.
    fn agree(one: &Self::Results, other: &Self::Results) -> bool;
}

/// Banded extension.
pub(crate) struct Extend {
    pub(crate) traceback: bool,
}

impl Kernel for Extend {
    type Batch = extend::Batch;
    type Results = extend::Results;

    const NAME: &str = "extend";

    fn jobs(&self, sample: &Sample, count: usize) -> Result<Jobs<Self::Batch>> {
        jobs::extensions(sample, self.traceback, count)
    }

    fn len(batch: &Self::Batch) -> usize {
        batch.len()
    }

    fn compute(hal: &Hal, batch: &Self::Batch, out: &mut Self::Results) {
        hal.extend(batch, out);
    }

    fn send(
        device: &Device,
        batch: &Self::Batch,
        out: &mut Self::Results,
    ) -> Result<(), DeviceError> {
        device.extend(batch, out, LIMIT)
    }

    fn agree(one: &Self::Results, other: &Self::Results) -> bool {
        one.len() == other.len()
            && (0..one.len())
                .all(|i| one.chosen(i) == other.chosen(i) && one.cigar(i) == other.cigar(i))
    }
}

/// The pair hidden Markov model.
pub(crate) struct Pairhmm;

impl Kernel for Pairhmm {
    type Batch = pairhmm::Batch;
    type Results = Vec<f64>;

    const NAME: &str = "pairhmm";

    fn jobs(&self, sample: &Sample, count: usize) -> Result<Jobs<Self::Batch>> {
        jobs::pairs(sample, count)
    }

    fn len(batch: &Self::Batch) -> usize {
        batch.len()
    }

    fn compute(hal: &Hal, batch: &Self::Batch, out: &mut Self::Results) {
        hal.pairhmm(batch, out);
    }

    fn send(
        device: &Device,
        batch: &Self::Batch,
        out: &mut Self::Results,
    ) -> Result<(), DeviceError> {
        device.pairhmm(batch, out, LIMIT)
    }

    fn agree(one: &Self::Results, other: &Self::Results) -> bool {
        one == other
    }
}

/// Measures `kernel` on everything that there is.
pub(crate) fn measure<K: Kernel>(
    kernel: &K,
    clock: Clock,
    sample: &Sample,
    cores: usize,
    devices: &Devices,
) -> Result<Vec<Row>> {
    let jobs = kernel.jobs(sample, JOBS)?;
    let count = K::len(&jobs.batch) as f64;
    let backends = [Isa::Scalar, Isa::Avx2]
        .into_iter()
        .filter(|isa| isa.is_available())
        .map(Hal::with_isa)
        .collect::<Result<Vec<_>, _>>()?;

    let mut results = K::Results::default();
    let times = clock.in_turn(&backends, |hal| {
        K::compute(hal, &jobs.batch, &mut results);
        Ok(())
    })?;
    let rates = |row: Row| {
        row.rate(jobs.cells as f64 / 1e9, "GCUPS")
            .rate(count, "jobs/s")
    };
    let mut rows = Vec::new();
    for (hal, &seconds) in backends.iter().zip(&times) {
        let row = rates(Row::new(hal.isa().name(), seconds));
        rows.push(match hal.isa() {
            Isa::Scalar => row,
            _ => row.figure(times[0] / seconds, "x scalar"),
        });
    }

    let (Some(best), Some(&one_core)) = (backends.last(), times.last()) else {
        return Ok(rows);
    };
    let all_cores = on_all_cores::<K>(clock, best, &jobs.batch, cores)?;
    let name = format!("{}, all cores", best.isa().name());
    rows.push(rates(Row::new(name, all_cores).wall()).figure(one_core / all_cores, "x one core"));

    let rivals = Rivals {
        hal: best,
        one_core: one_core / count,
        all_cores: all_cores / count,
    };
    for device in &devices.open {
        rows.push(on_device(kernel, clock, sample, device, &rivals)?);
    }
    Ok(rows)
}

/// Seconds that pass until all cores together have computed one batch more.
fn on_all_cores<K: Kernel>(clock: Clock, hal: &Hal, batch: &K::Batch, cores: usize) -> Result<f64> {
    let work = || {
        let mut results = K::Results::default();
        for _ in 0..BATCHES {
            K::compute(hal, batch, &mut results);
        }
    };
    let seconds = clock.wall().fastest(|| {
        thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(work);
            }
        });
        Ok(())
    })?;
    Ok(seconds / (BATCHES * cores) as f64)
}

/// What a device is held against.
struct Rivals<'a> {
    hal: &'a Hal,
    /// Seconds a job.
    one_core: f64,
    all_cores: f64,
}

impl Rivals<'_> {
    /// A device that computes wrongly may be as fast as it likes.
    fn check<K: Kernel>(&self, batch: &K::Batch, results: &K::Results) -> Result<()> {
        let mut expected = K::Results::default();
        K::compute(self.hal, batch, &mut expected);
        ensure!(
            K::agree(results, &expected),
            "results are not those of the CPU"
        );
        Ok(())
    }
}

fn on_device<K: Kernel>(
    kernel: &K,
    clock: Clock,
    sample: &Sample,
    device: &OpenDevice,
    rivals: &Rivals<'_>,
) -> Result<Row> {
    let on = &device.identity.on;
    let mut withheld = device.device.info().withheld.iter();
    if let Some(withheld) = withheld.find(|withheld| withheld.kernel == K::NAME) {
        return Ok(Row::without_figures(on).note(format!("not offered: {}", withheld.why)));
    }
    let clock = clock.wall().times(DEVICE_TIMES);
    let each = clock.times(1.0 / SIZES.len() as f64);
    let begin = clock.time.now();
    let mut timings = Vec::<Timing>::new();
    let (mut cells, mut failure) = (0, None);
    for size in SIZES {
        // The next takes twice the time of the last; two make a line.
        if let [_, .., last] = timings.as_slice()
            && clock.time.now() - begin + 2.0 * last.seconds > clock.seconds()
        {
            break;
        }
        let jobs = kernel.jobs(sample, size)?;
        let mut results = K::Results::default();
        let mut time = || -> Result<f64> {
            if size == LEAST {
                // Drivers build late, too: this run is not timed.
                K::send(&device.device, &jobs.batch, &mut results)?;
                rivals.check::<K>(&jobs.batch, &results)?;
            }
            each.fastest(|| Ok(K::send(&device.device, &jobs.batch, &mut results)?))
        };
        match time() {
            Ok(seconds) => {
                let jobs_sent = K::len(&jobs.batch);
                timings.push(Timing {
                    jobs: jobs_sent,
                    seconds,
                });
                cells = jobs.cells;
            }
            Err(error) => {
                failure = Some(format!("a batch of {size} jobs failed: {error:#}"));
                break;
            }
        }
    }
    let row = match timings.as_slice() {
        [_, .., last] => Row::new(on, last.seconds)
            .wall()
            .rate(cells as f64 / 1e9, "GCUPS")
            .rate(last.jobs as f64, "jobs/s")
            .figure(last.jobs as f64, "jobs a batch")
            .break_even(BreakEven::new(timings, rivals.one_core, rivals.all_cores)),
        _ => Row::without_figures(on),
    };
    Ok(match failure {
        Some(failure) => row.note(failure),
        None => row,
    })
}
