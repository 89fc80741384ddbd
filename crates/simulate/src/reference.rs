//! A reference in memory, and FASTA.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::ops::Range;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::{Error, Result};

/// Bases on a line of FASTA.
pub(crate) const COLUMNS: usize = 60;

/// A named sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contig {
    /// The name, up to the first blank of the FASTA header.
    pub name: String,
    /// ASCII letters; lower case is soft-masked.
    pub sequence: Vec<u8>,
}

/// Contigs in the order of their file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// The contigs; names are unique.
    pub contigs: Vec<Contig>,
}

impl Reference {
    /// Reads FASTA, plain or gzipped.
    ///
    /// # Errors
    /// A file that cannot be read, bases before the first header, an empty or repeated name, letters that are not
    /// IUPAC bases.
    pub fn read_fasta(path: &Path) -> Result<Self> {
        let mut reader = open(path)?;
        let (mut contigs, mut names) = (Vec::<Contig>::new(), BTreeSet::new());
        let (mut line, mut number) = (Vec::new(), 0);
        loop {
            line.clear();
            if reader
                .read_until(b'\n', &mut line)
                .map_err(Error::io(path))?
                == 0
            {
                break;
            }
            number += 1;
            let text = line.trim_ascii_end();
            if let Some(header) = text.strip_prefix(b">") {
                let header = String::from_utf8_lossy(header);
                let name = header
                    .split_ascii_whitespace()
                    .next()
                    .unwrap_or_default()
                    .to_string();
                if name.is_empty() {
                    return Err(Error::parse(path, number, "header without a name"));
                }
                if !names.insert(name.clone()) {
                    return Err(Error::parse(
                        path,
                        number,
                        format!("the name {name} occurs twice; rename one"),
                    ));
                }
                contigs.push(Contig {
                    name,
                    sequence: Vec::new(),
                });
            } else if let Some(contig) = contigs.last_mut() {
                if let Some(bad) = text.iter().find(|&&base| !LETTERS[usize::from(base)]) {
                    let message = format!("'{}' is not a base", bad.escape_ascii());
                    return Err(Error::parse(path, number, message));
                }
                contig.sequence.extend_from_slice(text);
            } else if !text.is_empty() {
                return Err(Error::parse(
                    path,
                    number,
                    "bases before the first '>' header",
                ));
            }
        }
        Ok(Self { contigs })
    }

    /// Writes FASTA of 60 columns.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_fasta(&self, mut out: impl Write) -> io::Result<()> {
        for contig in &self.contigs {
            writeln!(out, ">{}", contig.name)?;
            for line in contig.sequence.chunks(COLUMNS) {
                out.write_all(line)?;
                out.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    /// Writes a BED of everything that is not N: the confident regions of a simulated truth.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_known_bed(&self, mut out: impl Write) -> io::Result<()> {
        for contig in &self.contigs {
            for range in known_ranges(&contig.sequence) {
                writeln!(out, "{}\t{}\t{}", contig.name, range.start, range.end)?;
            }
        }
        Ok(())
    }

    /// The number of each contig, by its name.
    pub(crate) fn numbers(&self) -> BTreeMap<&str, usize> {
        self.contigs
            .iter()
            .enumerate()
            .map(|(number, contig)| (contig.name.as_str(), number))
            .collect()
    }
}

/// Maximal runs of A, C, G and T.
pub(crate) fn known_ranges(sequence: &[u8]) -> Vec<Range<usize>> {
    let (mut ranges, mut start) = (Vec::new(), None);
    for (position, &base) in sequence.iter().enumerate() {
        match (is_known(base), start) {
            (true, None) => start = Some(position),
            (false, Some(from)) => {
                ranges.push(from..position);
                start = None;
            }
            _ => {}
        }
    }
    ranges.extend(start.map(|from| from..sequence.len()));
    ranges
}

/// Tables, for these are asked of every base of a genome or of every fragment.
const KNOWN: [bool; 256] = set(b"ACGTacgt");
const LETTERS: [bool; 256] = set(b"ACGTUNRYSWKMBDHVacgtunryswkmbdhv");

const fn set(members: &[u8]) -> [bool; 256] {
    let mut set = [false; 256];
    let mut index = 0;
    while index < members.len() {
        set[members[index] as usize] = true;
        index += 1;
    }
    set
}

const COMPLEMENT: [u8; 256] = {
    let mut complement = [0; 256];
    let mut index = 0;
    while index < 256 {
        complement[index] = index as u8;
        index += 1;
    }
    index = 0;
    while index < 8 {
        complement[b"ACGTacgt"[index] as usize] = b"TGCAtgca"[index];
        index += 1;
    }
    complement
};

#[inline]
pub(crate) fn is_known(base: u8) -> bool {
    KNOWN[usize::from(base)]
}

/// Of A, C, G and T, in their case; all else is its own.
#[inline]
pub(crate) fn complement(base: u8) -> u8 {
    COMPLEMENT[usize::from(base)]
}

pub(crate) fn reverse_complement(sequence: &mut [u8]) {
    sequence.reverse();
    sequence
        .iter_mut()
        .for_each(|base| *base = complement(*base));
}

/// Opens a text file, decompressing it where it is gzip.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    let mut file = File::open(path).map_err(Error::io(path))?;
    let mut magic = [0; 2];
    let mut found = 0;
    while found < 2 {
        match file.read(&mut magic[found..]).map_err(Error::io(path))? {
            0 => break,
            more => found += more,
        }
    }
    let whole = io::Cursor::new(magic).take(found as u64).chain(file);
    Ok(if magic == [0x1f, 0x8b] {
        Box::new(BufReader::with_capacity(
            1 << 18,
            MultiGzDecoder::new(whole),
        ))
    } else {
        Box::new(BufReader::with_capacity(1 << 18, whole))
    })
}
