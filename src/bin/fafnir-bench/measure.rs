//! CPU seconds of the fastest run.

use std::hint::black_box;

use anyhow::Result;
use rustix::time::{ClockId, clock_gettime};

/// Turns that each rival gets.
const TURNS: usize = 5;

/// Measures for so many CPU seconds.
///
/// CPU time leaves out what other programs do meanwhile, and the fastest run what they do to
/// caches and clock rates: neither makes anything look better than it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(f64);

impl Clock {
    pub(crate) fn new(seconds: f64) -> Self {
        Self(seconds)
    }

    /// The time that each measurement takes.
    pub(crate) fn seconds(self) -> f64 {
        self.0
    }

    /// CPU seconds of the fastest runs of several rivals. They go in turn, so that a busy or a quiet
    /// moment of the machine favours none.
    pub(crate) fn in_turn<T>(
        self,
        rivals: &[T],
        mut run: impl FnMut(&T) -> Result<()>,
    ) -> Result<Vec<f64>> {
        let turn = Self(self.0 / TURNS as f64);
        let mut fastest = vec![f64::INFINITY; rivals.len()];
        for _ in 0..TURNS {
            for (fastest, rival) in fastest.iter_mut().zip(rivals) {
                *fastest = fastest.min(turn.fastest(|| run(rival))?);
            }
        }
        Ok(fastest)
    }

    /// CPU seconds of the fastest of the runs that fit in, at least one.
    pub(crate) fn fastest<T>(self, mut run: impl FnMut() -> Result<T>) -> Result<f64> {
        self.fastest_of(|| Ok(()), |()| run())
    }

    /// The same, of runs that each use up what `prepare` makes, which is not timed.
    pub(crate) fn fastest_of<I, T>(
        self,
        mut prepare: impl FnMut() -> Result<I>,
        mut run: impl FnMut(I) -> Result<T>,
    ) -> Result<f64> {
        let (begin, mut fastest) = (cpu_seconds(), f64::INFINITY);
        loop {
            let input = prepare()?;
            let start = cpu_seconds();
            let result = run(input)?;
            fastest = fastest.min(cpu_seconds() - start);
            black_box(result);
            if cpu_seconds() - begin >= self.0 {
                // A clock may be too coarse to see a run at all.
                return Ok(fastest.max(1e-9));
            }
        }
    }
}

/// CPU seconds of all threads of this process.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
