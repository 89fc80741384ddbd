//! Which calls are right.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    path::Path,
};

use fafnir_attest::{InputProof, Pending};
use fafnir_io::decode::Decoder;
use fafnir_simulate::{Reference, compare::Comparison};
use fafnir_variant_caller::Features;

use super::table::{self, Row};
use crate::error::{Class, Error};

/// What tells right calls from wrong ones.
#[derive(Clone, Copy, Debug)]
pub enum Labels<'a> {
    /// The truth, and the regions that it speaks for. Calls are compared by the haplotypes that they
    /// spell, genotypes included.
    Truth {
        /// What all stand on.
        reference: &'a Reference,
        /// VCF.
        truth: &'a Path,
        /// BED.
        regions: &'a Path,
    },
    /// A VCF of the same calls whose INFO `CALL` is TP, FP, FP_CA (right allele, wrong genotype: as wrong
    /// as FP) or else: the calls.vcf.gz of `vcfeval --output-mode=annotate --all-records`.
    Compared(&'a Path),
}

/// Calls of which it is known whether they are right.
#[derive(Debug, Default)]
pub struct LabelledCalls {
    /// What each is judged by, and whether it is right.
    pub calls: Vec<(Features, bool)>,
    /// Whether each passed its filters.
    pub passed: Vec<bool>,
    /// Calls of which nobody knows.
    pub unknown: u64,
    /// What was read.
    pub inputs: Vec<InputProof>,
}

impl LabelledCalls {
    /// Appends the calls of a table of features.
    ///
    /// # Errors
    ///
    /// Files that cannot be read, or are not what they should be; a table that another version wrote.
    pub fn read(&mut self, features: &Path, labels: Labels<'_>) -> Result<(), Error> {
        let mut input = Pending::open(features, None)?.with_role("features");
        let rows = table::read(&mut input)
            .map_err(|why| Error::input(format!("{}: {why}", features.display())))?;
        self.inputs.push(input.finish()?);
        let known = match labels {
            Labels::Truth {
                reference,
                truth,
                regions,
            } => {
                for (path, role) in [(truth, "truth"), (regions, "regions")] {
                    let proof = Pending::open(path, None)?.with_role(role).finish()?;
                    self.inputs.push(proof);
                }
                by_truth(&rows, reference, truth, regions)?
            }
            Labels::Compared(path) => {
                let mut input = Pending::open(path, None)?.with_role("labels");
                let found = by_comparison(&rows, path, &mut input)?;
                self.inputs.push(input.finish()?);
                found
            }
        };
        for (row, known) in rows.into_iter().zip(known) {
            match known {
                Some(right) => {
                    self.calls.push((row.features, right));
                    self.passed.push(row.passed);
                }
                None => self.unknown += 1,
            }
        }
        Ok(())
    }
}

/// Lines of the VCF that is compared before its first record.
const HEADER: &str =
    "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts\n";

fn by_truth(
    rows: &[Row],
    reference: &Reference,
    truth: &Path,
    regions: &Path,
) -> Result<Vec<Option<bool>>, Error> {
    let mut text = HEADER.to_owned();
    for row in rows {
        let (place, alleles) = split_site(&row.site);
        text += &format!("{place}\t.\t{alleles}\t.\t.\t.\tGT\t{}\n", row.genotype);
    }
    let failed = |e| Error::io(Path::new("a temporary file"), "write", e);
    let mut calls = tempfile::NamedTempFile::new().map_err(failed)?;
    calls.write_all(text.as_bytes()).map_err(failed)?;
    let report = Comparison {
        reference,
        truth,
        calls: calls.path(),
        regions: Some(regions),
        filtered: true,
    }
    .run()
    .map_err(|e| Error::from_source(Class::Input, e))?;
    let mut known = vec![None; rows.len()];
    // A substitution of several bases is right where all of them are.
    for (sites, right) in [(&report.correct, true), (&report.extra, false)] {
        for site in sites {
            let row = site.line as usize - 1 - HEADER.lines().count();
            known[row] = Some(right);
        }
    }
    Ok(known)
}

fn by_comparison(
    rows: &[Row],
    path: &Path,
    input: &mut Pending,
) -> Result<Vec<Option<bool>>, Error> {
    let mut labels: HashMap<String, bool> = HashMap::new();
    let mut any = false;
    for line in BufReader::new(Decoder::new(input)).lines() {
        let line = line.map_err(|e| Error::io(path, "read the labels", e))?;
        let columns: Vec<&str> = line.splitn(9, '\t').collect();
        let [contig, position, _, reference, alternates, _, _, info, ..] = columns[..] else {
            continue;
        };
        let label = info
            .split(';')
            .find_map(|field| field.strip_prefix("CALL="));
        any |= label.is_some();
        let right = match label {
            Some("TP") => true,
            Some("FP" | "FP_CA") => false,
            _ => continue,
        };
        labels.insert(
            format!("{contig}\t{position}\t{reference}\t{alternates}"),
            right,
        );
    }
    if !any {
        return Err(Error::input(format!(
            "{}: no record has INFO CALL; give the calls.vcf.gz of vcfeval --output-mode=annotate \
             --all-records",
            path.display()
        )));
    }
    Ok(rows
        .iter()
        .map(|row| labels.get(&row.site).copied())
        .collect())
}

/// CHROM and POS, REF and ALT.
fn split_site(site: &str) -> (&str, &str) {
    let (at, _) = site.match_indices('\t').nth(1).unwrap_or((site.len(), ""));
    (&site[..at], site[at..].trim_start())
}
