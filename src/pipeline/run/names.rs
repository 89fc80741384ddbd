//! What the files of a run are called.

use crate::pipeline::seal::Names;
use crate::{error::Error, options::Output};

pub(super) const BAM: &str = ".bam";
pub(super) const MD5: &str = ".bam.md5sum";
pub(super) const VCF: &str = ".hard-filtered.vcf.gz";
pub(super) const TBI: &str = ".hard-filtered.vcf.gz.tbi";
pub(super) const GVCF: &str = ".hard-filtered.gvcf.gz";
pub(super) const FEATURES: &str = ".features.tsv.gz";
pub(super) const MODEL: &str = ".model.json";
pub(super) const MAPPING_METRICS: &str = ".mapping_metrics.csv";
pub(super) const FRAGMENTS: &str = ".fragment_length_hist.csv";
pub(super) const PLOIDY_METRICS: &str = ".ploidy_estimation_metrics.csv";
pub(super) const CALL_METRICS: &str = ".vc_metrics.csv";
pub(super) const TIMES: &str = ".time_metrics.csv";
pub(super) const TRIMMER_METRICS: &str = ".trimmer_metrics.csv";
pub(super) const REPLAY: &str = "-replay.json";

pub(super) const DUPLICATES: &str = ".duplicate_metrics.txt";
pub(super) const ENVELOPE: &str = ".dsse.json";
/// What `call` has before the suffixes of its run records: its results may lie beside those of
/// `align`, each with a statement of its own.
pub(super) const CALL: &str = ".call";
pub(super) const CALL_ENVELOPE: &str = ".call.dsse.json";
/// The same of `genotype`.
pub(super) const GENOTYPE: &str = ".genotype";
pub(super) const GENOTYPE_ENVELOPE: &str = ".genotype.dsse.json";

/// Names of `align`, and of the indexes that other programs make of its BAM: readers prefer an old
/// one of those to ours.
pub(super) const OF_ALIGN: [&str; 10] = [
    BAM,
    ".bam.bai",
    ".bam.csi",
    ".bai",
    ".csi",
    MD5,
    MAPPING_METRICS,
    FRAGMENTS,
    DUPLICATES,
    TRIMMER_METRICS,
];
/// The same of `call`.
pub(super) const OF_CALL: [&str; 10] = [
    VCF,
    TBI,
    ".hard-filtered.vcf.gz.csi",
    GVCF,
    ".hard-filtered.gvcf.gz.tbi",
    ".hard-filtered.gvcf.gz.csi",
    FEATURES,
    MODEL,
    PLOIDY_METRICS,
    CALL_METRICS,
];
pub(super) const RECORDS: [&str; 2] = [TIMES, REPLAY];
pub(super) const CALL_RECORDS: [&str; 2] = [".call.time_metrics.csv", ".call-replay.json"];
pub(super) const GENOTYPE_RECORDS: [&str; 2] =
    [".genotype.time_metrics.csv", ".genotype-replay.json"];

/// Names of `run` and `align`: each claims those of all commands for its prefix, so that nothing
/// stale lies beside new data.
pub(super) fn of_run() -> Names {
    Names {
        records: "",
        envelope: ENVELOPE,
        suffixes: OF_ALIGN
            .into_iter()
            .chain(OF_CALL)
            .chain(RECORDS)
            .chain(CALL_RECORDS)
            .chain([CALL_ENVELOPE])
            .chain(GENOTYPE_RECORDS)
            .chain([GENOTYPE_ENVELOPE])
            .collect(),
    }
}

/// Names of `call`; refuses to replace calls that a statement of `run` vouches for, which would be
/// false from then on.
pub(super) fn of_call(output: &Output) -> Result<Names, Error> {
    if output.force
        && exists(output, VCF)
        && exists(output, ENVELOPE)
        && !exists(output, CALL_ENVELOPE)
    {
        return Err(belongs_to("run", output));
    }
    Ok(Names {
        records: CALL,
        envelope: CALL_ENVELOPE,
        suffixes: OF_CALL
            .into_iter()
            .chain(CALL_RECORDS)
            .chain(GENOTYPE_RECORDS)
            .chain([GENOTYPE_ENVELOPE])
            .collect(),
    })
}

/// Names of `genotype`; refuses to replace calls that a statement of `run` or `call` vouches for.
pub(super) fn of_genotype(output: &Output) -> Result<Names, Error> {
    if output.force && exists(output, VCF) && !exists(output, GENOTYPE_ENVELOPE) {
        for (command, envelope) in [("call", CALL_ENVELOPE), ("run", ENVELOPE)] {
            if exists(output, envelope) {
                return Err(belongs_to(command, output));
            }
        }
    }
    let calls = OF_CALL
        .into_iter()
        .filter(|name| ![FEATURES, MODEL, PLOIDY_METRICS].contains(name));
    Ok(Names {
        records: GENOTYPE,
        envelope: GENOTYPE_ENVELOPE,
        suffixes: calls.chain(GENOTYPE_RECORDS).collect(),
    })
}

fn exists(output: &Output, suffix: &str) -> bool {
    let path = output.directory.join(format!("{}{suffix}", output.prefix));
    path.exists()
}

fn belongs_to(command: &str, output: &Output) -> Error {
    Error::usage(format!(
        "{}{VCF}: belongs to the results of fafnir {command}; choose another --output-file-prefix",
        output.prefix
    ))
}
