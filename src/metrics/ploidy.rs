//! What depth tells of the copies of chromosomes.

use std::fmt::Write as _;

use fafnir_io::Reference;
use fafnir_variant_caller::{Chromosome, PloidyEstimate};

/// `PREFIX.ploidy_estimation_metrics.csv`: `PLOIDY ESTIMATION,,NAME,VALUE`, depths first, then their share
/// of the autosomes' one, then the sex chromosomes, if they are told.
pub(crate) fn to_csv(estimate: &PloidyEstimate, reference: &Reference) -> String {
    let name = |id| {
        let name: &str = &reference.contig(id).name;
        name.strip_prefix("chr").unwrap_or(name)
    };
    let is_sex = |name: &str| Chromosome::of(name) != Some(Chromosome::Autosome);
    let all = || {
        estimate
            .chromosomes
            .iter()
            .map(|(id, depth)| (name(*id), *depth))
    };
    let sexes = all().filter(|(name, _)| is_sex(name));
    let mut lines: Vec<(String, String)> = vec![(
        "Autosomal median coverage".into(),
        format!("{:.2}", estimate.autosomes),
    )];
    lines.extend(sexes.map(|(name, depth)| {
        let name = format!("{name} median coverage");
        (name, format!("{depth:.2}"))
    }));
    lines.extend(all().map(|(name, depth)| {
        let name = format!("{name} median / Autosomal median");
        (name, format!("{:.2}", depth / estimate.autosomes))
    }));
    lines.extend(
        estimate
            .karyotype
            .map(|k| ("Ploidy estimation".into(), k.to_string())),
    );
    let mut out = String::new();
    for (name, value) in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "PLOIDY ESTIMATION,,{name},{value}");
    }
    out
}
