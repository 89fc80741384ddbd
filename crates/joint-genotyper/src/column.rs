//! What one sample has in a span of the genome.

use std::sync::Arc;

use fafnir_io::gvcf::{Alternate, GvcfRecord, MappingQuality, SampleFields};

use crate::genotype;

/// Phred of a heterozygous genotype by reads that all show the reference: half of them would not.
const PHRED_PER_READ: u32 = 3;
/// Phred by which a homozygous variant is less likely still, per such phred.
const HOMOZYGOUS: u32 = 10;

/// The records of one sample that touch a span, by position.
#[derive(Clone, Debug, Default)]
pub struct Column {
    pub(crate) blocks: Vec<Block>,
    pub(crate) variants: Vec<Variant>,
}

/// Bases without a variant. Small, for there are many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// 0-based, half-open.
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) depth: Option<u32>,
    pub(crate) ploidy: u8,
    /// Phred of genotypes of the reference and any other allele; the first as many as there are.
    likelihoods: [u32; 3],
}

impl Block {
    fn continues_in(&self, next: &Self) -> bool {
        let moved = Self {
            start: self.start,
            end: self.end,
            ..*next
        };
        self.end == next.start && moved == *self
    }

    pub(crate) fn likelihoods(&self) -> &[u32] {
        &self.likelihoods[..genotype::count(2, self.ploidy)]
    }
}

/// A record with alleles of bases or `*`.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) site: Arc<VariantSite>,
    pub(crate) sample: SampleFields,
}

/// What the samples of a file share.
#[derive(Debug)]
pub(crate) struct VariantSite {
    pub(crate) position: u32,
    /// 0-based end of REF, exclusive.
    pub(crate) end: u32,
    pub(crate) reference: Vec<u8>,
    pub(crate) alternates: Vec<Alternate>,
    pub(crate) mapping: Option<MappingQuality>,
}

impl VariantSite {
    pub(crate) fn is_open(&self) -> bool {
        self.alternates
            .iter()
            .any(|a| matches!(a, Alternate::Bases(_)))
    }
}

impl Column {
    /// Forgets what ends at or before `position`.
    pub(crate) fn forget_before(&mut self, position: u32) {
        self.blocks.retain(|block| block.end > position);
        self.variants.retain(|variant| variant.site.end > position);
    }

    /// What of it ends behind `position`.
    pub(crate) fn reaching_beyond(&self, position: u32) -> Self {
        let blocks = self.blocks.iter().filter(|block| block.end > position);
        let variants = self.variants.iter();
        Self {
            blocks: blocks.copied().collect(),
            variants: variants
                .filter(|v| v.site.end > position)
                .cloned()
                .collect(),
        }
    }

    /// Adds a sample of a record that is a block: nothing, where it tells nothing.
    pub(crate) fn push_block(&mut self, record: &GvcfRecord, sample: &SampleFields) {
        let unseen = record
            .alternates
            .iter()
            .position(|allele| *allele == Alternate::NonReference);
        let Some(likelihoods) = block_likelihoods(sample, unseen) else {
            return;
        };
        let block = Block {
            start: record.position,
            end: record.end,
            depth: sample.depth,
            ploidy: sample.ploidy,
            likelihoods,
        };
        match self.blocks.last_mut() {
            // Records of single bases are alike for long.
            Some(last) if last.continues_in(&block) => last.end = block.end,
            _ => self.blocks.push(block),
        }
    }
}

fn block_likelihoods(sample: &SampleFields, unseen: Option<usize>) -> Option<[u32; 3]> {
    let alleles = if unseen.is_some() { 2 } else { 1 };
    let expected = genotype::count(alleles, sample.ploidy);
    let mut likelihoods = [0; 3];
    if unseen.is_some() && sample.likelihoods.len() == expected {
        likelihoods[..expected].copy_from_slice(&sample.likelihoods);
        return Some(likelihoods);
    }
    // Without likelihoods, what confidence or depth suggest of a reference genotype.
    let by_depth = |depth: u32| depth.saturating_mul(PHRED_PER_READ);
    let quality = sample.quality.or_else(|| sample.depth.map(by_depth))?;
    let homozygous = quality.saturating_mul(HOMOZYGOUS);
    match sample.ploidy {
        1 => likelihoods[1] = homozygous,
        _ => likelihoods[1..].copy_from_slice(&[quality, homozygous]),
    }
    (!sample.carrier).then_some(likelihoods)
}
