//! What a pipeline tells when it is done.

use std::path::PathBuf;

use fafnir_collate::DuplicateMetrics;

use crate::bcl::Converted;
use crate::metrics::{CallMetrics, MappingMetrics, TimeMetrics};

/// A finished, published run.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// What became of the reads.
    pub mapping: MappingMetrics,
    /// Duplicates by library, in the order in which the read groups name them; empty where no
    /// reads were mapped.
    pub duplicates: DuplicateMetrics,
    /// What was called; all zero where nothing was to be called.
    pub calls: CallMetrics,
    /// How long it took.
    pub times: TimeMetrics,
    /// The files, the statement last.
    pub files: Vec<PathBuf>,
    /// Identifier of the key that signed.
    pub key_id: String,
    /// Whether that is only this machine's development key.
    pub development_key: bool,
}

/// Sites of many samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JointCounts {
    /// Sites at which some sample has a variant.
    pub sites: u64,
    /// Of these, those that pass all filters.
    pub passing: u64,
    /// Genotypes of children with a variant that may be new.
    pub denovo: u64,
    /// Sites at which alleles were left out because there were too many.
    pub reduced: u64,
}

/// Genotypes of many samples, finished and published.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct JointReport {
    /// Samples.
    pub samples: usize,
    /// Children whose parents are both among the samples.
    pub trios: usize,
    /// What was found.
    pub counts: JointCounts,
    /// How long it took.
    pub times: TimeMetrics,
    /// The files, the statement last.
    pub files: Vec<PathBuf>,
    /// Identifier of the key that signed.
    pub key_id: String,
    /// Whether that is only this machine's development key.
    pub development_key: bool,
}

/// Finished, published runs of all samples of a run folder.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RunFolderReport {
    /// What became of the clusters, and the files that tell it.
    pub demultiplexed: Converted,
    /// Names of the samples and their reports. Times of mapping are those of all samples that were
    /// mapped together.
    pub samples: Vec<(String, Report)>,
}
