//! The header lines that records refer to.

use fafnir_io::vcf::FieldLine;

#[rustfmt::skip]
pub(crate) const INFOS: &[FieldLine] = &[
    FieldLine::new("AC", "A", "Integer", "Copies of each ALT allele in the genotypes"),
    FieldLine::new("AF", "A", "Float", "Share of the genotypes' alleles that are each ALT allele"),
    FieldLine::new("AN", "1", "Integer", "Number of alleles in the genotypes"),
    FieldLine::new("DP", "1", "Integer", "Informative fragments of all samples"),
    FieldLine::new("ExcessHet", "1", "Float", "Phred-scaled p-value of the exact test for more heterozygous samples than random mating gives"),
    FieldLine::new("InbreedingCoeff", "1", "Float", "1 less the heterozygous samples by those that random mating gives"),
    FieldLine::new("MQ", "1", "Float", "Root mean square of MAPQ, of samples with alleles here"),
    FieldLine::new("QD", "1", "Float", "QUAL by informative fragments of samples that carry an ALT allele"),
];

#[rustfmt::skip]
pub(crate) const FORMATS: &[FieldLine] = &[
    FieldLine::new("GT", "1", "String", "Genotype"),
    FieldLine::new("AD", "R", "Integer", "Informative fragments of each allele"),
    FieldLine::new("DP", "1", "Integer", "Informative fragments"),
    FieldLine::new("GQ", "1", "Integer", "Phred-scaled probability that the genotype is wrong, given all samples"),
    FieldLine::new("PL", "G", "Integer", "Phred-scaled genotype likelihoods, normalised"),
    FieldLine::new("GP", "G", "Float", "Phred-scaled genotype posteriors, given all samples"),
];

#[rustfmt::skip]
pub(crate) const FAMILY_FORMATS: &[FieldLine] = &[
    FieldLine::new("DQ", "1", "Float", "De novo quality: phred-scaled probability that no allele of a child is new"),
    FieldLine::new("DN", "1", "String", "Inherited, LowDQ or DeNovo: whether a child's genotype conflicts with its parents', and whether DQ reaches the threshold"),
];
