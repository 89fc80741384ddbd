//! What a comparison found.

use std::fmt;

use super::record::{Record, Side};
use crate::Reference;

/// What a variant changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// One base for another.
    Snv,
    /// The length.
    Indel,
}

/// Variants of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// True variants that the calls spell.
    pub found: u64,
    /// True variants that they do not: false negatives.
    pub missed: u64,
    /// Calls that the truth spells: true positives. May differ from `found`, for one side may use more records.
    pub correct: u64,
    /// Calls that it does not: false positives.
    pub extra: u64,
    /// Of `missed`, those whose allele was called with another genotype.
    pub genotype_errors: u64,
}

impl Counts {
    /// Share of the calls that are correct; 0 without calls.
    #[must_use]
    pub fn precision(&self) -> f64 {
        share(self.correct, self.extra)
    }

    /// Share of the truth that was found; 0 without truth.
    #[must_use]
    pub fn recall(&self) -> f64 {
        share(self.found, self.missed)
    }

    /// Harmonic mean of precision and recall.
    #[must_use]
    pub fn f1(&self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall > 0.0 {
            2.0 * precision * recall / (precision + recall)
        } else {
            0.0
        }
    }
}

fn share(yes: u64, no: u64) -> f64 {
    if yes + no == 0 {
        0.0
    } else {
        yes as f64 / (yes + no) as f64
    }
}

/// A variant of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The contig's name.
    pub contig: String,
    /// First changed base when left-aligned, 0-based.
    pub position: u32,
    /// Line of its record in its VCF, 1-based.
    pub line: u64,
    /// What it changes.
    pub kind: Kind,
}

/// Precision and recall, and where they were lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Single-base substitutions.
    pub snv: Counts,
    /// Insertions, deletions, and substitutions that change the length.
    pub indel: Counts,
    /// False negatives, by position.
    pub missed: Vec<Site>,
    /// False positives, by position.
    pub extra: Vec<Site>,
    /// True positives, by position.
    pub correct: Vec<Site>,
    /// Records of the truth with symbolic alleles or without a genotype: left out.
    pub unusable_truth: u64,
    /// Such records of the calls.
    pub unusable_calls: u64,
}

impl Report {
    pub(super) fn add(&mut self, reference: &Reference, cluster: &[Record], matched: &[bool]) {
        for (record, &matched) in cluster
            .iter()
            .zip(matched)
            .filter(|(record, _)| record.counted)
        {
            let counts = match record.kind {
                Kind::Snv => &mut self.snv,
                Kind::Indel => &mut self.indel,
            };
            let (count, sites) = match (record.side, matched) {
                (Side::Truth, true) => (&mut counts.found, None),
                (Side::Truth, false) => (&mut counts.missed, Some(&mut self.missed)),
                (Side::Calls, true) => (&mut counts.correct, Some(&mut self.correct)),
                (Side::Calls, false) => (&mut counts.extra, Some(&mut self.extra)),
            };
            *count += 1;
            if let Some(sites) = sites {
                sites.push(Site {
                    contig: reference.contigs[record.contig].name.clone(),
                    position: record.changed().start,
                    line: record.line,
                    kind: record.kind,
                });
            }
        }
        let open = |side| {
            cluster
                .iter()
                .zip(matched)
                .filter(move |(r, matched)| r.side == side && !**matched)
        };
        for (truth, _) in open(Side::Truth).filter(|(record, _)| record.counted) {
            let shares_allele = |(call, _): (&Record, _)| {
                truth
                    .normal
                    .iter()
                    .flatten()
                    .any(|edit| call.normal.iter().flatten().any(|other| other == edit))
            };
            if open(Side::Calls).any(shares_allele) {
                match truth.kind {
                    Kind::Snv => self.snv.genotype_errors += 1,
                    Kind::Indel => self.indel.genotype_errors += 1,
                }
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "kind    found  missed   extra  genotype  precision  recall      F1"
        )?;
        for (name, counts) in [("SNV", self.snv), ("indel", self.indel)] {
            let Counts {
                found,
                missed,
                extra,
                genotype_errors,
                ..
            } = counts;
            let (precision, recall, f1) = (counts.precision(), counts.recall(), counts.f1());
            writeln!(
                f,
                "{name:5} {found:7} {missed:7} {extra:7}  {genotype_errors:8}  {precision:9.4}  {recall:6.4}  {f1:6.4}"
            )?;
        }
        Ok(())
    }
}
