//! What a line of gVCF says.

use crate::reference::ContigId;

/// A record: a variant, or a block of bases without one.
#[derive(Clone, Debug, PartialEq)]
pub struct GvcfRecord {
    /// Contig, in the reference's order.
    pub contig: ContigId,
    /// 0-based position of the first base of `reference`.
    pub position: u32,
    /// 0-based end (exclusive) of the bases that the record speaks of: `INFO/END`, else the end of
    /// `reference`.
    pub end: u32,
    /// Reference allele, upper-case ASCII.
    pub reference: Vec<u8>,
    /// Alternative alleles.
    pub alternates: Vec<Alternate>,
    /// What INFO says of MAPQ.
    pub mapping: Option<MappingQuality>,
    /// What is known of each sample, in the order of the header.
    pub samples: Vec<SampleFields>,
}

impl Default for GvcfRecord {
    fn default() -> Self {
        Self {
            contig: ContigId(0),
            position: 0,
            end: 0,
            reference: Vec::new(),
            alternates: Vec::new(),
            mapping: None,
            samples: Vec::new(),
        }
    }
}

impl GvcfRecord {
    /// Whether the record has an allele of bases beside the reference: it is no mere block.
    pub fn has_variant(&self) -> bool {
        self.alternates
            .iter()
            .any(|allele| matches!(allele, Alternate::Bases(_)))
    }
}

/// An alternative allele.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Alternate {
    /// Upper-case bases.
    Bases(Vec<u8>),
    /// `*`: a deletion that began before covers the position.
    Spanned,
    /// `<NON_REF>` or `<*>`: any allele that was not seen.
    NonReference,
    /// Another symbolic allele or a breakend: no small variant.
    Symbolic,
}

/// Sum of squared MAPQ, and of how many reads (`RAW_MQandDP`); a mean (`MQ`) counts as one read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MappingQuality {
    /// Sum of squares.
    pub squares: f64,
    /// Reads; `None` where only a mean is known.
    pub reads: Option<u64>,
}

/// What FORMAT says of a sample. Lists are empty where the field is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampleFields {
    /// Copies of the contig, 1 or 2.
    pub ploidy: u8,
    /// `DP`, or in a block `MIN_DP`.
    pub depth: Option<u32>,
    /// `GQ`.
    pub quality: Option<u32>,
    /// `AD`, for each allele.
    pub depths: Vec<u32>,
    /// `PL` (or `GL` as such): phred of each genotype's likelihood, in VCF's order.
    pub likelihoods: Vec<u32>,
    /// Whether `GT` has an allele that is not the reference; without `GT`, false.
    pub carrier: bool,
}
