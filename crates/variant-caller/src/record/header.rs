//! The header lines that records refer to.

use fafnir_io::vcf::{FieldLine, FilterLine};

/// What the records of a caller refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// `##FILTER` lines other than PASS.
    pub filters: Vec<FilterLine>,
    /// `##INFO` lines.
    pub info: &'static [FieldLine],
    /// `##FORMAT` lines.
    pub format: &'static [FieldLine],
}

/// What the records of a gVCF file refer to beside those of [`HEADER`].
pub(crate) const GVCF_HEADER: Header = Header {
    filters: Vec::new(),
    info: &[
        FieldLine::new("END", "1", "Integer", "Last position of the block"),
        FieldLine::new(
            "RAW_MQandDP",
            "2",
            "Integer",
            "Sum of squared MAPQ, and number, of the fragments that cover the position",
        ),
    ],
    format: &[
        FieldLine::new(
            "MIN_DP",
            "1",
            "Integer",
            "Least depth of a base of the block",
        ),
        FieldLine::new("PGT", "1", "String", "Genotype as phased by reads"),
        FieldLine::new(
            "PID",
            "1",
            "String",
            "Name of the phase set: POS, REF and ALT of its first record",
        ),
    ],
};

pub(crate) const HEADER: Header = Header {
    // They are the user's to choose.
    filters: Vec::new(),
    info: &[
        FieldLine::new(
            "AC",
            "A",
            "Integer",
            "Copies of each ALT allele in the genotype",
        ),
        FieldLine::new(
            "AF",
            "A",
            "Float",
            "Share of the genotype's alleles that are each ALT allele",
        ),
        FieldLine::new("AN", "1", "Integer", "Number of alleles in the genotype"),
        FieldLine::new(
            "DP",
            "1",
            "Integer",
            "Fragments that cover the position, informative or not",
        ),
        FieldLine::new(
            "FS",
            "1",
            "Float",
            "Phred-scaled p-value of Fisher's exact test for strand bias",
        ),
        FieldLine::new("MQ", "1", "Float", "Root mean square of MAPQ"),
        FieldLine::new(
            "MQRankSum",
            "1",
            "Float",
            "Score of a rank sum test of MAPQ, of ALT alleles against the reference",
        ),
        FieldLine::new(
            "ReadPosRankSum",
            "1",
            "Float",
            "Score of a rank sum test of bases to the nearer end of the read, of ALT alleles against the reference",
        ),
        FieldLine::new("QD", "1", "Float", "QUAL by informative fragments"),
        FieldLine::new(
            "SOR",
            "1",
            "Float",
            "Symmetric odds ratio of the 2x2 table of strand and allele",
        ),
        FieldLine::new(
            "FractionInformativeReads",
            "1",
            "Float",
            "Share of fragments that tell the alleles apart",
        ),
        FieldLine::new("FGT", "0", "Flag", "An allele was asked for"),
        FieldLine::new(
            "NML",
            "0",
            "Flag",
            "Of a record that was asked for: the variant was called too",
        ),
    ],
    format: &[
        FieldLine::new("GT", "1", "String", "Genotype"),
        FieldLine::new("AD", "R", "Integer", "Informative fragments of each allele"),
        FieldLine::new(
            "AF",
            "A",
            "Float",
            "Share of informative fragments that show each ALT allele",
        ),
        FieldLine::new("DP", "1", "Integer", "Informative fragments"),
        FieldLine::new(
            "F1R2",
            "R",
            "Integer",
            "Informative fragments of each allele whose first read lies forward",
        ),
        FieldLine::new(
            "F2R1",
            "R",
            "Integer",
            "Informative fragments of each allele whose first read lies reverse",
        ),
        FieldLine::new(
            "GQ",
            "1",
            "Integer",
            "Phred-scaled probability that the genotype is wrong",
        ),
        FieldLine::new(
            "PL",
            "G",
            "Integer",
            "Phred-scaled genotype likelihoods, normalised",
        ),
        FieldLine::new("GP", "G", "Float", "Phred-scaled genotype posteriors"),
        FieldLine::new("PRI", "G", "Float", "Phred-scaled genotype priors"),
        FieldLine::new(
            "PS",
            "1",
            "Integer",
            "POS of the first record of the phase set",
        ),
        FieldLine::new(
            "SB",
            "4",
            "Integer",
            "Fragments by allele and strand: reference forward, reverse, ALT forward, reverse",
        ),
        FieldLine::new(
            "MB",
            "4",
            "Integer",
            "Fragments by allele and read of the pair: reference first, second, ALT first, second",
        ),
    ],
};
