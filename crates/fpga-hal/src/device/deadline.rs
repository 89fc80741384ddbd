use std::time::{Duration, Instant};

/// A limit from a moment on. No limit is too long for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    since: Instant,
    pub(super) limit: Duration,
}

impl Deadline {
    pub(super) fn new(since: Instant, limit: Duration) -> Self {
        Self { since, limit }
    }

    /// Returns the time left, unless there is none.
    pub(super) fn left(&self) -> Option<Duration> {
        let left = self.limit.checked_sub(self.since.elapsed())?;
        (!left.is_zero()).then_some(left)
    }
}
