use std::path::Path;

use super::{Truth, Variant};
use crate::reference::is_known;
use crate::vcf::{Call, Reader};
use crate::{Error, Reference, Result};

/// Records of a user's VCF that no haplotype can carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ignored {
    /// Symbolic alleles, breakends, and records without a genotype.
    pub unusable: u64,
    /// Records that touch the one before them, on whatever haplotype.
    pub overlapping: u64,
}

impl Truth {
    /// Reads the first sample's genotypes from a VCF, plain or gzipped.
    ///
    /// Unphased genotypes are taken in the order that they are written in; a haploid one is on both haplotypes.
    ///
    /// # Errors
    /// A file that is not VCF, a contig that the reference lacks, a reference allele that differs from it.
    pub fn read_vcf(path: &Path, reference: &Reference) -> Result<(Self, Ignored)> {
        let mut contigs = vec![Vec::new(); reference.contigs.len()];
        let mut ignored = Ignored::default();
        let numbers = reference.numbers();
        let mut reader = Reader::open(path)?;
        while let Some(call) = reader.next()? {
            if call.genotype == Some([0, 0]) {
                continue;
            }
            let line = call.line;
            let index = *numbers.get(call.contig.as_str()).ok_or_else(|| {
                Error::parse(
                    path,
                    line,
                    format!("the reference has no contig {}", call.contig),
                )
            })?;
            let Some(variant) = usable(call) else {
                ignored.unusable += 1;
                continue;
            };
            let span = variant.position as usize..variant.end() as usize;
            let sequence = &reference.contigs[index].sequence;
            if !sequence
                .get(span)
                .is_some_and(|bases| bases.eq_ignore_ascii_case(&variant.reference))
            {
                let message = "the REF allele is not what the reference says; is this VCF of another reference?";
                return Err(Error::parse(path, line, message));
            }
            contigs[index].push(variant);
        }
        for variants in &mut contigs {
            let all = variants.len();
            *variants = super::separate(std::mem::take(variants));
            ignored.overlapping += (all - variants.len()) as u64;
        }
        Ok((Self { contigs }, ignored))
    }
}

fn usable(call: Call) -> Option<Variant> {
    let genotype = call.genotype?;
    let plain = |allele: &u8| {
        *allele == 0
            || call
                .alternates
                .get(usize::from(*allele) - 1)
                .is_some_and(|bases| bases.iter().all(|&b| is_known(b)))
    };
    if !genotype.iter().all(plain) {
        return None;
    }
    // Alleles that the sample lacks are left out.
    let mut kept: Vec<u8> = genotype.into_iter().filter(|allele| *allele > 0).collect();
    kept.sort_unstable();
    kept.dedup();
    let alternates = kept
        .iter()
        .map(|allele| call.alternates[usize::from(*allele) - 1].clone())
        .collect();
    let number = |allele| {
        kept.iter()
            .position(|other| *other == allele)
            .map_or(0, |index| index as u8 + 1)
    };
    Some(Variant {
        position: call.position,
        reference: call.reference,
        alternates,
        genotype: genotype.map(number),
    })
}
