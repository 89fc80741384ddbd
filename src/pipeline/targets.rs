//! Where variants are called: a BED file or one region.

use std::{ops::Range, path::Path};

use fafnir_attest::{InputProof, Pending};
use fafnir_io::{
    ContigId, Reference,
    bed::{self, Regions},
};

use crate::error::{Class, Error};

/// Reads `targets`: the name of a BED file (plain or compressed), or a region as samtools writes
/// it, such as `chr20`, `chr20:1,000,000` (to the end) or `chr20:1,000,000-2,000,000` (1-based,
/// both ends in it). A file also gives a proof of what was read.
pub(super) fn open(
    targets: &Path,
    reference: &Reference,
) -> Result<(Regions, Option<InputProof>), Error> {
    let text = targets.to_string_lossy();
    if !targets.exists()
        && let Some((contig, span)) = region(&text, reference)?
    {
        return Ok((Regions::new([(contig, span)]), None));
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
        for wrong in ["chr1:0-5", "chr1:6-5", "chr1:11", "chr1:x-5"] {
            assert_eq!(parse(wrong).unwrap_err().class(), Class::Usage, "{wrong}");
        }
    }
}
