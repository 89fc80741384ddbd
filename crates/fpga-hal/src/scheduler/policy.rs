use std::time::Duration;

use serde::Serialize;

/// Of how many jobs of a device's batch one is computed again, at least.
const SHADOW_ONE_IN: usize = 256;
/// Jobs of each batch that are computed again, where it has so many.
const LEAST_SHADOWS: usize = 8;

/// When devices are used, and how their results are checked.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Which batches devices get.
    pub usage: Usage,
    /// Which of their results are computed again.
    pub checked: Checked,
    /// How long a batch may take beside ten times what is expected of it; then the CPU computes it.
    pub patience: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            usage: Usage::WhenFaster,
            checked: Checked::Sampled,
            patience: Duration::from_secs(5),
        }
    }
}

/// Which batches devices get.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Usage {
    /// Those above the break-even: where a device is done before a CPU lane would be.
    WhenFaster,
    /// A part of each, however slow the device is.
    Always,
}

/// Which results of devices are computed again on the CPU before they are used. All are checked for
/// consistency with their jobs, too.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Checked {
    /// One in 256 of each batch and at least 8, chosen after the device has answered, by a key that it
    /// cannot know.
    Sampled,
    /// Each one.
    All,
}

impl Checked {
    /// Returns how many jobs of a batch are computed again.
    pub fn shadows(self, jobs: usize) -> usize {
        match self {
            Self::Sampled => jobs.div_ceil(SHADOW_ONE_IN).max(LEAST_SHADOWS).min(jobs),
            Self::All => jobs,
        }
    }

    /// Returns the probability that a batch of `jobs` results, `wrong` of them wrong and consistent,
    /// is found out: that of drawing at least one of them without replacement.
    ///
    /// ```
    /// use fafnir_fpga_hal::Checked;
    ///
    /// assert_eq!(Checked::Sampled.detection(32_768, 1), 1.0 / 256.0);
    /// assert_eq!(Checked::Sampled.detection(32_768, 32_768), 1.0);
    /// assert_eq!(Checked::All.detection(32_768, 1), 1.0);
    /// ```
    pub fn detection(self, jobs: usize, wrong: usize) -> f64 {
        let shadows = self.shadows(jobs);
        let right = jobs.saturating_sub(wrong);
        if wrong == 1 && jobs > 0 {
            return shadows as f64 / jobs as f64;
        }
        let missed =
            (0..shadows).map(|drawn| right.saturating_sub(drawn) as f64 / (jobs - drawn) as f64);
        1.0 - missed.product::<f64>()
    }
}
