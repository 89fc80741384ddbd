//! From which batch on a device is faster than the CPU.

use serde::Serialize;

/// A batch that a device computed.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Timing {
    pub(crate) jobs: usize,
    pub(crate) seconds: f64,
}

/// What batches cost a device, and from which size on they are worth it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct BreakEven {
    #[serde(flatten)]
    pub(crate) cost: Cost,
    /// The least batch that takes no longer than on one core of the CPU; none if there is none.
    pub(crate) one_core_jobs: Option<u64>,
    /// The same of all cores.
    pub(crate) all_cores_jobs: Option<u64>,
    /// What `cost` was fitted to.
    pub(crate) batches: Vec<Timing>,
}

impl BreakEven {
    /// Of a CPU that takes so many seconds a job.
    pub(crate) fn new(batches: Vec<Timing>, one_core: f64, all_cores: f64) -> Self {
        let cost = Cost::fit(&batches);
        Self {
            cost,
            one_core_jobs: cost.break_even(one_core),
            all_cores_jobs: cost.break_even(all_cores),
            batches,
        }
    }
}

/// What a batch costs a device: so much for the batch, and so much for each of its jobs.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Cost {
    pub(crate) batch_seconds: f64,
    pub(crate) job_seconds: f64,
}

impl Cost {
    /// The costs, neither below zero, with the least sum of squared *relative* errors: what disturbs
    /// a run disturbs a long one for longer, and the smallest batches alone tell of the fixed cost.
    /// Takes batches of two sizes at least.
    pub(crate) fn fit(timings: &[Timing]) -> Self {
        // Each timing says: 1 = batch_seconds * x + job_seconds * y.
        let sum = |term: fn(f64, f64) -> f64| -> f64 {
            timings
                .iter()
                .map(|timing| term(1.0 / timing.seconds, timing.jobs as f64 / timing.seconds))
                .sum()
        };
        let (x, y) = (sum(|x, _| x), sum(|_, y| y));
        let (xx, xy, yy) = (sum(|x, _| x * x), sum(|x, y| x * y), sum(|_, y| y * y));
        let determinant = xx * yy - xy * xy;
        let batch_seconds = (x * yy - y * xy) / determinant;
        let job_seconds = (y * xx - x * xy) / determinant;
        if batch_seconds < 0.0 {
            Self {
                batch_seconds: 0.0,
                job_seconds: y / yy,
            }
        } else if job_seconds < 0.0 {
            Self {
                batch_seconds: x / xx,
                job_seconds: 0.0,
            }
        } else {
            Self {
                batch_seconds,
                job_seconds,
            }
        }
    }

    /// The least number of jobs that take no longer than elsewhere, where each takes `seconds` and a
    /// batch nothing; none if there is none.
    pub(crate) fn break_even(self, seconds: f64) -> Option<u64> {
        let gain = seconds - self.job_seconds;
        (gain > 0.0).then(|| (self.batch_seconds / gain).ceil().max(1.0) as u64)
    }
}
