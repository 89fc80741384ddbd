//! How fast a backend is, measured once, when a device is opened. No result depends on it.

use std::time::{Duration, Instant};

use super::{extensions::Extensions, jobs::Jobs, pairs::Pairs};
use crate::{
    backend::Backend,
    device::{Device, DeviceError},
    extend, pairhmm,
};

/// Jobs of a first batch, and of a larger one where a device is done with that too soon to tell.
const FEW: usize = 256;
const MANY: usize = 4_096;
const TOO_SOON: Duration = Duration::from_millis(5);

const READ: usize = 100;
const REFERENCE: usize = 130;

/// Time of a batch = `launch` + its cells / `rate`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speed {
    /// Seconds.
    pub(super) launch: f64,
    /// Cells a second.
    pub(super) rate: f64,
}

impl Speed {
    pub(super) fn seconds(&self, cells: f64) -> f64 {
        self.launch + cells / self.rate
    }

    fn between(few: (f64, f64), many: (f64, f64)) -> Self {
        let rate = (many.0 - few.0) / (many.1 - few.1).max(1e-9);
        Self {
            launch: (few.1 - few.0 / rate).max(0.0),
            rate,
        }
    }
}

/// Returns a CPU lane's speeds at extension and at the PairHMM.
pub(super) fn of_cpu(backend: Backend) -> [Speed; 2] {
    fn speed(backend: Backend, mut jobs: impl Jobs) -> Speed {
        let (clock, cells) = (Instant::now(), jobs.cells(0..jobs.len()) as f64);
        jobs.compute(backend, 0..jobs.len());
        Speed {
            launch: 0.0,
            rate: cells / clock.elapsed().as_secs_f64().max(1e-9),
        }
    }
    let (reads, haplotypes) = (extensions(FEW), pairs(FEW));
    let mut out = extend::Results::default();
    out.reset(FEW);
    [
        speed(
            backend,
            Extensions {
                batch: &reads,
                out: &mut out,
            },
        ),
        speed(
            backend,
            Pairs {
                batch: &pairhmm::Prepared::new(&haplotypes),
                sums: &mut [0.0; FEW],
            },
        ),
    ]
}

/// Returns a device's speed at extension.
pub(super) fn at_extension(device: &Device, limit: Duration) -> Result<Speed, DeviceError> {
    let mut out = extend::Results::default();
    measure(|jobs| {
        let batch = extensions(jobs);
        let clock = Instant::now();
        device.extend(&batch, &mut out, limit)?;
        Ok((band_cells(&batch), clock.elapsed()))
    })
}

/// Returns a device's speed at the PairHMM.
pub(super) fn at_pairhmm(device: &Device, limit: Duration) -> Result<Speed, DeviceError> {
    let mut out = Vec::new();
    measure(|jobs| {
        let batch = pairs(jobs);
        let clock = Instant::now();
        device.pairhmm(&batch, &mut out, limit)?;
        let cells = (0..jobs).map(|pair| batch.cells(pair)).sum();
        Ok((cells, clock.elapsed()))
    })
}

fn band_cells(batch: &extend::Batch) -> u64 {
    (0..batch.len())
        .map(|index| batch.job(index).cells() as u64)
        .sum()
}

fn measure(
    mut run: impl FnMut(usize) -> Result<(u64, Duration), DeviceError>,
) -> Result<Speed, DeviceError> {
    let mut point = |jobs| {
        let (cells, time) = run(jobs)?;
        Ok::<_, DeviceError>(((cells as f64, time.as_secs_f64()), time))
    };
    // The first batch of all finds caches and clocks cold.
    point(1)?;
    let (one, _) = point(1)?;
    let (few, time) = point(FEW)?;
    if time > TOO_SOON {
        return Ok(Speed::between(one, few));
    }
    Ok(Speed::between(one, point(MANY)?.0))
}

/// Codes of bases without a short period.
fn bases(length: usize, start: usize) -> Vec<u8> {
    let code = |i: usize| ((i * i + i / 3) % 7 % 4) as u8;
    (start..start + length).map(code).collect()
}

fn extensions(jobs: usize) -> extend::Batch {
    let mut batch = extend::Batch::new(extend::Scoring::default());
    let (read, reference) = (bases(READ, 0), bases(REFERENCE, 0));
    for _ in 0..jobs {
        let job = extend::Job {
            query: &read,
            target: &reference,
            band: (REFERENCE - READ) as u16,
            traceback: true,
            ..extend::Job::default()
        };
        // Far below every limit.
        let _ = batch.push(job);
    }
    batch
}

fn pairs(pairs: usize) -> pairhmm::Batch {
    let mut batch = pairhmm::Batch::new();
    let (quality, gap) = ([30; READ], [45; READ]);
    let read = bases(READ, 0);
    if let (Ok(read), Ok(haplotype)) = (
        batch.push_read(&read, &quality, &gap, &gap, &[10; READ]),
        batch.push_haplotype(&bases(2 * REFERENCE, 0)),
    ) {
        for _ in 0..pairs {
            let _ = batch.push_pair(read, haplotype);
        }
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_points_make_a_line() {
        let speed = Speed::between((1e3, 0.011), (1e6, 1.01));
        assert!((speed.rate - 1e6).abs() < 1.0 && (speed.launch - 0.01).abs() < 1e-9);
        assert!((speed.seconds(2e6) - 2.01).abs() < 1e-6);
        // A device may be done sooner with more.
        assert!(Speed::between((1e3, 0.01), (1e6, 0.009)).rate > 1e12);
    }
}
