//! The flow: source -> map -> collate -> call -> seal. Threads, channels and order live here alone.

mod alignments;
mod call;
mod demultiplexed;
mod features;
mod forced;
mod gvcfs;
mod header;
mod insert_size;
mod known;
mod map;
pub(crate) mod memory;
mod model;
pub(crate) mod ordered;
mod parameters;
mod ploidies;
mod run;
mod sampled;
mod seal;
mod source;
mod stream;
mod targets;
mod tile_calls;
mod tiles;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use fafnir_aligner::Index;
use fafnir_attest::{InputProof, key::SigningKey};
use fafnir_fpga_hal::Hal;
use fafnir_io::{
    bgzf::{Compressor, Segment},
    trim::Trimmer,
};
use rayon::{ThreadPool, ThreadPoolBuilder};

use self::memory::Plan;
use crate::{
    devices,
    error::{Class, Error},
    options::Options,
};

/// An opened index, options, and the threads to work with.
pub struct Pipeline {
    index: Arc<Index>,
    /// What comes of checking the index, which may go on while it is used.
    index_check: Arc<OnceLock<Result<InputProof, String>>>,
    /// Where the index lies.
    path: PathBuf,
    options: Options,
    /// `None` where nothing is trimmed.
    trimmer: Option<Trimmer>,
    hal: Hal,
    /// Why devices that might have been used are not.
    device_warnings: Vec<String>,
    /// Of kernel packages.
    package_proofs: Vec<InputProof>,
    key: SigningKey,
    plan: Plan,
    pool: ThreadPool,
    /// How long opening took.
    opening: Duration,
}

/// A pool of our own: a host's global pool is not ours to fill.
pub(crate) fn pool(threads: usize) -> Result<ThreadPool, Error> {
    ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .thread_name(|i| format!("fafnir-{i}"))
        .build()
        .map_err(|e| Error::from_source(Class::Elsewhere, e))
}

impl Pipeline {
    /// Opens an index and the key that will sign. A mapped index is checked while it is used: nothing
    /// is signed, and nothing gets its name, before the check is done.
    ///
    /// # Errors
    ///
    /// A file that is no index, a resident index that is damaged; a key that cannot be used; a kernel
    /// that computes wrongly; a kernel package that is not signed as it must be; too little memory; no
    /// such compression level or temporary folder.
    pub fn open(index: &Path, options: Options) -> Result<Self, Error> {
        let clock = Instant::now();
        Compressor::new(options.compression_level).map_err(|e| Error::usage(e.to_string()))?;
        if let Some(folder) = &options.temporary_directory {
            check_temporary(folder)?;
        }
        let key = match &options.key {
            Some(path) => SigningKey::load(path)?,
            None => SigningKey::development()?,
        };
        let devices = devices::attach(Hal::new()?, &options.devices)?;
        // What cannot be opened says so below.
        let size = fs::metadata(index).map_or(0, |file| file.len());
        let plan = Plan::new(&options, size)?;
        let pool = pool(plan.workers)?;
        let (opened, check) = pool.install(|| Index::load(index, options.index_loader))?;
        let index_check = Arc::new(OnceLock::new());
        let outcome = Arc::clone(&index_check);
        pool.spawn(move || {
            // The first and only one to set it.
            let _ = outcome.set(check.run().map_err(|e| e.to_string()));
        });
        Ok(Self {
            index: Arc::new(opened),
            index_check,
            path: index.to_owned(),
            trimmer: Some(options.trimmer.clone())
                .filter(|trimmer| !trimmer.is_empty())
                .map(Trimmer::new),
            options,
            hal: devices.hal,
            device_warnings: devices.warnings,
            package_proofs: devices.proofs,
            key,
            plan,
            pool,
            opening: clock.elapsed(),
        })
    }

    /// Waits for the check of the index.
    ///
    /// # Errors
    ///
    /// An index that is not what was written. Whatever was made with it is worthless then.
    fn index_proof(&self) -> Result<InputProof, Error> {
        self.index_check.wait().clone().map_err(Error::input)
    }

    /// Compresses records on the current pool.
    fn compress(&self, payload: &[u8], starts: &[u32]) -> Result<Segment, Error> {
        Compressor::compress_parallel(payload, starts, self.options.compression_level)
            .map_err(|e| Error::from_source(Class::Bug, e))
    }
}

/// Fails now rather than when the first record is spilled.
fn check_temporary(folder: &Path) -> Result<(), Error> {
    match tempfile::tempfile_in(folder) {
        Ok(_) => Ok(()),
        Err(error) if folder.is_dir() => Err(Error::io(folder, "make temporary files", error)),
        Err(_) => Err(Error::usage(format!(
            "{}: is no folder; make it, or choose another temporary directory",
            folder.display()
        ))),
    }
}
