//! The index of a FASTA file that samtools calls `.fai` (`man 5 faidx`).

use std::fmt;

/// Where each contig lies in a FASTA file. Its text, by [`fmt::Display`], is the `.fai` file.
///
/// Offsets are of the uncompressed text. A reader of a BGZF file needs a `.gzi` beside it, which
/// this crate does not write; a file in plain gzip cannot be read at an offset at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fai {
    /// The contigs, in the file's order.
    pub entries: Vec<FaiEntry>,
}

/// A line of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaiEntry {
    /// Name of the contig.
    pub name: String,
    /// Bases.
    pub length: u64,
    /// Offset of the first base in the file.
    pub offset: u64,
    /// Bases on each line but the last.
    pub line_bases: u64,
    /// Bytes of each line but the last, with its end.
    pub line_width: u64,
}

impl fmt::Display for Fai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries.iter().try_for_each(|e| {
            writeln!(
                f,
                "{}\t{}\t{}\t{}\t{}",
                e.name, e.length, e.offset, e.line_bases, e.line_width
            )
        })
    }
}

/// Watches the lines of a file go by.
#[derive(Default)]
pub(super) struct Builder {
    fai: Fai,
    /// Bases and bytes of the current line.
    bases: u64,
    bytes: u64,
    /// A line of the current contig was blank or not as the first: it must be the last.
    last: bool,
    /// Line and contig where the first that is not even was found.
    uneven: Option<(u64, String)>,
}

impl Builder {
    /// A header has ended, and `offset` is behind its line.
    pub(super) fn start_contig(&mut self, name: &[u8], offset: u64) {
        self.last = false;
        self.fai.entries.push(FaiEntry {
            name: String::from_utf8_lossy(name).into_owned(),
            length: 0,
            offset,
            line_bases: 0,
            line_width: 0,
        });
    }

    /// Takes a piece of a line of sequence.
    pub(super) fn push(&mut self, bases: usize, bytes: usize) {
        self.bases += bases as u64;
        self.bytes += bytes as u64;
    }

    /// The line of sequence with this number, 1-based, has ended.
    pub(super) fn end_line(&mut self, number: u64) {
        let (bases, width) = (self.bases, self.bytes + 1);
        (self.bases, self.bytes) = (0, 0);
        let Some(entry) = self.fai.entries.last_mut() else {
            return;
        };
        if bases == 0 {
            self.last = true;
            return;
        }
        if entry.length == 0 {
            (entry.line_bases, entry.line_width) = (bases, width);
        }
        let longer = bases > entry.line_bases || width > entry.line_width;
        if self.uneven.is_none() && (self.last || longer) {
            self.uneven = Some((number, entry.name.clone()));
        }
        self.last |= bases < entry.line_bases || width < entry.line_width;
        entry.length += bases;
    }

    /// The index, or line and contig of the first line that no index can describe.
    pub(super) fn finish(self) -> Result<Fai, (u64, String)> {
        match self.uneven {
            Some(uneven) => Err(uneven),
            None => Ok(self.fai),
        }
    }
}
