//! The memory budget, planned at the start.

use std::{fs, path::Path};

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
/// What an open gVCF file needs: a buffer, a block, and what of it is being genotyped.
const GVCF: u64 = 512 << 10;
/// Where the system does not say how much there is.
const UNKNOWN: u64 = 8 << 30;

/// How the budget is shared out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Bytes in all.
    pub(super) budget: u64,
    /// Threads that work.
    pub(super) workers: usize,
    /// Bytes of records to hold in memory before some are spilled.
    pub(super) records: u64,
    /// Told where fewer threads work than are wanted.
    pub(super) warning: Option<String>,
}

impl Plan {
    /// The plan for these options and an index of so many bytes.
    ///
    /// # Errors
    ///
    /// [`Class::Elsewhere`] for a budget below the least: the index, 512 MiB and one worker.
    pub(super) fn new(options: &Options, index: u64) -> Result<Self, Error> {
        Self::within(options, index, available)
    }

    fn within(options: &Options, index: u64, available: fn() -> u64) -> Result<Self, Error> {
        let least = index.saturating_add(BASE + WORKER);
        let budget = match options.memory {
            Some(memory) if memory < least => {
                return Err(Error::new(
                    Class::Elsewhere,
                    format!(
                        "--memory is {} MiB, but at least {} MiB are needed: the index, 512 MiB \
                         and one worker",
                        memory >> 20,
                        least.div_ceil(1 << 20)
                    ),
                ));
            }
            Some(memory) => memory,
            None => available() / 4 * 3,
        };
        let for_workers = budget.saturating_sub(index + BASE);
        let wanted = options.threads.max(1);
        let workers = wanted.min((for_workers / WORKER).max(1) as usize);
        let warning = (workers < wanted).then(|| {
            format!(
                "memory of {} MiB suffices for {workers} of {wanted} threads; the others rest \
                 (--memory decides)",
                budget >> 20
            )
        });
        Ok(Self {
            budget,
            workers,
            records: for_workers
                .saturating_sub(workers as u64 * WORKER)
                .max(LEAST_HELD),
            warning,
        })
    }
}

/// How the samples of a run folder share what a [`Plan`] has for records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    /// Tiles that are read ahead.
    pub(super) tiles: usize,
    /// Samples that are mapped in one pass over the run folder.
    pub(super) samples: usize,
    /// Bytes of records that each of them may hold.
    pub(super) records: u64,
}

/// Samples of a pass at most: each may have a temporary file, and a process often no more than 1,024
/// open ones.
const MOST_SAMPLES: u64 = 512;

/// Tiles that are not being read any more: one that is handed on, and one that is mapped.
const TILES_READ: u64 = 2;

impl Plan {
    /// The share for so many samples. A `tile` needs so many bytes, and the first reads of a sample,
    /// which wait for its insert-size model, `first` ones.
    ///
    /// # Errors
    ///
    /// [`Class::Elsewhere`] where a budget that was `asked` for has no room for three tiles.
    pub(super) fn share(
        &self,
        samples: usize,
        tile: u64,
        first: u64,
        asked: bool,
    ) -> Result<Share, Error> {
        let least = (TILES_READ + 1) * tile + LEAST_HELD;
        if asked && self.records < least {
            return Err(Error::new(
                Class::Elsewhere,
                format!(
                    "--memory is {} MiB, but {} MiB more are needed, for three tiles of this run: \
                     give more, or fewer --threads",
                    self.budget >> 20,
                    (least - self.records).div_ceil(1 << 20)
                ),
            ));
        }
        let ahead = (self.records / 4 / tile.max(1)).saturating_sub(TILES_READ);
        let ahead = ahead.clamp(1, self.workers as u64);
        let rest = self.records.saturating_sub((ahead + TILES_READ) * tile);
        // The plan's base has room for the first reads of one sample.
        let more = rest.saturating_sub(LEAST_HELD) / (first + LEAST_HELD);
        let samples = (samples.max(1) as u64).min(1 + more).min(MOST_SAMPLES);
        let records = rest.saturating_sub((samples - 1) * first) / samples;
        Ok(Share {
            tiles: ahead as usize,
            samples: samples as usize,
            records: records.max(LEAST_HELD),
        })
    }
}

impl Plan {
    /// Whether so many gVCF files may be open at once.
    ///
    /// # Errors
    ///
    /// [`Class::Elsewhere`] where a budget that was `asked` for has no room for them.
    pub(super) fn open_gvcfs(&self, files: usize, asked: bool) -> Result<(), Error> {
        let needed = files as u64 * GVCF;
        if asked && self.records < needed {
            return Err(Error::new(
                Class::Elsewhere,
                format!(
                    "--memory is {} MiB, but {} MiB more are needed to read {files} gVCF files at \
                     once: give more, or fewer --threads",
                    self.budget >> 20,
                    (needed - self.records).div_ceil(1 << 20)
                ),
            ));
        }
        Ok(())
    }
}

