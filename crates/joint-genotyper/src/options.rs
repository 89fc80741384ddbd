//! What a user may choose.

/// Options of a [`Genotyper`](crate::Genotyper).
#[derive(Clone, Debug, PartialEq)]
pub struct JointOptions {
    /// Sites below this QUAL are not written. Default 3.0, as of single samples.
    pub emit_confidence: f64,
    /// Most alternative alleles of a site, `*` not counted: the likeliest are kept. Default 6.
    pub max_alternates: usize,
    /// Prior probability that two copies of the genome differ at a base. Default 0.001.
    pub snp_heterozygosity: f64,
    /// The same of insertions and deletions. Default 1/8,000.
    pub indel_heterozygosity: f64,
    /// Probability that a copy mutates at a position on its way to a child. Default 1e-8.
    pub mutation_rate: f64,
    /// Least DQ at which a substitution is `DeNovo`. Default 0.05.
    pub snp_denovo_quality: f64,
    /// The same of insertions and deletions. Default 0.4.
    pub indel_denovo_quality: f64,
}

impl Default for JointOptions {
    fn default() -> Self {
        Self {
            emit_confidence: 3.0,
            max_alternates: 6,
            snp_heterozygosity: 1e-3,
            indel_heterozygosity: 1.25e-4,
            mutation_rate: 1e-8,
            snp_denovo_quality: 0.05,
            indel_denovo_quality: 0.4,
        }
    }
}
