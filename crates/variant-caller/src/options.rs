//! What a user may choose.

use crate::{GqBands, HardFilters, ReferenceConfidence};

/// Options of a [`Caller`](crate::Caller).
#[derive(Clone, Debug, PartialEq)]
pub struct CallerOptions {
    /// Name of the sample, for the VCF header.
    pub sample: String,
    /// Reads below this MAPQ are not used; those of low MAPQ weigh less than others. Default 3.
    pub min_mapping_quality: u8,
    /// Bases below this phred quality are no evidence of a variant. Default 10.
    pub min_base_quality: u8,
    /// Copies of each contig, 1 or 2, but where [`Ploidies`](crate::Ploidies) say else. Default 2.
    pub ploidy: u8,
    /// Calls below this QUAL are not written. Default 3.0.
    pub emit_confidence: f32,
    /// What records fail by.
    pub filters: HardFilters,
    /// Whether sites that are not called have records for a gVCF file too. Default none.
    pub reference_confidence: ReferenceConfidence,
    /// By which GQ a gVCF file's bases are gathered into blocks. Default GATK's.
    pub gvcf_bands: GqBands,
    /// Alignments over more reference bases than this are not used, nor are those that insert more
    /// than [`MAX_INDEL`](crate::MAX_INDEL) bases. Default 10,000.
    pub max_reference_span: u32,
    /// Most reads that a region uses; a seeded hash of name and flags chooses. Default 1,000.
    pub max_region_reads: usize,
    /// Most haplotypes that a region compares with its reads. Default 32.
    pub max_haplotypes: usize,
    /// Most PairHMM cells that a region may cost: haplotypes of the lowest rank give way, and where not
    /// two can be afforded, reads. Values above 2^32 - 1 are taken as that. Default 400 million.
    pub max_region_cells: u64,
}

impl Default for CallerOptions {
    fn default() -> Self {
        Self {
            sample: String::from("SAMPLE"),
            min_mapping_quality: 3,
            min_base_quality: 10,
            ploidy: 2,
            emit_confidence: 3.0,
            filters: HardFilters::default(),
            reference_confidence: ReferenceConfidence::None,
            gvcf_bands: GqBands::default(),
            max_reference_span: 10_000,
            max_region_reads: 1_000,
            max_haplotypes: 32,
            max_region_cells: 400_000_000,
        }
    }
}
