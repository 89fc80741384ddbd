//! Reads BED (BED specification 1.0).

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;

use super::Regions;
use crate::decode::Decoder;
use crate::reference::{ContigId, Reference, UnknownContig};

/// Longest line: far beyond what is real.
const MAX_LINE: u64 = 1 << 20;

/// An error of a BED file, and where it is.
#[derive(Debug, thiserror::Error)]
#[error("{file}: line {line}: {kind}")]
pub struct BedError {
    /// The file's name as the caller gave it.
    pub file: String,
    /// Line, 1-based.
    pub line: u64,
    /// What is wrong.
    #[source]
    pub kind: BedErrorKind,
}

/// What can be wrong with a BED file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BedErrorKind {
    /// The file cannot be read or decompressed.
    #[error("cannot read on: {0}")]
    Read(#[source] io::Error),
    /// Too long to be a line of BED.
    #[error("the line is longer than 1 MiB: is this a BED file?")]
    LineTooLong,
    /// Too few or too many columns.
    #[error("{0} columns: BED has 3 to 12, contig, start and end first")]
    Columns(usize),
    /// A start or end that is no number.
    #[error("{0:?} is no position: expected a number from 0 on")]
    Position(String),
    /// An end before the start.
    #[error("the region ends at {end}, before its start {start}")]
    Backwards {
        /// Start.
        start: u32,
        /// End.
        end: u32,
    },
    /// A number of copies that is none.
    #[error("{0:?} in column 4 is no ploidy: expected 0, 1 or 2")]
    Ploidy(String),
    /// A contig that the reference does not have.
    #[error(transparent)]
    UnknownContig(#[from] UnknownContig),
    /// A region beyond the contig's end.
    #[error(
        "the region ends at {end}, but {name} has {length} bases: is the file for another reference?"
    )]
    BeyondEnd {
        /// The contig.
        name: String,
        /// End of the region.
        end: u32,
        /// Length of the contig.
        length: u32,
    },
}

/// Reads a BED file, compressed or not: tabs or spaces, 3 to 12 columns; comments, `track` and
/// `browser` lines are passed over. `file` is what errors call it.
///
/// # Errors
/// When the file cannot be read, a line is not valid, or a region is not of the reference.
pub fn read(file: &str, input: impl Read, reference: &Reference) -> Result<Regions, BedError> {
    let mut regions = Vec::new();
    read_each(file, input, reference, |contig, region, _| {
        regions.push((contig, region));
        Ok(())
    })?;
    Ok(Regions::new(regions))
}

/// Reads a BED file as [`read`] does, and gives each region to `each`, with what stands in the column
/// of names.
///
/// # Errors
/// As [`read`], and what `each` finds wrong.
pub fn read_each(
    file: &str,
    input: impl Read,
    reference: &Reference,
    mut each: impl FnMut(ContigId, Range<u32>, Option<&str>) -> Result<(), BedErrorKind>,
) -> Result<(), BedError> {
    let mut input = BufReader::new(Decoder::new(input));
    let names: BTreeMap<&str, ContigId> = (0..)
        .map(ContigId)
        .zip(reference.contigs())
        .map(|(id, contig)| (contig.name.as_str(), id))
        .collect();
    let (mut line, mut number) = (Vec::new(), 0);
    loop {
        line.clear();
        number += 1;
        let error = |kind| BedError {
            file: file.to_owned(),
            line: number,
            kind,
        };
        let count = (&mut input)
            .take(MAX_LINE)
            .read_until(b'\n', &mut line)
            .map_err(|source| error(BedErrorKind::Read(source)))?;
        match count as u64 {
            0 => return Ok(()),
            MAX_LINE => return Err(error(BedErrorKind::LineTooLong)),
            _ => {}
        }
        let text = String::from_utf8_lossy(&line);
        if let Some((contig, region, name)) =
            parse_line(text.trim_end(), reference, &names).map_err(error)?
        {
            each(contig, region, name).map_err(error)?;
        }
    }
}

/// A region, and what stands in the column of names.
type Line<'a> = (ContigId, Range<u32>, Option<&'a str>);

fn parse_line<'a>(
    line: &'a str,
    reference: &Reference,
    names: &BTreeMap<&str, ContigId>,
) -> Result<Option<Line<'a>>, BedErrorKind> {
    let columns: Vec<&str> = if line.contains('\t') {
        line.split('\t').collect()
    } else {
        line.split_ascii_whitespace().collect()
    };
    match columns.first() {
        None | Some(&("track" | "browser")) => return Ok(None),
        Some(first) if first.starts_with('#') => return Ok(None),
        // A track line may hold tabs behind its first words.
        Some(first) if first.starts_with("track ") || first.starts_with("browser ") => {
            return Ok(None);
        }
        Some(_) => {}
    }
    if !(3..=12).contains(&columns.len()) {
        return Err(BedErrorKind::Columns(columns.len()));
    }
    let position = |text: &str| {
        let text = text.trim();
        text.bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| text.parse::<u32>().ok())
            .flatten()
            .ok_or_else(|| BedErrorKind::Position(text.to_owned()))
    };
    let (start, end) = (position(columns[1])?, position(columns[2])?);
    let name = columns[0];
    let id = *names
        .get(name)
        .ok_or_else(|| UnknownContig::new(name, reference))?;
    let length = reference.contig(id).length;
    if end < start {
        return Err(BedErrorKind::Backwards { start, end });
    }
    if end > length {
        let name = name.to_owned();
        return Err(BedErrorKind::BeyondEnd { name, end, length });
    }
    Ok(Some((
        id,
        start..end,
        columns.get(3).map(|name| name.trim()),
    )))
}
