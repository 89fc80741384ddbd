//! `fafnir recalibration`

use std::{fmt::Write as _, path::PathBuf};

use clap::{Args, Subcommand};
use fafnir::{
    Bin, Class, Error, Evaluation, LabelledCalls, Labels, Outcome, RecalibrationFile, SigningKey,
    simulate::Reference,
};

use super::{
    say,
    verify::{proves, trusted},
};

/// Train and judge models that set QUAL and filters of calls
///
/// A model is trained on calls whose truth is known, and used with --vc-recalibration. None is built in:
/// use one only where `evaluate` shows that it helps on real reads that it was not trained on.
#[derive(Args, Debug)]
pub(super) struct Recalibration {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Train a model on calls whose truth is known, and sign it
    Train(Train),
    /// Hold QUAL and GQ of calls, and those of a model, against the truth
    Evaluate(Evaluate),
}

/// Calls and what tells right ones from wrong ones; files that belong together stand at the same place
/// of their lists, but one may serve all.
#[derive(Args, Debug)]
struct Known {
    /// Table of features of calls, from --vc-emit-features; may be repeated
    #[arg(long, value_name = "PREFIX.features.tsv.gz", required = true)]
    features: Vec<PathBuf>,

    /// Reference (FASTA, plain or gzipped) of calls and truth
    #[arg(short, long, value_name = "REF.fa", required_unless_present = "labels")]
    reference: Option<PathBuf>,

    /// VCF of the truth; may be repeated
    #[arg(
        long,
        value_name = "VCF",
        requires = "truth_bed",
        required_unless_present = "labels"
    )]
    truth: Vec<PathBuf>,

    /// BED file of the regions that the truth speaks for; may be repeated
    #[arg(long, value_name = "BED", requires = "truth")]
    truth_bed: Vec<PathBuf>,

    /// Instead of a truth: calls.vcf.gz of `vcfeval --output-mode=annotate --all-records`; may be
    /// repeated
    #[arg(long, value_name = "VCF", conflicts_with = "truth")]
    labels: Vec<PathBuf>,
}

#[derive(Args, Debug)]
struct Train {
    #[command(flatten)]
    known: Known,

    /// SNVs fail whose QUAL is below this
    #[arg(long, value_name = "QUAL", default_value_t = 3.0, value_parser = threshold)]
    snp_threshold: f64,

    /// Other calls fail whose QUAL is below this
    #[arg(long, value_name = "QUAL", default_value_t = 3.0, value_parser = threshold)]
    indel_threshold: f64,

    /// The model's file
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// Replace an earlier file
    #[arg(short, long)]
    force: bool,

    /// Private key (PEM, P-256) that signs; see `fafnir key` [default: a key of this machine]
    #[arg(long, value_name = "KEY.pem")]
    key: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct Evaluate {
    #[command(flatten)]
    known: Known,

    /// A model that is judged too
    #[arg(long, value_name = "FILE")]
    recalibration: Option<PathBuf>,

    /// Public key (PEM) that it may be signed by; may be repeated [default: this machine's development
    /// key]
    #[arg(long = "key", value_name = "KEY.pub.pem", requires = "recalibration")]
    keys: Vec<PathBuf>,
}

impl Recalibration {
    pub(super) fn run(&self) -> Result<(), Error> {
        match &self.command {
            Command::Train(train) => train.run(),
            Command::Evaluate(evaluate) => evaluate.run(),
        }
    }
}

impl Train {
    fn run(&self) -> Result<(), Error> {
        let calls = self.known.read()?;
        let file = RecalibrationFile::train(&calls, [self.snp_threshold, self.indel_threshold])?;
        let mut text = String::from("feature                       SNV    indel\n");
        for (name, snv, indel) in file.model.weights() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name:24} {snv:8.3} {indel:8.3}");
        }
        text += &tables(&calls, Some(&file));
        let key = match &self.key {
            Some(path) => SigningKey::load(path)?,
            None => SigningKey::development()?,
        };
        file.write(&self.output, &key, self.force)?;
        say(text.trim_end());
        let proves = proves(key.is_development());
        say(format_args!(
            "{}: signed by {}{proves}",
            self.output.display(),
            key.public_key().key_id()
        ));
        Ok(())
    }
}

