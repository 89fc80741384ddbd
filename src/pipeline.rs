//! The flow: source -> map -> collate -> call -> seal. Threads, channels and order live here alone.

mod alignments;
mod call;
mod header;
mod insert_size;
mod map;
mod memory;
mod ordered;
mod run;
mod seal;
mod source;
mod targets;
mod tiles;

use std::{
    path::Path,
    sync::Arc,
    time::{Instant, SystemTime},
};

use fafnir_aligner::Index;
use fafnir_attest::{InputProof, key::SigningKey};
use fafnir_fpga_hal::Hal;
use fafnir_io::bgzf::{Compressor, Segment};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{
    error::{Class, Error},
    options::Options,
};

/// An opened index, options, and the threads to work with.
pub struct Pipeline {
    index: Arc<Index>,
    index_proof: InputProof,
    options: Options,
    hal: Hal,
    key: SigningKey,
    pool: ThreadPool,
    begun: Instant,
    begun_at: SystemTime,
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
    /// Opens and checks an index and the key that will sign.
    ///
    /// # Errors
    ///
    /// An index that is damaged or none; a key that cannot be used; a kernel that computes wrongly.
    pub fn open(index: &Path, options: Options) -> Result<Self, Error> {
        let (begun, begun_at) = (Instant::now(), SystemTime::now());
        let key = match &options.key {
            Some(path) => SigningKey::load(path)?,
            None => SigningKey::development()?,
        };
        let hal = Hal::new()?;
        let pool = pool(options.threads)?;
        let opened = pool.install(|| Index::open(index))?;
        let index_proof = opened.proof().clone();
        Ok(Self {
            index: Arc::new(opened.into_inner()),
            index_proof,
            options,
            hal,
            key,
            pool,
            begun,
            begun_at,
        })
    }

    /// Bytes of the index's file.
    fn index_size(&self) -> u64 {
        self.index_proof.digest.size
    }

    /// Compresses records on the current pool.
    fn compress(&self, payload: &[u8], starts: &[u32]) -> Result<Segment, Error> {
        Compressor::compress_parallel(payload, starts, self.options.compression_level)
            .map_err(|e| Error::usage(e.to_string()))
    }
}
