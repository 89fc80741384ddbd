//! Seconds of the fastest run.

use std::hint::black_box;

use anyhow::Result;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// Turns that each rival gets.
const TURNS: usize = 5;

/// Which seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Time {
    /// Of the processor, all threads of this process together.
    Cpu,
    /// That pass: for what several threads, or other processes and devices, do.
    Wall,
}

impl Time {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Wall => "wall",
        }
    }

    /// Seconds since some moment in the past.
    pub(crate) fn now(self) -> f64 {
        let time = clock_gettime(match self {
            Self::Cpu => ClockId::ProcessCPUTime,
            Self::Wall => ClockId::Monotonic,
        });
        time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
    }
}

/// Measures for so many seconds.
///
/// CPU time leaves out what other programs do meanwhile, and the fastest run what they do to
/// caches and clock rates: neither makes anything look better than it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    seconds: f64,
    pub(crate) time: Time,
}

impl Clock {
    /// Of CPU seconds.
    pub(crate) fn new(seconds: f64) -> Self {
        Self {
            seconds,
            time: Time::Cpu,
        }
    }

    /// As long in seconds that pass.
    pub(crate) fn wall(self) -> Self {
        Self {
            time: Time::Wall,
            ..self
        }
    }

    /// So many times as long.
    pub(crate) fn times(self, factor: f64) -> Self {
        Self {
            seconds: self.seconds * factor,
            ..self
        }
    }

    /// The time that each measurement takes.
    pub(crate) fn seconds(self) -> f64 {
        self.seconds
    }

    /// Seconds of the fastest runs of several rivals. They go in turn, so that a busy or a quiet
    /// moment of the machine favours none.
    pub(crate) fn in_turn<T>(
        self,
        rivals: &[T],
        mut run: impl FnMut(&T) -> Result<()>,
    ) -> Result<Vec<f64>> {
        let turn = self.times(1.0 / TURNS as f64);
        let mut fastest = vec![f64::INFINITY; rivals.len()];
        for _ in 0..TURNS {
            for (fastest, rival) in fastest.iter_mut().zip(rivals) {
                *fastest = fastest.min(turn.fastest(|| run(rival))?);
            }
        }
        Ok(fastest)
    }

    /// Seconds of the fastest of the runs that fit in, at least one.
    pub(crate) fn fastest<T>(self, mut run: impl FnMut() -> Result<T>) -> Result<f64> {
        self.fastest_of(|| Ok(()), |()| run())
    }

    /// The same, of runs that each use up what `prepare` makes, which is not timed.
    pub(crate) fn fastest_of<I, T>(
        self,
        mut prepare: impl FnMut() -> Result<I>,
        mut run: impl FnMut(I) -> Result<T>,
    ) -> Result<f64> {
        let (begin, mut fastest) = (self.time.now(), f64::INFINITY);
        loop {
            let input = prepare()?;
            let start = self.time.now();
            let result = run(input)?;
            fastest = fastest.min(self.time.now() - start);
            black_box(result);
            if self.time.now() - begin >= self.seconds {
                // A clock may be too coarse to see a run at all.
                return Ok(fastest.max(1e-9));
            }
        }
    }
}
