//! Joint genotyping: what many samples' gVCF records say of a place, in one record.
//!
//! An [`Intake`] reads one gVCF file and gives, span after span of the genome, what each of its
//! samples has there as a [`Column`]. A [`Genotyper`] takes the columns of all samples for a span
//! and gives the records whose POS lies in it. For each position where a sample has an allele of
//! bases:
//!
//! 1. `site` merges the alleles of all samples, over REF of different lengths, and keeps the
//!    likeliest;
//! 2. `evidence` gives each sample's genotype likelihoods over these alleles: alleles that it has
//!    not seen are its `<NON_REF>`, deletions that reach over the position are `*`;
//! 3. `quality` weighs every number of variant copies among all samples: QUAL;
//! 4. `frequency` estimates allele frequencies, and with them each sample's posteriors;
//! 5. `family` replaces these, within families, by those that inheritance allows: de novo quality;
//! 6. `record` drops alleles that nobody carries and spells the rest.
//!
//! A record is a function of the samples' records around its position alone: not of spans, nor of
//! threads.
#![forbid(unsafe_code)]

mod column;
mod evidence;
mod family;
mod frequency;
mod genotype;
mod genotyper;
mod header;
mod intake;
mod options;
mod pedigree;
mod quality;
mod record;
mod site;
mod statistics;

pub use column::Column;
pub use genotyper::{Genotyped, Genotyper};
pub use intake::Intake;
pub use options::JointOptions;
pub use pedigree::{Pedigree, PedigreeError};
pub use record::JointRecord;
