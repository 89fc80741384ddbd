//! The reference that all work is done against.

use std::path::PathBuf;

use clap::Args;
use fafnir::{Error, Options, Pipeline};

/// The index of the reference.
#[derive(Args, Debug)]
pub(crate) struct ReferenceArgs {
    /// Index of the reference, made by `fafnir index`
    #[arg(
        short = 'r',
        long = "ref",
        visible_alias = "ref-dir",
        value_name = "REF.fafnir"
    )]
    reference: PathBuf,
}

impl ReferenceArgs {
    /// Opens the index for work with these options.
    pub(crate) fn open(&self, options: Options) -> Result<Pipeline, Error> {
        Pipeline::open(&self.reference, options)
    }
}
