//! Sorting and duplicate marking against plain oracles and other programs.
#![allow(clippy::unwrap_used)]

mod budget;
mod faults;
mod oracle;
mod order;
mod picard;
mod sam;
mod templates;
