//! A phased diploid truth: simulated, or read from a VCF, and written as VCF 4.2.

mod draw;
pub(crate) mod haplotype;
mod read;
#[cfg(test)]
mod tests;
mod write;

use rayon::prelude::*;

pub use self::read::Ignored;
use crate::genome::CHUNK;
use crate::{Error, Reference, Result};

/// How many variants, and of what kinds.
#[derive(Clone, Debug, PartialEq)]
pub struct VariantOptions {
    /// Single-base substitutions a base. Default: 0.001.
    pub snv_rate: f64,
    /// Transitions over transversions. Default: 2.1.
    pub transitions: f64,
    /// How many times as mutable C and G of a CpG are. Default: 8.
    pub cpg: f64,
    /// Insertions and deletions, by number, over substitutions. Default: 0.125.
    pub indel_ratio: f64,
    /// Share of the indels that change the number of units of a tandem repeat. Default: 0.5.
    pub indel_in_tandem: f64,
    /// Longest indel outside tandem repeats, in bases. Default: 60.
    pub longest_indel: u32,
    /// Share of substitutions that change two or three bases side by side. Default: 0.008.
    pub mnp: f64,
    /// Share of substitutions with another one within 2-20 bases on the same haplotype. Default: 0.01.
    pub clustered: f64,
    /// Heterozygous over homozygous variants. Default: 1.6.
    pub het_hom: f64,
    /// The sample's name in the truth. Default: `SIMULATED`.
    pub sample: String,
}

impl Default for VariantOptions {
    fn default() -> Self {
        Self {
            snv_rate: 0.001,
            transitions: 2.1,
            cpg: 8.0,
            indel_ratio: 0.125,
            indel_in_tandem: 0.5,
            longest_indel: 60,
            mnp: 0.008,
            clustered: 0.01,
            het_hom: 1.6,
            sample: "SIMULATED".into(),
        }
    }
}

/// A variant as VCF says it, but for the base of its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Position of the first base of `reference`, 0-based.
    pub position: u32,
    /// The reference allele, upper case; indels carry the base before them.
    pub reference: Vec<u8>,
    /// The alternate alleles.
    pub alternates: Vec<Vec<u8>>,
    /// The allele on each haplotype: 0 is the reference.
    pub genotype: [u8; 2],
}

impl Variant {
    /// End of the reference allele, 0-based, exclusive.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.position + self.reference.len() as u32
    }
}

/// The variants of each contig of a reference, by position, none touching the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// One list for each contig, in the reference's order.
    pub contigs: Vec<Vec<Variant>>,
}

impl Truth {
    /// Draws variants for a reference, none where it is N; `progress` is told the bases done.
    ///
    /// # Errors
    /// Rates that are not probabilities.
    pub fn simulate(
        reference: &Reference,
        options: &VariantOptions,
        seed: u64,
        progress: &dyn Fn(u64),
    ) -> Result<Self> {
        options.check()?;
        let mut done = 0;
        let contigs = reference.contigs.iter().enumerate().map(|(index, contig)| {
            let chunks = contig.sequence.len().div_ceil(CHUNK);
            let drawn: Vec<_> = (0..chunks)
                .into_par_iter()
                .flat_map_iter(|chunk| draw::chunk(&contig.sequence, options, seed, index, chunk))
                .collect();
            done += contig.sequence.len() as u64;
            progress(done);
            separate(drawn)
        });
        Ok(Self {
            contigs: contigs.collect(),
        })
    }

    /// How many variants there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.contigs.iter().map(Vec::len).sum()
    }
}

impl VariantOptions {
    fn check(&self) -> Result<()> {
        let shares = [self.indel_in_tandem, self.mnp, self.clustered];
        let ratios = [self.transitions, self.het_hom, self.cpg, self.indel_ratio];
        let sample_ok = !self.sample.is_empty() && !self.sample.contains(char::is_control);
        if !(0.0..=0.05).contains(&self.snv_rate)
            || shares.iter().any(|share| !(0.0..=1.0).contains(share))
            || ratios.iter().any(|ratio| !(0.0..=100.0).contains(ratio))
            || !(1..=1000).contains(&self.longest_indel)
            || !sample_ok
        {
            return Err(Error::Options(
                "variants: the SNV rate is at most 0.05, shares are between 0 and 1, ratios between 0 and 100, the \
                 longest indel between 1 and 1,000, and the sample has a printable name"
                    .into(),
            ));
        }
        Ok(())
    }
}

/// Sorts, and keeps of variants that touch each other the first.
fn separate(mut variants: Vec<Variant>) -> Vec<Variant> {
    variants.sort_by(|a, b| {
        (a.position, &a.reference, &a.alternates).cmp(&(b.position, &b.reference, &b.alternates))
    });
    let mut end = 0;
    variants.retain(|variant| {
        let free = variant.position >= end;
        if free {
            end = variant.end() + 1;
        }
        free
    });
    variants
}
