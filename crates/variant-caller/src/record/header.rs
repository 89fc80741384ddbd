//! The header lines that records refer to.

use fafnir_io::vcf::FilterLine;

/// A line `##INFO` or `##FORMAT` of the VCF header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderLine {
    /// `ID`.
    pub id: &'static str,
    /// `Number`.
    pub number: &'static str,
    /// `Type`.
    pub kind: &'static str,
    /// `Description`, without quotes.
    pub description: &'static str,
}

/// What the records of a caller refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// `##FILTER` lines other than PASS.
    pub filters: Vec<FilterLine>,
    /// `##INFO` lines.
    pub info: &'static [HeaderLine],
    /// `##FORMAT` lines.
    pub format: &'static [HeaderLine],
}

const fn field(
    id: &'static str,
    number: &'static str,
    kind: &'static str,
    description: &'static str,
) -> HeaderLine {
    HeaderLine {
        id,
        number,
        kind,
        description,
    }
}

/// What the records of a gVCF file refer to beside those of [`HEADER`].
pub(crate) const GVCF_HEADER: Header = Header {
    filters: Vec::new(),
    info: &[
        field("END", "1", "Integer", "Last position of the block"),
        field(
            "RAW_MQandDP",
            "2",
            "Integer",
            "Sum of squared MAPQ, and number, of the fragments that cover the position",
        ),
    ],
    format: &[
        field(
            "MIN_DP",
            "1",
            "Integer",
            "Least depth of a base of the block",
        ),
        field("PGT", "1", "String", "Genotype as phased by reads"),
        field(
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
        field(
            "AC",
            "A",
            "Integer",
            "Copies of each ALT allele in the genotype",
        ),
        field(
            "AF",
            "A",
            "Float",
            "Share of the genotype's alleles that are each ALT allele",
        ),
        field("AN", "1", "Integer", "Number of alleles in the genotype"),
        field(
            "DP",
            "1",
            "Integer",
            "Fragments that cover the position, informative or not",
        ),
        field(
            "FS",
            "1",
            "Float",
            "Phred-scaled p-value of Fisher's exact test for strand bias",
        ),
        field("MQ", "1", "Float", "Root mean square of MAPQ"),
        field(
            "MQRankSum",
            "1",
            "Float",
            "Score of a rank sum test of MAPQ, of ALT alleles against the reference",
        ),
        field(
            "ReadPosRankSum",
            "1",
            "Float",
            "Score of a rank sum test of bases to the nearer end of the read, of ALT alleles against the reference",
        ),
        field("QD", "1", "Float", "QUAL by informative fragments"),
        field(
            "SOR",
            "1",
            "Float",
            "Symmetric odds ratio of the 2x2 table of strand and allele",
        ),
        field(
            "FractionInformativeReads",
            "1",
            "Float",
            "Share of fragments that tell the alleles apart",
        ),
        field("FGT", "0", "Flag", "An allele was asked for"),
        field(
            "NML",
            "0",
            "Flag",
            "Of a record that was asked for: the variant was called too",
        ),
    ],
    format: &[
        field("GT", "1", "String", "Genotype"),
        field("AD", "R", "Integer", "Informative fragments of each allele"),
        field(
            "AF",
            "A",
            "Float",
            "Share of informative fragments that show each ALT allele",
        ),
        field("DP", "1", "Integer", "Informative fragments"),
        field(
            "F1R2",
            "R",
            "Integer",
            "Informative fragments of each allele whose first read lies forward",
        ),
        field(
            "F2R1",
            "R",
            "Integer",
            "Informative fragments of each allele whose first read lies reverse",
        ),
        field(
            "GQ",
            "1",
            "Integer",
            "Phred-scaled probability that the genotype is wrong",
        ),
        field(
            "PL",
            "G",
            "Integer",
            "Phred-scaled genotype likelihoods, normalised",
        ),
        field("GP", "G", "Float", "Phred-scaled genotype posteriors"),
        field("PRI", "G", "Float", "Phred-scaled genotype priors"),
        field(
            "PS",
            "1",
            "Integer",
            "POS of the first record of the phase set",
        ),
        field(
            "SB",
            "4",
            "Integer",
            "Fragments by allele and strand: reference forward, reverse, ALT forward, reverse",
        ),
        field(
            "MB",
            "4",
            "Integer",
            "Fragments by allele and read of the pair: reference first, second, ALT first, second",
        ),
    ],
};
