//! Comparison of calls with a truth by the haplotypes that they spell, not by the records that they use.
//!
//! Records of both sides that lie near each other, or could be moved near each other along a repeat, form a cluster.
//! A cluster whose two genotypes spell the same pair of haplotypes matches whole, however each side wrote it; else the
//! largest part of it that does. The idea is that of vcfeval (Cleary et al. 2015, doi:10.1101/023754). Genotypes
//! count: a homozygous call of a heterozygous variant is a missed and an extra one, and is told as a genotype error
//! beside.

mod matching;
mod record;
mod regions;
mod report;
#[cfg(test)]
mod tests;

use std::path::Path;

use self::record::{Record, Side};
use self::regions::Regions;
pub use self::report::{Counts, Kind, Report, Site};
use crate::{Reference, Result};

/// Clusters are parted by this many bases, at least, that neither side changes.
const GAP: u32 = 30;

/// Two VCFs of one reference, each plain or gzipped; of several samples the first counts.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// What both stand on.
    pub reference: &'a Reference,
    /// The truth.
    pub truth: &'a Path,
    /// The calls, of any caller.
    pub calls: &'a Path,
    /// BED that the truth speaks for; `None` where it speaks for everything.
    pub regions: Option<&'a Path>,
    /// Calls count that did not pass their filters.
    pub filtered: bool,
}

impl Comparison<'_> {
    /// Compares.
    ///
    /// A variant counts where the reference bases that it changes lie in one region. Substitutions of several bases
    /// count as one SNV a base; whatever changes the length is an indel. Phase is read from the truth alone: two
    /// heterozygous calls near each other match whichever way the truth has them.
    ///
    /// # Errors
    /// A file that cannot be read or is not of its format; a contig or a reference allele that is not the
    /// reference's.
    pub fn run(&self) -> Result<Report> {
        let regions = self
            .regions
            .map(|path| Regions::read(path, self.reference))
            .transpose()?;
        let mut report = Report::default();
        let mut records = Vec::new();
        let sides = [
            (Side::Truth, self.truth, false),
            (Side::Calls, self.calls, !self.filtered),
        ];
        for (side, path, only_passed) in sides {
            let unusable = record::read(side, path, self.reference, only_passed, &mut records)?;
            match side {
                Side::Truth => report.unusable_truth = unusable,
                Side::Calls => report.unusable_calls = unusable,
            }
        }
        records.sort_by_key(|record| {
            (
                record.contig,
                record.reach.start,
                record.reach.end,
                record.side,
                record.line,
            )
        });
        for record in &mut records {
            record.counted = regions
                .as_ref()
                .is_none_or(|regions| regions.contain(record.contig, record.changed()));
        }
        for cluster in clusters(&records) {
            if cluster.iter().any(|record| record.counted) {
                let sequence = &self.reference.contigs[cluster[0].contig].sequence;
                report.add(
                    self.reference,
                    cluster,
                    &matching::matched(sequence, cluster),
                );
            }
        }
        Ok(report)
    }
}

/// Splits sorted records where no record before reaches within `GAP` of the next.
fn clusters(records: &[Record]) -> impl Iterator<Item = &[Record]> {
    let mut rest = records;
    std::iter::from_fn(move || {
        let first = rest.first()?;
        let mut end = first.reach.end;
        let joined = rest[1..].iter().take_while(|next| {
            let near = next.contig == first.contig && next.reach.start <= end + GAP;
            end = end.max(next.reach.end);
            near
        });
        let (cluster, after) = rest.split_at(1 + joined.count());
        rest = after;
        Some(cluster)
    })
}
