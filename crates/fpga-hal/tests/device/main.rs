//! A device host and its parent: every fault survived, and told.
#![allow(clippy::unwrap_used)]

mod answers;
mod endings;
mod fakes;
mod slots;

use std::time::Duration;

/// Longer than anything takes that works.
const AMPLE: Duration = Duration::from_secs(120);

/// Long enough for a host to start, short enough to wait for.
const SHORT: Duration = Duration::from_secs(1);
