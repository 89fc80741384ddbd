//! The caller on small genomes whose truth is known.
#![allow(clippy::unwrap_used)]

mod genome;
mod odd_input;
mod output;
mod shards;
mod variants;
