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
        match estimate.autosomes {
            0.0 => (name, "NA".to_owned()),
            autosomes => (name, format!("{:.2}", depth / autosomes)),
        }
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

#[cfg(test)]
mod tests {
    use fafnir_io::{ContigId, fasta};

    use super::*;

    #[test]
    fn dragens_form_with_and_without_reads() {
        let reference = fasta::read("r.fa", &b">chr1\nA\n>chrX\nA\n>chrY\nA\n"[..]);
        let Ok(reference) = reference else {
            panic!("a FASTA file is not read");
        };
        let csv = |autosomes, [x, y]: [f64; 2], karyotype| {
            let chromosomes = [autosomes, x, y];
            let chromosomes = (0..).map(ContigId).zip(chromosomes).collect();
            let estimate = PloidyEstimate {
                autosomes,
                chromosomes,
                karyotype,
            };
            to_csv(&estimate, &reference)
        };
        let male = csv(30.0, [15.0, 14.0], "XY".parse().ok());
        let ends = [
            "e,30.00", "e,15.00", "e,14.00", "n,1.00", "n,0.50", "n,0.47", "n,XY",
        ];
        assert!(
            male.lines()
                .zip(ends)
                .all(|(line, end)| line.ends_with(end)),
            "{male}"
        );
        assert_eq!(male.lines().count(), ends.len());
        let none = csv(0.0, [0.0, 0.0], None);
        assert!(
            none.ends_with("PLOIDY ESTIMATION,,Y median / Autosomal median,NA\n"),
            "{none}"
        );
    }
}
