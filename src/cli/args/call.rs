//! Where and how to call variants of one sample.

use std::path::PathBuf;

use clap::Args;
use fafnir::{
    CallerOptions, GqBands, HardFilters, ModelChoice, Options, ReferenceConfidence, SexChoice,
};

use super::TargetArgs;

/// Where and how to call.
#[derive(Args, Debug)]
#[command(next_help_heading = "Calls")]
pub(crate) struct CallArgs {
    #[command(flatten)]
    targets: TargetArgs,

    /// Copies of each contig
    #[arg(long, value_name = "1|2", default_value_t = 2)]
    #[arg(visible_alias = "sample-ploidy", value_parser = clap::value_parser!(u8).range(1..=2))]
    ploidy: u8,

    /// Sex of the sample: X and Y have one copy in males, but where they are alike, and Y is not called
    /// in females; the mitochondrion has one. auto estimates it from the depth of X and Y with the error
    /// model (--model), none calls every contig with --ploidy
    #[arg(
        long,
        value_name = "auto|male|female|none|XXY..",
        default_value = "auto"
    )]
    sample_sex: SexChoice,

    /// BED file of the regions that X and Y have in common [default: those of b37, hg19, GRCh38 and
    /// T2T-CHM13, told by the lengths of X and Y]
    #[arg(long, value_name = "BED")]
    par_bed: Option<PathBuf>,

    /// BED file of regions with other copies: 0, 1 or 2 in its fourth column
    #[arg(long, value_name = "BED")]
    ploidy_bed: Option<PathBuf>,

    /// Known variants, sorted as the reference is: calls with an allele of theirs get their ID
    #[arg(long, value_name = "VCF")]
    dbsnp: Option<PathBuf>,

    /// Alleles to genotype whether reads show them or not; their records have the flag FGT
    #[arg(long = "vc-forcegt-vcf", value_name = "VCF")]
    forced: Option<PathBuf>,

    /// Model of the library's indel errors: auto estimates it from the reads of the whole sample, default
    /// is the one that is built in, and a file is an earlier run's, which the parts of one sample share
    #[arg(long, value_name = "auto|default|MODEL.json", default_value = "auto")]
    model: ModelChoice,

    /// What calls fail by: name, the calls that it is for, and an expression of QUAL and of fields that
    /// calls have (<, <=, >, >=, ==, !=, &&, ||, parentheses); several by semicolon, none for no filter
    /// [default: DRAGEN's of QUAL and depth; with --vc-recalibration that of depth alone]
    #[arg(long = "vc-hard-filter", value_name = "NAME:snp|indel|all:EXPR;..")]
    hard_filter: Option<HardFilters>,

    /// Signed model that sets QUAL and a filter of calls, from `fafnir recalibration train`
    #[arg(long = "vc-recalibration", value_name = "FILE")]
    recalibration: Option<PathBuf>,

    /// Public key (PEM) that it may be signed by; may be repeated [default: this machine's development
    /// key]
    #[arg(long = "vc-recalibration-key", value_name = "KEY.pub.pem")]
    #[arg(requires = "recalibration")]
    recalibration_keys: Vec<PathBuf>,

    /// Write PREFIX.features.tsv.gz: what each call is judged by, before any recalibration
    #[arg(long = "vc-emit-features")]
    emit_features: bool,

    /// What is told of bases without a variant, in a gVCF file beside the VCF file: nothing, blocks of
    /// bases with like GQ, or each base
    #[arg(
        short = 'E',
        long = "vc-emit-ref-confidence",
        visible_alias = "emit-ref-confidence"
    )]
    #[arg(value_name = "NONE|GVCF|BP_RESOLUTION", default_value_t)]
    reference_confidence: ReferenceConfidence,

    /// GQ at which the bands of a gVCF file's blocks begin, after that of 0 [default: 1 to 60, 70, 80,
    /// 90, 99]
    #[arg(long = "vc-gvcf-gq-bands", value_name = "GQ", num_args = 1..)]
    gvcf_bands: Vec<GqBands>,
}

impl CallArgs {
    /// Adds what these options decide.
    pub(crate) fn apply(&self, options: Options) -> Options {
        let options = self.targets.apply(options);
        let bands = match self.gvcf_bands.as_slice() {
            [] => GqBands::default(),
            bands => bands.iter().cloned().collect(),
        };
        Options {
            sample_sex: self.sample_sex,
            par_bed: self.par_bed.clone(),
            ploidy_bed: self.ploidy_bed.clone(),
            dbsnp: self.dbsnp.clone(),
            forced: self.forced.clone(),
            model: self.model.clone(),
            recalibration: self.recalibration.clone(),
            recalibration_keys: self.recalibration_keys.clone(),
            emit_features: self.emit_features,
            caller: CallerOptions {
                ploidy: self.ploidy,
                filters: match (&self.hard_filter, &self.recalibration) {
                    (Some(filters), _) => filters.clone(),
                    (None, None) => HardFilters::default(),
                    // The model has its own idea of how high QUAL should be.
                    (None, Some(_)) => HardFilters::of_depth(),
                },
                reference_confidence: self.reference_confidence,
                gvcf_bands: bands,
                ..options.caller
            },
            ..options
        }
    }
}
