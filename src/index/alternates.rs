//! Which contigs are ALT ones: other versions of places of the primary assembly.

use std::{ffi::OsString, path::Path};

use fafnir_attest::{InputProof, Verified};
use fafnir_io::{ContigId, Reference};

use crate::{error::Error, progress::Progress};

/// The ALT contigs of a reference: those that `list` names, a file as bwa's `.alt`, else those that
/// `REF.fa.alt` beside the FASTA file names, else those whose names tell. Gives proof of the file.
pub(super) fn find(
    reference: &Reference,
    fasta: &Path,
    list: Option<&Path>,
) -> Result<(Vec<ContigId>, Option<InputProof>), Error> {
    let beside = beside(fasta);
    let list = list.or_else(|| beside.exists().then_some(&*beside));
    let Some(list) = list else {
        return Ok((select(reference, is_alternate), None));
    };
    let file = Verified::read(list, None)?.with_role("ALT contigs");
    let text = String::from_utf8_lossy(file.get());
    // Lines are SAM's: a name first, headers with @.
    let names: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('@'))
        .filter_map(|line| line.split_ascii_whitespace().next())
        .collect();
    let found = select(reference, |name| names.contains(&name));
    if found.is_empty() && !names.is_empty() {
        return Err(Error::input(format!(
            "{}: the reference has none of its {} contigs, the first of which is {}: is the file \
             for another reference?",
            list.display(),
            names.len(),
            names[0]
        )));
    }
    Ok((found, Some(file.proof().clone())))
}

/// Where bwa looks for the list.
pub(super) fn beside(fasta: &Path) -> std::path::PathBuf {
    let mut name = OsString::from(fasta);
    name.push(".alt");
    name.into()
}

/// Tells what was found, and warns of ALT contigs that are not masked.
pub(super) fn report(
    reference: &Reference,
    alternates: &[ContigId],
    masked: bool,
    progress: &dyn Progress,
) {
    let decoys = select(reference, is_decoy).len();
    if decoys > 0 {
        progress.note(&format!("{decoys} contigs are decoys by their names"));
    }
    let Some(first) = alternates.first() else {
        return;
    };
    let found = format!(
        "{} contigs are ALT contigs, such as {}",
        alternates.len(),
        reference.contig(*first).name
    );
    if masked {
        progress.note(&found);
    } else {
        progress.warn(&format!(
            "{found}, and nothing is masked: a read that fits both is placed on the primary \
             assembly, but evidence on ALT contigs is lost to calls; mask their copies with \
             --mask-bed, or take a reference without them"
        ));
    }
}

fn select(reference: &Reference, wanted: impl Fn(&str) -> bool) -> Vec<ContigId> {
    let ids = (0..reference.contigs().len() as u32).map(ContigId);
    ids.filter(|id| wanted(&reference.contig(*id).name))
        .collect()
}

/// Names of GRCh38's analysis sets.
fn is_alternate(name: &str) -> bool {
    name.ends_with("_alt") || name.starts_with("HLA-")
}

/// Names of GRCh38's analysis sets and of hs37d5.
fn is_decoy(name: &str) -> bool {
    name.ends_with("_decoy") || name == "hs37d5"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_hg38_tell() {
        for name in ["chr1_KI270762v1_alt", "HLA-A*01:01:01:01"] {
            assert!(is_alternate(name) && !is_decoy(name), "{name}");
        }
        for name in ["chrUn_KN707606v1_decoy", "hs37d5"] {
            assert!(is_decoy(name) && !is_alternate(name), "{name}");
        }
        for name in [
            "chr1",
            "chr1_KI270706v1_random",
            "chrEBV",
            "chrUn_KI270302v1",
        ] {
            assert!(!is_decoy(name) && !is_alternate(name), "{name}");
        }
    }
}
