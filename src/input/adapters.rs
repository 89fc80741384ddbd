//! Adapters to be trimmed.

use std::path::Path;

use fafnir_attest::{InputProof, Verified};
use fafnir_io::{ContigId, fasta};

use crate::error::{Class, Error};

/// The sequences of a FASTA file, and proof of the file.
///
/// # Errors
///
/// A file that cannot be read or is no FASTA file.
pub fn read_adapters(path: &Path) -> Result<(Vec<Vec<u8>>, InputProof), Error> {
    let file = Verified::read(path, None)?.with_role("adapters");
    let name = path.display().to_string();
    let sequences = fasta::read(&name, file.get().as_slice())
        .map_err(|e| Error::from_source(Class::Input, e))?;
    let contigs = sequences.contigs().iter().enumerate();
    let adapters = contigs.map(|(i, contig)| {
        let mut codes = Vec::new();
        sequences.bases(ContigId(i as u32), 0..contig.length, &mut codes);
        let letters = codes.into_iter().map(|code| b"ACGTN"[usize::from(code)]);
        letters.collect()
    });
    Ok((adapters.collect(), file.proof().clone()))
}