impl Evaluate {
    fn run(&self) -> Result<(), Error> {
        let model = self.recalibration.as_ref().map(|path| {
            let keys = trusted(&self.keys)?;
            Ok::<_, Error>(RecalibrationFile::open(path, &keys)?.into_inner())
        });
        let model = model.transpose()?;
        let calls = self.known.read()?;
        say(tables(&calls, model.as_ref()).trim_end());
        Ok(())
    }
}

impl Known {
    fn read(&self) -> Result<LabelledCalls, Error> {
        let mut calls = LabelledCalls::default();
        let reference = self.reference.as_ref().map(|path| {
            Reference::read_fasta(path).map_err(|e| Error::from_source(Class::Input, e))
        });
        let reference = reference.transpose()?;
        for (at, features) in self.features.iter().enumerate() {
            let labels = match &reference {
                Some(reference) if self.labels.is_empty() => Labels::Truth {
                    reference,
                    truth: self.nth(&self.truth, at, "--truth")?,
                    regions: self.nth(&self.truth_bed, at, "--truth-bed")?,
                },
                _ => Labels::Compared(self.nth(&self.labels, at, "--labels")?),
            };
            calls.read(features, labels)?;
        }
        Ok(calls)
    }

    fn nth<'a>(&self, files: &'a [PathBuf], at: usize, option: &str) -> Result<&'a PathBuf, Error> {
        match files {
            [one] => Ok(one),
            files if files.len() == self.features.len() => Ok(&files[at]),
            files => Err(Error::usage(format!(
                "{} files of {option} for {} of --features; give one, or one for each",
                files.len(),
                self.features.len()
            ))),
        }
    }
}

fn tables(calls: &LabelledCalls, file: Option<&RecalibrationFile>) -> String {
    let mut text = String::new();
    for (kind, is_snv) in [("SNVs", true), ("indels", false)] {
        let found = Evaluation::new(calls, is_snv, file.map(|file| &file.model));
        append_bins(&mut text, &format!("{kind} by QUAL"), &found.quality);
        append_bins(&mut text, &format!("{kind} by GQ"), &found.genotype_quality);
        if let Some(bins) = &found.recalibrated {
            append_bins(&mut text, &format!("{kind} by recalibrated QUAL"), bins);
        }
        let outcomes = [
            ("filters", Some(found.passing)),
            ("recalibration", found.passing_recalibrated),
        ];
        for (name, outcome) in outcomes {
            if let Some(Outcome { right, wrong }) = outcome {
                let _ = writeln!(
                    text,
                    "{kind} that pass the {name}: {right} right, {wrong} wrong"
                );
            }
        }
    }
    let _ = writeln!(text, "calls outside the truth's regions: {}", calls.unknown);
    text
}

/// What qualities say should be right, beside what is.
fn append_bins(text: &mut String, title: &str, bins: &[Bin]) {
    let _ = writeln!(text, "{title:30}   calls   right  precision  expected");
    for bin in bins.iter().filter(|bin| bin.calls > 0) {
        let share = |part: f64| part / bin.calls as f64;
        let _ = writeln!(
            text,
            "  from {:4}                   {:8} {:7}     {:.4}    {:.4}",
            bin.from,
            bin.calls,
            bin.right,
            share(bin.right as f64),
            share(bin.expected)
        );
    }
}

fn threshold(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().map_err(|e| e.to_string())?;
    match (0.0..=3000.0).contains(&value) {
        true => Ok(value),
        false => Err("use a number from 0 to 3000".into()),
    }
}
