//! The memory budget, planned at the start.

use std::fs;

use crate::{
    error::{Class, Error},
    options::Options,
};

/// What the program needs beside the index before any read is held.
const BASE: u64 = 512 << 20;
/// What one thread that maps or calls needs.
const WORKER: u64 = 300 << 20;
/// Bytes of records that are held whatever the budget: less would only spill single batches.
const LEAST_HELD: u64 = 8 << 20;
/// Where the system does not say how much there is.
const UNKNOWN: u64 = 8 << 30;

/// Bytes of records to hold in memory before some are spilled.
///
/// # Errors
///
/// [`Class::Elsewhere`] for a budget below the least: the index, 512 MiB and one worker.
pub(super) fn for_records(options: &Options, index: u64) -> Result<u64, Error> {
    let budget = options.memory.unwrap_or_else(|| available() / 4 * 3);
    let least = index + BASE + WORKER;
    if options.memory.is_some() && budget < least {
        return Err(Error::new(
            Class::Elsewhere,
            format!(
                "--memory is {} MiB, but at least {} MiB are needed: the index, 512 MiB and one worker",
                budget >> 20,
                least.div_ceil(1 << 20)
            ),
        ));
    }
    Ok(budget.saturating_sub(least).max(LEAST_HELD))
}

/// Bytes of memory that this process may still take, as Linux tells.
fn available() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|l| l.starts_with("MemAvailable:"))?;
        let kib: u64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
        Some(kib << 10)
    });
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max")
        .ok()
        .and_then(|text| text.trim().parse().ok());
    machine.unwrap_or(UNKNOWN).min(group.unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn too_small_a_budget_is_refused_with_the_least() {
        let options = |memory| Options {
            memory: Some(memory),
            ..Options::default()
        };
        let error = for_records(&options(1 << 30), 1 << 30).unwrap_err();
        assert_eq!(error.class(), Class::Elsewhere);
        assert!(error.to_string().contains("at least 1836 MiB"), "{error}");
        assert_eq!(
            for_records(&options(8 << 30), 1 << 30).unwrap(),
            (8 << 30) - (1 << 30) - BASE - WORKER
        );
    }
}
