//! `fafnir genotype`

use std::path::PathBuf;

use clap::Args;
use fafnir::{Cohort, Error, HardFilters, InputProof, JointOptions, Verified, parse_variant_list};

use super::{
    args::{OutputArgs, ReferenceArgs, Replay, SystemArgs, TargetArgs},
    progress::Bars,
    table,
};

/// gVCF files of many samples to one VCF: genotypes that know of all samples, de novo variants of
/// trios
#[derive(Args, Debug)]
pub(super) struct Genotype {
    #[command(flatten)]
    reference: ReferenceArgs,

    /// gVCF of one or more samples, plain or compressed, as fafnir, GATK, DeepVariant and bcftools
    /// write it; several by comma or by repeating the option
    #[arg(
        short = 'V',
        long = "variant",
        value_name = "FILE.g.vcf.gz",
        value_delimiter = ','
    )]
    #[arg(required_unless_present = "variant_list")]
    variants: Vec<PathBuf>,

    /// File that names gVCF files, one a line, from its own folder on
    #[arg(long, value_name = "FILE")]
    variant_list: Option<PathBuf>,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    targets: TargetArgs,

    #[command(flatten)]
    joint: JointArgs,

    #[command(flatten)]
    system: SystemArgs,
}

/// How samples are genotyped.
#[derive(Args, Debug)]
#[command(next_help_heading = "Calls")]
struct JointArgs {
    /// Pedigree (PED) of the samples: genotypes of trios as inheritance allows, DQ and DN
    #[arg(long, value_name = "FILE.ped")]
    #[arg(visible_aliases = ["vc-pedigree", "pedigree-file"])]
    pedigree: Option<PathBuf>,

    /// Sites below this QUAL are not written
    #[arg(long = "stand-call-conf", value_name = "QUAL", default_value_t = 3.0)]
    #[arg(visible_alias = "vc-emit-confidence", value_parser = not_negative)]
    emit_confidence: f64,

    /// Most alternative alleles of a site; the likeliest are kept
    #[arg(long, value_name = "N", default_value_t = 6)]
    #[arg(visible_alias = "vc-max-alternate-alleles")]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=20))]
    max_alternate_alleles: u8,

    /// What sites fail by: name, the sites that it is for, and an expression of QUAL and of INFO
    /// fields; several by semicolon, none for no filter
    #[arg(long = "vc-hard-filter", value_name = "NAME:snp|indel|all:EXPR;..")]
    #[arg(default_value_t = HardFilters::default())]
    hard_filter: HardFilters,

    /// Least DQ of a substitution that is DeNovo
    #[arg(long, value_name = "DQ", default_value_t = 0.05, value_parser = not_negative)]
    qc_snp_denovo_quality_threshold: f64,

    /// Least DQ of an insertion or deletion that is DeNovo
    #[arg(long, value_name = "DQ", default_value_t = 0.4, value_parser = not_negative)]
    qc_indel_denovo_quality_threshold: f64,

    /// DRAGEN's switch for what is always done
    #[arg(long, hide = true, value_parser = ["true"])]
    enable_joint_genotyping: Option<String>,
}

impl Genotype {
    pub(super) fn run(&self, replay: &Replay) -> Result<(), Error> {
        if !self.output.has_prefix() {
            return Err(Error::usage(
                "many samples have no name of their own; name the results with \
                 --output-file-prefix",
            ));
        }
        let mut options = self.targets.apply(self.system.options(&self.output));
        options.caller.filters = self.joint.hard_filter.clone();
        let (cohort, list) = self.cohort()?;
        let output = self.output.output("", replay, list);
        let bars = Bars::new(self.system.quiet);
        let report = self
            .reference
            .open(options)?
            .genotype(&cohort, &output, &bars)?;
        bars.finish();
        table::print(&table::joint(&report));
        Ok(())
    }

    fn cohort(&self) -> Result<(Cohort, Option<InputProof>), Error> {
        let mut cohort = Cohort {
            files: self.variants.clone(),
            pedigree: self.joint.pedigree.clone(),
            options: JointOptions {
                emit_confidence: self.joint.emit_confidence,
                max_alternates: usize::from(self.joint.max_alternate_alleles),
                snp_denovo_quality: self.joint.qc_snp_denovo_quality_threshold,
                indel_denovo_quality: self.joint.qc_indel_denovo_quality_threshold,
                ..JointOptions::default()
            },
        };
        let Some(path) = &self.variant_list else {
            return Ok((cohort, None));
        };
        let list = Verified::read(path, None)?.with_role("list of gVCF files");
        let text = std::str::from_utf8(list.get())
            .map_err(|e| Error::input(format!("{}: it is no text: {e}", path.display())))?;
        cohort.files.extend(parse_variant_list(path, text)?);
        Ok((cohort, Some(list.proof().clone())))
    }
}

fn not_negative(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().map_err(|e| e.to_string())?;
    match value.is_finite() && value >= 0.0 {
        true => Ok(value),
        false => Err("use a number from 0 on".into()),
    }
}
