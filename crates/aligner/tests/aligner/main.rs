//! The aligner from outside: index files, records, accuracy, odd reads.

#![allow(clippy::unwrap_used, missing_docs)]

mod accuracy;
mod broken_reads;
mod common;
mod index;
mod odd_reads;
mod records;
