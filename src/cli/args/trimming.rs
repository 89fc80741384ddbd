//! Options of trimming, in DRAGEN's words.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use fafnir::{Error, InputProof, Options, Tool, TrimmerOptions, read_adapters};

/// What is cut off reads before they are mapped.
#[derive(Args, Debug)]
#[command(next_help_heading = "Trimming")]
pub(crate) struct TrimmingArgs {
    /// Remove bases: what of, by comma; reads cut to less than --trim-min-length become ten N and
    /// fail quality control [default: none]
    #[arg(long, value_name = "TRIMMERS", value_enum, value_delimiter = ',')]
    read_trimmers: Vec<Trimmer>,

    /// Map reads without these bases, but keep them as soft clips [default: none]
    #[arg(long, value_name = "TRIMMERS", value_enum, value_delimiter = ',')]
    soft_read_trimmers: Vec<Trimmer>,

    /// FASTA of adapters at the 3' end of first (or only) reads
    #[arg(long, value_name = "ADAPTERS.fa")]
    trim_adapter_read1: Option<PathBuf>,

    /// FASTA of adapters at the 3' end of second reads
    #[arg(long, value_name = "ADAPTERS.fa")]
    trim_adapter_read2: Option<PathBuf>,

    /// Least number of an adapter's bases that must be there
    #[arg(long, value_name = "BASES", default_value_t = 4)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    trim_adapter_stringency: u16,

    /// The quality trimmer takes bases below this quality off the 3' end
    #[arg(long, value_name = "QUALITY")]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=93))]
    trim_min_quality: Option<u8>,

    /// Least length of a read after hard trimming
    #[arg(long, value_name = "BASES", default_value_t = 20)]
    trim_min_length: u16,

    /// Bases that fixed-len takes off the 5' end of first reads
    #[arg(
        long,
        value_name = "BASES",
        default_value_t = 0,
        hide_short_help = true
    )]
    #[arg(visible_alias = "trim-min-r1-5prime")]
    trim_r1_5prime: u16,

    /// The same at the 3' end
    #[arg(
        long,
        value_name = "BASES",
        default_value_t = 0,
        hide_short_help = true
    )]
    #[arg(visible_alias = "trim-min-r1-3prime")]
    trim_r1_3prime: u16,

    /// Bases that fixed-len takes off the 5' end of second reads
    #[arg(
        long,
        value_name = "BASES",
        default_value_t = 0,
        hide_short_help = true
    )]
    #[arg(visible_alias = "trim-min-r2-5prime")]
    trim_r2_5prime: u16,

    /// The same at the 3' end
    #[arg(
        long,
        value_name = "BASES",
        default_value_t = 0,
        hide_short_help = true
    )]
    #[arg(visible_alias = "trim-min-r2-3prime")]
    trim_r2_3prime: u16,
}

/// Trimmers by DRAGEN's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Trimmer {
    /// Nothing
    None,
    /// A fixed number of bases: --trim-r1-5prime and its like
    FixedLen,
    /// Gs at the 3' end, as sequencers of two colours read beyond a fragment's end
    Polyg,
    /// Bases of low quality at the 3' end
    Quality,
    /// Adapters and what follows them
    Adapter,
    /// Short reads, whether something cut them or not
    MinLen,
}

impl TrimmingArgs {
    /// Adds what these options decide; gives proof of files that were read.
    pub(crate) fn apply(&self, options: Options) -> Result<(Options, Vec<InputProof>), Error> {
        let mut trimmer = TrimmerOptions {
            hard: tools(&self.read_trimmers),
            soft: tools(&self.soft_read_trimmers),
            five_prime: [self.trim_r1_5prime, self.trim_r2_5prime].map(usize::from),
            three_prime: [self.trim_r1_3prime, self.trim_r2_3prime].map(usize::from),
            minimum_overlap: self.trim_adapter_stringency.into(),
            minimum_quality: self.trim_min_quality.unwrap_or_default(),
            minimum_length: self.trim_min_length.into(),
            filter_short: self.read_trimmers.contains(&Trimmer::MinLen),
            ..TrimmerOptions::default()
        };
        if self.soft_read_trimmers.contains(&Trimmer::MinLen) {
            return Err(Error::usage(
                "--soft-read-trimmers min-len: soft trimming leaves no read out; name min-len with \
                 --read-trimmers",
            ));
        }
        let used = |tool| trimmer.hard.contains(&tool) || trimmer.soft.contains(&tool);
        let files = [&self.trim_adapter_read1, &self.trim_adapter_read2];
        if used(Tool::Adapter) && files.iter().all(|file| file.is_none()) {
            return Err(Error::usage(
                "the adapter trimmer has no adapters; name them with --trim-adapter-read1 and \
                 --trim-adapter-read2",
            ));
        }
        if used(Tool::Quality) && self.trim_min_quality.is_none() {
            return Err(Error::usage(
                "the quality trimmer has no least quality; give it with --trim-min-quality",
            ));
        }
        let mut proofs = Vec::new();
        if used(Tool::Adapter) {
            for (end, file) in files.into_iter().enumerate() {
                let Some(path) = file else { continue };
                let (adapters, proof) = read_adapters(path)?;
                trimmer.adapters[end] = adapters;
                // One file may serve both ends.
                if end == 0 || files[0] != files[1] {
                    proofs.push(proof);
                }
            }
        }
        Ok((Options { trimmer, ..options }, proofs))
    }
}

fn tools(trimmers: &[Trimmer]) -> Vec<Tool> {
    let tool = |trimmer: &Trimmer| match trimmer {
        Trimmer::FixedLen => Some(Tool::FixedLength),
        Trimmer::Polyg => Some(Tool::PolyG),
        Trimmer::Quality => Some(Tool::Quality),
        Trimmer::Adapter => Some(Tool::Adapter),
        Trimmer::None | Trimmer::MinLen => None,
    };
    trimmers.iter().filter_map(tool).collect()
}
