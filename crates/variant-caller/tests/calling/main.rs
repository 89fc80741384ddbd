//! The caller on small genomes whose truth is known.
#![allow(clippy::unwrap_used)]

mod annotations;
mod bounded_work;
mod forced;
mod genome;
mod gvcf;
mod hard_loci;
mod long_indels;
mod odd_input;
mod output;
mod piles;
mod shards;
mod tracts;
mod variants;
