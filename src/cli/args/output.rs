//! Where results go, and what the replay file says.

use std::path::PathBuf;

use clap::{Args, builder::NonEmptyStringValueParser as Text};
use fafnir::{InputProof, Output};
use serde_json::{Map, Value, json};

/// Where results go.
#[derive(Args, Debug)]
#[command(next_help_heading = "Results")]
pub(crate) struct OutputArgs {
    /// Folder for the results
    #[arg(long, value_name = "DIR", default_value = ".")]
    output_directory: PathBuf,

    /// What the results' names start with; the sample's name by default
    #[arg(long, value_name = "PREFIX", value_parser = Text::new())]
    output_file_prefix: Option<String>,

    /// Replace results that exist
    #[arg(short, long)]
    force: bool,

    /// Compression of BAM and VCF, 0 (none) to 12 (smallest)
    #[arg(long, value_name = "LEVEL", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u8).range(0..=12))]
    pub(super) compression_level: u8,
}

impl OutputArgs {
    /// Whether the results' names are given.
    pub(crate) fn has_prefix(&self) -> bool {
        self.output_file_prefix.is_some()
    }

    /// The output; `fallback` is the prefix where none is given, `inputs` what else was read.
    pub(crate) fn output(
        &self,
        fallback: &str,
        replay: &Replay,
        inputs: impl IntoIterator<Item = InputProof>,
    ) -> Output {
        Output {
            directory: self.output_directory.clone(),
            prefix: self
                .output_file_prefix
                .clone()
                .unwrap_or_else(|| fallback.to_owned()),
            force: self.force,
            replay: replay.to_json(),
            inputs: replay.inputs.iter().cloned().chain(inputs).collect(),
        }
    }
}

/// The options of a run, to be repeated.
#[derive(Debug)]
pub(crate) struct Replay {
    pub(crate) command: &'static str,
    pub(crate) options: Map<String, Value>,
    /// The file of options, if one was read.
    pub(crate) inputs: Option<InputProof>,
}

impl Replay {
    fn to_json(&self) -> Value {
        json!({
            "program": "fafnir",
            "version": fafnir::VERSION,
            "command": self.command,
            "options": self.options,
        })
    }
}
