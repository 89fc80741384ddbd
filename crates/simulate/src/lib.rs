//! Seeded simulator of diploid genomes and Illumina-like reads, and the comparison of calls with their truth.
//!
//! ```no_run
//! use fafnir_simulate::{Simulation, SimulationOptions};
//! let written = Simulation::new(SimulationOptions::default()).write_to("demo".as_ref())?;
//! println!("{} pairs in {}", written.pairs, written.r1.display());
//! # Ok::<(), fafnir_simulate::Error>(())
//! ```
//!
//! Everything is a function of the options and the seed: not of the number of threads, nor of the processor.
//! Each piece of work (65,536 bases of a contig, 4,096 read pairs) draws from a ChaCha8 stream of its own, and no
//! transcendental function takes part, for their last bit differs between platforms.
//!
//! Coordinates are 0-based half-open inside, and 1-based only where VCF and the positions table demand it.
//!
//! This crate knows none of its sisters, so that each of them may test with it.
#![forbid(unsafe_code)]

mod bgzf;
pub mod compare;
mod edit;
mod error;
pub mod genome;
mod gzip;
mod output;
mod random;
pub mod reads;
pub mod reference;
pub mod run_folder;
mod simulation;
pub mod variants;
mod vcf;

pub use error::Error;
pub use reference::{Contig, Reference};
pub use simulation::{Simulation, SimulationOptions, Stage, Written};

/// What this crate returns.
pub type Result<T> = std::result::Result<T, Error>;
