//! DNA secondary analysis: FASTQ in; sorted, duplicate-marked BAM and VCF out; one pass, every
//! core busy, the same bytes every time, signed.
//!
//! A [`Pipeline`] is an opened index with options; its methods are what the program's subcommands
//! do. What flows between the stages, and where each lies, is drawn in `ARCHITECTURE.md`.
//!
//! ```no_run
//! use std::path::Path;
//! use fafnir::{Lane, Options, Output, Pipeline, ReadGroup, Reads};
//!
//! let reads = Reads {
//!     lanes: vec![Lane {
//!         first: "NA12878_R1.fastq.gz".into(),
//!         second: Some("NA12878_R2.fastq.gz".into()),
//!         interleaved: false,
//!         read_group: 0,
//!     }],
//!     read_groups: vec![ReadGroup {
//!         id: "lane1".into(),
//!         sample: "NA12878".into(),
//!         ..ReadGroup::default()
//!     }],
//!     ..Reads::default()
//! };
//! let output = Output {
//!     directory: "out".into(),
//!     prefix: "NA12878".into(),
//!     ..Output::default()
//! };
//! let pipeline = Pipeline::open(Path::new("GRCh38.fafnir"), Options::default())?;
//! let report = pipeline.run(&reads, &output, &())?;
//! println!("{} reads, {} calls", report.mapping.all.reads, report.calls.passing.total);
//! # Ok::<(), fafnir::Error>(())
//! ```
#![forbid(unsafe_code)]

pub mod bcl;
mod devices;
mod error;
mod index;
mod input;
pub mod metrics;
mod options;
mod paths;
mod pipeline;
mod progress;
mod recalibration;
mod report;

pub use devices::{
    build::build_kernels,
    host_program,
    package::{DevicePattern, KernelPackage, LoadedPackage},
};
pub use error::{Class, Error};
pub use index::{BuiltIndex, IndexOptions, build_index};
pub use input::{
    Cohort, Lane, Reads, RecordFile, RecordFormat, parse_fastq_list, parse_variant_list,
    read_adapters,
};
pub use options::{
    DeviceChoice, DeviceOptions, ModelChoice, Options, Output, PairOptions, SexChoice,
};
pub use pipeline::Pipeline;
pub use progress::{Progress, Stage};
pub use recalibration::{
    Bin, Evaluation, LabelledCalls, Labels, Outcome, RecalibrationFile, TrainingInput,
};
pub use report::{JointCounts, JointReport, Report, RunFolderReport};

pub use fafnir_aligner::{AlignerOptions, IndexLoader, InsertSizes, Orientation, RecordOptions};
pub use fafnir_attest::{
    InputProof, Verified,
    key::{SigningKey, VerifyingKey},
    verify::verify_path,
};
pub use fafnir_fpga_hal::device::Contract;
pub use fafnir_io::{
    bam::header::ReadGroup,
    trim::{Tool, TrimmerOptions},
};
pub use fafnir_joint_genotyper::JointOptions;
pub use fafnir_simulate as simulate;
pub use fafnir_variant_caller::{
    CallerOptions, Features, FilterError, FilterErrorKind, GqBands, HardFilters, Karyotype,
    Recalibration, RecalibrationError, ReferenceConfidence,
};

/// Version of the program and its results.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
