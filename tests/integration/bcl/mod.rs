//! `fafnir bcl`, and run folders that are mapped.

mod direct;
mod generated;
mod real;
mod refused;
mod round_trip;
mod run;
