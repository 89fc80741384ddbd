//! Reference blocks: stretches of a gVCF file in which no variant is called.

use std::io::Write;
use std::ops::Range;

use crate::reference::ContigId;

/// Bases at which a sample is like the reference, or at which nothing is known of it. GATK's form: the
/// only ALT is `<NON_REF>`, and `END` says where the block ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Contig.
    pub contig: ContigId,
    /// 0-based half-open bases; at least one.
    pub span: Range<u32>,
    /// The first base, upper-case ASCII.
    pub reference: u8,
    /// Whether the reads tell anything; else the genotype is missing.
    pub is_called: bool,
    /// FORMAT DP.
    pub depth: u32,
    /// What else is known of the depth.
    pub depths: Depths,
    /// GQ.
    pub quality: u32,
    /// PL of reference alone, of both, of `<NON_REF>` alone; without the second in haploid genotypes.
    pub likelihoods: Likelihoods,
}

/// What a block tells of its depth beside DP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depths {
    /// The least depth of a base, as `MIN_DP`.
    Least(u32),
    /// Of a single base, the fragments of reference and `<NON_REF>`, as `AD`. No `END` is written.
    ByAllele([u32; 2]),
}

/// PL of a block's genotypes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likelihoods {
    /// 0 and 1.
    Haploid([u32; 2]),
    /// 0/0, 0/1 and 1/1.
    Diploid([u32; 3]),
}

impl Block {
    /// Appends the block as a line of VCF; `contig` is the name of its contig.
    pub fn write_text(&self, contig: &str, out: &mut Vec<u8>) {
        let genotype = match (self.likelihoods, self.is_called) {
            (Likelihoods::Haploid(_), true) => "0",
            (Likelihoods::Haploid(_), false) => ".",
            (Likelihoods::Diploid(_), true) => "0/0",
            (Likelihoods::Diploid(_), false) => "./.",
        };
        out.extend_from_slice(contig.as_bytes());
        let (start, letter) = (u64::from(self.span.start) + 1, char::from(self.reference));
        let (depth, quality) = (self.depth, self.quality);
        // Writing to a vector cannot fail.
        let _ = write!(out, "\t{start}\t.\t{letter}\t<NON_REF>\t.\t.\t");
        let _ = match self.depths {
            Depths::Least(least) => write!(
                out,
                "END={}\tGT:DP:GQ:MIN_DP:PL\t{genotype}:{depth}:{quality}:{least}:",
                self.span.end
            ),
            Depths::ByAllele([reference, other]) => write!(
                out,
                ".\tGT:AD:DP:GQ:PL\t{genotype}:{reference},{other}:{depth}:{quality}:"
            ),
        };
        let _ = match self.likelihoods {
            Likelihoods::Haploid([a, b]) => writeln!(out, "{a},{b}"),
            Likelihoods::Diploid([a, b, c]) => writeln!(out, "{a},{b},{c}"),
        };
    }
}
