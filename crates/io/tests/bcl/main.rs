//! Run folders against the reads that others made of them.

#![allow(clippy::unwrap_used)]

mod czbiohub;
mod damage;
#[path = "../support/data.rs"]
mod data;
mod generated;
mod picard;
mod reads;
mod run;
mod run_info;
