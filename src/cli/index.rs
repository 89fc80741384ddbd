//! `fafnir index`

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use clap::Args;
use fafnir::{Error, IndexOptions, build_index};

use super::{args::ThreadArgs, progress::Bars, say};

/// Build the index of a reference genome
#[derive(Args, Debug)]
pub(super) struct Index {
    /// The reference: FASTA, plain, gzip or BGZF
    #[arg(value_name = "REF.fa")]
    reference: PathBuf,

    /// The index [default: REF.fafnir beside the reference]
    #[arg(short, long, value_name = "REF.fafnir")]
    output: Option<PathBuf>,

    /// Also write REF.fa.fai, as samtools faidx does, on the way
    #[arg(long)]
    fai: bool,

    /// BED file of bases that are N to the aligner, such as ALT contigs' copies of the primary
    /// assembly; the BAM header describes the contigs as they are
    #[arg(long, value_name = "BED", visible_alias = "ht-mask-bed")]
    mask_bed: Option<PathBuf>,

    /// List of ALT contigs as bwa's .alt file [default: REF.fa.alt, or the names *_alt and HLA-*]
    #[arg(long, value_name = "REF.fa.alt")]
    alt: Option<PathBuf>,

    /// Replace an index that exists
    #[arg(short, long)]
    force: bool,

    #[command(flatten)]
    threads: ThreadArgs,

    /// No progress on standard error
    #[arg(short, long)]
    quiet: bool,
}

impl Index {
    pub(super) fn run(&self) -> Result<(), Error> {
        let output = self
            .output
            .clone()
            .unwrap_or_else(|| default_output(&self.reference));
        let compressed = |e: &OsStr| e == "gz" || e == "bgz";
        if self.fai && self.reference.extension().is_some_and(compressed) {
            return Err(Error::usage(format!(
                "{}: --fai wants plain FASTA; samtools faidx makes the .fai and .gzi of a BGZF file",
                self.reference.display()
            )));
        }
        let mut fai = self.reference.clone().into_os_string();
        fai.push(".fai");
        let default = IndexOptions::default();
        let options = IndexOptions {
            fai: self.fai.then(|| fai.into()),
            mask: self.mask_bed.clone(),
            alternates: self.alt.clone(),
            threads: self.threads.or(default.threads),
            force: self.force,
        };
        let bars = Bars::new(self.quiet);
        let built = build_index(&self.reference, &output, &options, &bars)?;
        bars.finish();
        say(format_args!(
            "{}: sha256 {}",
            self.reference.display(),
            built.reference.digest.sha256
        ));
        for input in &built.inputs {
            let (name, role) = (&input.name, &input.role);
            say(format_args!(
                "{name} ({role}): sha256 {}",
                input.digest.sha256
            ));
        }
        say(format_args!(
            "{}: {} bases, {} seeds, {} bytes, sha256 {}, manifest {}",
            output.display(),
            built.bases,
            built.seeds,
            built.digest.size,
            built.digest.sha256,
            built.manifest
        ));
        Ok(())
    }
}

/// `genome.fa.gz` becomes `genome.fafnir`.
fn default_output(reference: &Path) -> PathBuf {
    let mut output = reference.to_owned();
    if output.extension().is_some_and(|e| e == "gz" || e == "bgz") {
        output.set_extension("");
    }
    output.set_extension("fafnir");
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_lies_beside_the_reference() {
        for (reference, index) in [
            ("x/b37.chr20.fa.gz", "x/b37.chr20.fafnir"),
            ("b37.fasta", "b37.fafnir"),
        ] {
            assert_eq!(default_output(reference.as_ref()), PathBuf::from(index));
        }
    }
}
