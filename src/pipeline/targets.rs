//! Where variants are called: a BED file or one region.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use fafnir_attest::{InputProof, Pending};
use fafnir_io::{
    ContigId, Reference,
    bed::{self, Regions},
};

use crate::error::{Class, Error};

/// Reads all of `targets`, which may overlap, adds `padding` bases on both sides of each, and gives
/// proofs of the files among them; `None` where there are no targets, which means everywhere.
pub(super) fn open_all(
    targets: &[PathBuf],
    padding: u32,
    reference: &Reference,
) -> Result<(Option<Regions>, Vec<InputProof>), Error> {
    let (mut spans, mut proofs) = (Vec::new(), Vec::new());
    for one in targets {
        let (regions, proof) = open(one, reference)?;
        for contig in (0..reference.contigs().len() as u32).map(ContigId) {
            spans.extend(regions.of(contig).iter().map(|span| (contig, span.clone())));
        }
        proofs.extend(proof);
    }
    let regions = (!targets.is_empty()).then(|| Regions::new(spans).padded(padding, reference));
    Ok((regions, proofs))
}

/// Reads `targets`: the name of a BED file (plain or compressed), or a region as samtools writes
/// it, such as `chr20`, `chr20:1,000,000` (to the end) or `chr20:1,000,000-2,000,000` (1-based,
/// both ends in it). A file also gives a proof of what was read.
fn open(targets: &Path, reference: &Reference) -> Result<(Regions, Option<InputProof>), Error> {
    let text = targets.to_string_lossy();
    if !targets.exists() {
        return match region(&text, reference)? {
            Some(region) => Ok((Regions::new([region]), None)),
            None => Err(Error::usage(format!(
                "-L {text}: there is no such file, and the reference has no such contig{}",
                match reference.contigs().first() {
                    Some(first) => format!("; its first is {}", first.name),
                    None => String::new(),
                }
            ))),
        };
    }
    let mut input = Pending::open(targets, None)?.with_role("targets");
    let regions =
        bed::read(&text, &mut input, reference).map_err(|e| Error::from_source(Class::Input, e))?;
    Ok((regions, Some(input.finish()?)))
}

/// `None` for what names no contig, and so must be a file.
fn region(text: &str, reference: &Reference) -> Result<Option<(ContigId, Range<u32>)>, Error> {
    let whole = |contig: ContigId| (contig, 0..reference.contig(contig).length);
    if let Some(contig) = reference.find(text) {
        return Ok(Some(whole(contig)));
    }
    let Some((name, place)) = text.rsplit_once(':') else {
        return Ok(None);
    };
    let Some(contig) = reference.find(name) else {
        return Ok(None);
    };
    let wrong = |why: &str| {
        Error::usage(format!(
            "-L {text}: {why}; write a region as {name}:1,000-2,000 or name a BED file"
        ))
    };
    let number = |text: &str| {
        text.replace(',', "")
            .parse::<u32>()
            .map_err(|_| wrong(&format!("{text:?} is no position")))
    };
    let length = reference.contig(contig).length;
    let (start, end) = match place.split_once('-') {
        Some((start, end)) => (number(start)?, number(end)?.min(length)),
        None => (number(place)?, length),
    };
    if start == 0 {
        return Err(wrong("positions start at 1"));
    }
    if start > end {
        return Err(wrong(
            "it ends before its start, or starts beyond the contig's end",
        ));
    }
    Ok(Some((contig, start - 1..end)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use fafnir_io::fasta;

    use super::*;

    #[test]
    fn regions_as_samtools_writes_them() {
        let text = b">chr1\nACGTACGTAC\n>HLA:1\nACGT\n";
        let reference = fasta::read("ref.fa", &text[..]).unwrap();
        let parse = |text| region(text, &reference);
        assert_eq!(parse("chr1").unwrap(), Some((ContigId(0), 0..10)));
        assert_eq!(parse("chr1:3").unwrap(), Some((ContigId(0), 2..10)));
        assert_eq!(parse("chr1:3-5").unwrap(), Some((ContigId(0), 2..5)));
        assert_eq!(parse("chr1:3-5,000").unwrap(), Some((ContigId(0), 2..10)));
        assert_eq!(parse("HLA:1").unwrap(), Some((ContigId(1), 0..4)));
        assert_eq!(parse("HLA:1:2-2").unwrap(), Some((ContigId(1), 1..2)));
        assert_eq!(parse("targets.bed").unwrap(), None);
        assert_eq!(parse("chr9:1-2").unwrap(), None);
        let error = open(Path::new("chr9:1-2"), &reference).unwrap_err();
        assert!(error.to_string().contains("its first is chr1"), "{error}");
        let (regions, _) =
            open_all(&["chr1:1-4".into(), "chr1:3-6".into()], 0, &reference).unwrap();
        assert_eq!(regions.unwrap().bases(), 6);
        let (regions, _) = open_all(&["chr1:2-4".into()], 3, &reference).unwrap();
        assert_eq!(
            regions.unwrap().of(ContigId(0)),
            std::slice::from_ref(&(0..7))
        );
        assert!(open_all(&[], 5, &reference).unwrap().0.is_none());
        for wrong in ["chr1:0-5", "chr1:6-5", "chr1:11", "chr1:x-5"] {
            assert_eq!(parse(wrong).unwrap_err().class(), Class::Usage, "{wrong}");
        }
    }
}
