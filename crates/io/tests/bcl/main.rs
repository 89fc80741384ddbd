//! Run folders against the reads that others made of them.

#![allow(clippy::unwrap_used)]

mod czbiohub;
mod data;
mod reads;
