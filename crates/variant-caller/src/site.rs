//! What is found at one place, until it is written.

use fafnir_io::vcf;

/// The records of a site.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteCall {
    /// The record of a VCF file: a variant called with enough confidence.
    pub variant: Option<vcf::Record>,
    /// The record of a gVCF file, where one is asked for: with `<NON_REF>`, and also where a variant was
    /// looked at and not called.
    pub detailed: Option<vcf::Record>,
    /// How fragments tell the two alleles of a called heterozygous site apart: a number that stands for the
    /// fragment's name, and log10 of the likelihoods' ratio, the lower allele's over the higher one's.
    pub(crate) fragments: Vec<(u64, f64)>,
}

impl SiteCall {
    /// 0-based POS.
    pub fn position(&self) -> u32 {
        self.records().next().map_or(0, |record| record.position)
    }

    /// Its records, of either file.
    pub fn records(&self) -> impl Iterator<Item = &vcf::Record> {
        self.variant.iter().chain(&self.detailed)
    }
}
