use std::{
    hash::{BuildHasher, RandomState},
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use super::Checked;

/// Chooses the jobs that are computed again: by SipHash under a key from the operating system, once
/// the answer is there.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    key: RandomState,
    drawn: AtomicU64,
}

impl Sampler {
    /// Returns one job from each of as many equal parts of `jobs` as are to be computed again.
    pub(super) fn draw(&self, jobs: &Range<usize>, checked: Checked) -> Vec<usize> {
        let count = checked.shadows(jobs.len());
        let drawing = self.drawn.fetch_add(1, Ordering::Relaxed);
        let border = |part: usize| jobs.start + part * jobs.len() / count;
        (0..count)
            .map(|part| {
                let (from, to) = (border(part), border(part + 1));
                let drawn = self.key.hash_one((drawing, part as u64));
                from + (drawn % (to - from) as u64) as usize
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_is_drawn_sooner_or_later_and_none_twice_at_once() {
        let sampler = Sampler::default();
        let mut seen = vec![0; 1_000];
        for _ in 0..5_000 {
            let drawn = sampler.draw(&(500..1_500), Checked::Sampled);
            assert_eq!(drawn.len(), 8);
            assert!(drawn.is_sorted_by(|a, b| a < b));
            for job in drawn {
                seen[job - 500] += 1;
            }
        }
        // Each is drawn 40 times on average.
        assert!(seen.iter().all(|&times| times > 0));
        assert!(sampler.draw(&(3..3), Checked::Sampled).is_empty());
        assert_eq!(sampler.draw(&(3..5), Checked::Sampled), [3, 4]);
        let all = sampler.draw(&(3..600), Checked::All);
        assert_eq!(all, (3..600).collect::<Vec<_>>());
    }
}