/// Bytes of memory that this process may still take, as Linux tells.
pub(crate) fn available() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|l| l.starts_with("MemAvailable:"))?;
        let kib: u64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
        Some(kib << 10)
    });
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let group = group_limit(&groups, Path::new("/sys/fs/cgroup"));
    machine.unwrap_or(UNKNOWN).min(group.unwrap_or(u64::MAX))
}

/// The least limit of the control groups in the text of `/proc/self/cgroup` and of those that they
/// lie in, of either version. In a container the path may be the host's: its root is looked at
/// whatever the path is.
fn group_limit(groups: &str, mount: &Path) -> Option<u64> {
    let limits = groups.lines().flat_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        let (root, file) = match controllers {
            "" => (mount.to_owned(), "memory.max"),
            some if some.split(',').any(|c| c == "memory") => {
                (mount.join("memory"), "memory.limit_in_bytes")
            }
            _ => return None,
        };
        Path::new(path.trim_start_matches('/'))
            .ancestors()
            .filter_map(|path| fs::read_to_string(root.join(path).join(file)).ok())
            .filter_map(|text| text.trim().parse().ok())
            .min()
    });
    limits.min()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const GIB: u64 = 1 << 30;

    fn options(memory: Option<u64>, threads: usize) -> Options {
        Options {
            memory,
            threads,
            ..Options::default()
        }
    }

    #[test]
    fn too_small_a_budget_is_refused_with_the_least() {
        let error = Plan::new(&options(Some(GIB), 1), GIB).unwrap_err();
        assert_eq!(error.class(), Class::Elsewhere);
        assert!(error.to_string().contains("at least 1836 MiB"), "{error}");
    }

    #[test]
    fn the_budget_decides_how_many_work() {
        let plan = Plan::new(&options(Some(8 * GIB), 4), GIB).unwrap();
        assert_eq!((plan.workers, plan.warning), (4, None));
        assert_eq!(plan.records, 7 * GIB - BASE - 4 * WORKER);

        let plan = Plan::new(&options(Some(GIB + BASE + 2 * WORKER + 5), 4), GIB).unwrap();
        assert_eq!((plan.workers, plan.records), (2, LEAST_HELD));
        assert!(plan.warning.unwrap().contains("2 of 4 threads"));
    }

    #[test]
    fn without_a_budget_one_worker_is_tried_whatever_there_is() {
        let plan = Plan::within(&options(None, 4), GIB, || GIB).unwrap();
        assert_eq!((plan.workers, plan.records), (1, LEAST_HELD));
        let plan = Plan::within(&options(None, 4), GIB, || 16 * GIB).unwrap();
        assert_eq!((plan.budget, plan.workers), (12 * GIB, 4));
    }

    #[test]
    fn samples_share_what_tiles_leave() {
        const MIB: u64 = 1 << 20;
        let plan = |records| Plan {
            budget: 2 * records,
            workers: 4,
            records,
            warning: None,
        };
        let shared = plan(1000 * MIB).share(3, 10 * MIB, 50 * MIB, true).unwrap();
        assert_eq!((shared.tiles, shared.samples), (4, 3));
        assert_eq!(shared.records, (1000 - 60 - 100) * MIB / 3);
        // Room for one more beside the first.
        let shared = plan(140 * MIB).share(96, 10 * MIB, 50 * MIB, true).unwrap();
        assert_eq!((shared.tiles, shared.samples), (1, 2));
        assert_eq!(shared.records, (140 - 30 - 50) * MIB / 2);

        let error = plan(37 * MIB).share(1, 10 * MIB, MIB, true).unwrap_err();
        assert_eq!(error.class(), Class::Elsewhere);
        assert!(error.to_string().contains("1 MiB more"), "{error}");
        let shared = plan(37 * MIB).share(5, 10 * MIB, MIB, false).unwrap();
        assert_eq!((shared.samples, shared.records), (1, LEAST_HELD));
    }

    #[test]
    fn limits_of_both_versions_of_control_groups() {
        let folder = tempfile::tempdir().unwrap();
        let mount = folder.path();
        for (path, limit) in [
            ("memory.max", "max\n"),
            ("a/memory.max", "3000\n"),
            ("a/b/memory.max", "max\n"),
            ("memory/memory.limit_in_bytes", "5000\n"),
            ("memory/x/memory.limit_in_bytes", "9000\n"),
        ] {
            let path = mount.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, limit).unwrap();
        }
        assert_eq!(group_limit("0::/a/b\n", mount), Some(3000));
        assert_eq!(group_limit("0::/\n", mount), None);
        assert_eq!(group_limit("3:cpu:/x\n4:memory:/x\n", mount), Some(5000));
        assert_eq!(
            group_limit("4:cpu,memory:/of/the/host\n", mount),
            Some(5000)
        );
        assert_eq!(group_limit("nonsense", mount), None);
    }
}
