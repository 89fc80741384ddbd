//! Alleles that are genotyped whether reads show them or not (`--vc-forcegt-vcf`).

use std::path::Path;

use fafnir_attest::{InputProof, Pending};
use fafnir_io::{Reference, vcf::SiteReader};
use fafnir_variant_caller::{ForcedAlleles, ForcedError};

use crate::{
    error::{Class, Error},
    progress::Progress,
};

/// Reads the alleles of a VCF file, with proof of it. Those that cannot be genotyped are told of and
/// left out.
pub(super) fn open(
    path: &Path,
    reference: &Reference,
    progress: &dyn Progress,
) -> Result<(ForcedAlleles, InputProof), Error> {
    let input = Pending::open(path, None)?.with_role("forced alleles");
    let name = path.display().to_string();
    let bad_file = |e| Error::from_source(Class::Input, e);
    let mut reader = SiteReader::new(&name, input, reference, false).map_err(bad_file)?;
    let mut alleles = ForcedAlleles::default();
    let mut left_out = 0u64;
    while let Some(site) = reader.next_site().map_err(bad_file)? {
        // A file of sites alone asks for nothing.
        for allele in site.alternates.split(|b| *b == b',').filter(|a| *a != b".") {
            match alleles.add(
                reference,
                site.contig,
                site.position,
                site.reference,
                allele,
            ) {
                Ok(()) => {}
                Err(error @ ForcedError::OtherReference) => {
                    return Err(Error::input(format!(
                        "{name}: {}:{}: {error}",
                        reference.contig(site.contig).name,
                        u64::from(site.position) + 1
                    )));
                }
                Err(_) => left_out += 1,
            }
        }
    }
    if left_out > 0 {
        progress.warn(&format!(
            "{name}: {left_out} alleles are not genotyped: they are symbolic, no change, of unknown bases, \
             or longer than small variants"
        ));
    }
    let proof = reader.into_inner().finish()?;
    Ok((alleles.sorted(), proof))
}
