//! The header lines that records refer to.

use fafnir_io::vcf::FieldLine;

const fn field(
    id: &'static str,
    number: &'static str,
    kind: &'static str,
    description: &'static str,
) -> FieldLine {
    FieldLine {
        id,
        number,
        kind,
        description,
    }
}

#[rustfmt::skip]
pub(crate) const INFOS: &[FieldLine] = &[
    field("AC", "A", "Integer", "Copies of each ALT allele in the genotypes"),
    field("AF", "A", "Float", "Share of the genotypes' alleles that are each ALT allele"),
    field("AN", "1", "Integer", "Number of alleles in the genotypes"),
    field("DP", "1", "Integer", "Informative fragments of all samples"),
    field("ExcessHet", "1", "Float", "Phred-scaled p-value of the exact test for more heterozygous samples than random mating gives"),
    field("InbreedingCoeff", "1", "Float", "1 less the heterozygous samples by those that random mating gives"),
    field("MQ", "1", "Float", "Root mean square of MAPQ, of samples with alleles here"),
    field("QD", "1", "Float", "QUAL by informative fragments of samples that carry an ALT allele"),
];

#[rustfmt::skip]
pub(crate) const FORMATS: &[FieldLine] = &[
    field("GT", "1", "String", "Genotype"),
    field("AD", "R", "Integer", "Informative fragments of each allele"),
    field("DP", "1", "Integer", "Informative fragments"),
    field("GQ", "1", "Integer", "Phred-scaled probability that the genotype is wrong, given all samples"),
    field("PL", "G", "Integer", "Phred-scaled genotype likelihoods, normalised"),
    field("GP", "G", "Float", "Phred-scaled genotype posteriors, given all samples"),
];

#[rustfmt::skip]
pub(crate) const FAMILY_FORMATS: &[FieldLine] = &[
    field("DQ", "1", "Float", "De novo quality: phred-scaled probability that no allele of a child is new"),
    field("DN", "1", "String", "Inherited, LowDQ or DeNovo: whether a child's genotype conflicts with its parents', and whether DQ reaches the threshold"),
];
