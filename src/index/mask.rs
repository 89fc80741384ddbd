//! Bases of the reference that reads are not to be placed on.

use std::path::Path;

use fafnir_aligner::Mask;
use fafnir_attest::{InputProof, Pending};
use fafnir_io::{ContigId, Reference, bed};

use crate::error::{Class, Error};

/// The reference with N at the regions of the BED file `path`, what the index says of that, and
/// proof of the file.
pub(super) fn apply(
    reference: &Reference,
    path: &Path,
) -> Result<(Reference, Mask, InputProof), Error> {
    let name = path.display().to_string();
    let mut input = Pending::open(path, None)?.with_role("mask");
    let regions =
        bed::read(&name, &mut input, reference).map_err(|e| Error::from_source(Class::Input, e))?;
    let proof = input.finish()?;
    let ids = (0..reference.contigs().len() as u32).map(ContigId);
    let spans = ids.flat_map(|id| {
        let contig = reference.contig(id);
        let place = |at: u32| contig.offset + u64::from(at.min(contig.length));
        let spans = regions.of(id).iter();
        spans.map(move |span| place(span.start)..place(span.end))
    });
    let mask = Mask {
        name: proof.name.clone(),
        sha256: proof.digest.sha256.to_string(),
        bases: regions.bases(),
    };
    Ok((reference.masked(spans), mask, proof))
}
