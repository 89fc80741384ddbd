//! `fafnir bcl`.

mod generated;
mod real;
mod refused;
mod run;
