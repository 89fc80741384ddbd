use std::io::{self, Write};

use super::Truth;
use crate::Reference;

impl Truth {
    /// Writes VCF 4.2 with phased genotypes, left-aligned and parsimonious.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_vcf(
        &self,
        reference: &Reference,
        sample: &str,
        mut out: impl Write,
    ) -> io::Result<()> {
        out.write_all(
            b"##fileformat=VCFv4.2\n##FILTER=<ID=PASS,Description=\"All filters passed\">\n",
        )?;
        for contig in &reference.contigs {
            writeln!(
                out,
                "##contig=<ID={},length={}>",
                contig.name,
                contig.sequence.len()
            )?;
        }
        out.write_all(b"##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n")?;
        writeln!(
            out,
            "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{sample}"
        )?;
        for (contig, variants) in reference.contigs.iter().zip(&self.contigs) {
            for variant in variants {
                write!(out, "{}\t{}\t.\t", contig.name, variant.position + 1)?;
                out.write_all(&variant.reference)?;
                out.write_all(b"\t")?;
                out.write_all(&variant.alternates.join(&b','))?;
                let [first, second] = variant.genotype;
                writeln!(out, "\t.\tPASS\t.\tGT\t{first}|{second}")?;
            }
        }
        Ok(())
    }
}
