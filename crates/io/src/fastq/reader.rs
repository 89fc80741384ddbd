//! Parses one FASTQ file.

use std::io::Read;

use memchr::memchr;

use super::{FastqError, FastqErrorKind};
use crate::decode::Decoder;
use crate::name::{forbidden_byte, without_mate_number};
use crate::reads::Reads;

/// Most bytes of a read's name: BAM's limit.
pub const MAX_NAME: usize = 254;
/// Most bases of a read.
pub const MAX_READ: usize = 65_535;
/// A record must fit: two lines of [`MAX_READ`] bytes and generous comments.
const CAPACITY: usize = 1 << 18;

/// Reads the records of one FASTQ file.
pub struct FastqReader<R> {
    file: String,
    input: Decoder<R>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    /// Offset of `buffer[start]` in the uncompressed file.
    offset: u64,
    /// Records before `buffer[start]`.
    records: u64,
    mate: Option<u8>,
}

/// A kind of error, the line of the record (0 to 3) and the offset from the record's start.
type Wrong = (FastqErrorKind, u64, usize);

/// The lines of a record, without line ends.
struct Lines<'a> {
    header: &'a [u8],
    bases: &'a [u8],
    plus: &'a [u8],
    qualities: &'a [u8],
    /// Where the lines start, and where the next record does.
    starts: [usize; 5],
}

impl<R: Read> FastqReader<R> {
    /// Reads `input`, which stands at its first byte; `file` is what errors call it.
    pub fn new(file: impl Into<String>, input: R) -> Self {
        Self {
            file: file.into(),
            input: Decoder::new(input),
            buffer: vec![0; CAPACITY],
            start: 0,
            end: 0,
            at_end: false,
            offset: 0,
            records: 0,
            mate: None,
        }
    }

    /// What errors call the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Number of records read.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Which end the first record says it is: by `/1`, `/2`, or a comment like `1:N:0:ACGT`.
    pub fn mate(&self) -> Option<u8> {
        self.mate
    }

    /// The underlying reader.
    pub fn into_inner(self) -> R {
        self.input.into_inner()
    }

    /// Appends the next record to `reads`; `false` at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read or the record is not valid; `reads` is then unchanged.
    pub fn read(&mut self, reads: &mut Reads) -> Result<bool, FastqError> {
        loop {
            let data = &self.buffer[self.start..self.end];
            match find_lines(data, self.at_end).and_then(|lines| match lines {
                Some(lines) => take(&lines, reads).map(|()| Some(lines)),
                None => Ok(None),
            }) {
                Ok(Some(lines)) => {
                    let next = lines.starts[4];
                    if self.records == 0 {
                        self.mate = mate_of(lines.header);
                    }
                    self.start += next;
                    self.offset += next as u64;
                    self.records += 1;
                    return Ok(true);
                }
                Ok(None) if self.at_end => return Ok(false),
                Ok(None) => self.refill()?,
                Err(wrong) => return Err(self.error(wrong)),
            }
        }
    }

    /// Appends at most `limit` records to `reads`; fewer only at the end of the file.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_many(&mut self, reads: &mut Reads, limit: usize) -> Result<(), FastqError> {
        for _ in 0..limit {
            if !self.read(reads)? {
                break;
            }
        }
        Ok(())
    }

    /// An error of the record behind the last one read.
    pub(super) fn error(&self, (kind, line, offset): Wrong) -> FastqError {
        FastqError {
            file: self.file.clone(),
            record: self.records + 1,
            line: self.records * 4 + line + 1,
            offset: self.offset + offset as u64,
            kind,
        }
    }

    fn refill(&mut self) -> Result<(), FastqError> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            let lines = memchr::memchr_iter(b'\n', &self.buffer).count();
            let kind = match lines {
                0 => FastqErrorKind::NameTooLong(self.end),
                _ => FastqErrorKind::ReadTooLong,
            };
            return Err(self.error((kind, lines as u64, 0)));
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_end = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    let lines = memchr::memchr_iter(b'\n', &self.buffer[..self.end]).count();
                    let at = self.end;
                    return Err(self.error((FastqErrorKind::Read(error), lines as u64, at)));
                }
            }
            return Ok(());
        }
    }
}

/// Finds the four lines at the start of `data`; `None` when they do not all lie there yet, or, at
/// the end of the file, when nothing but empty lines is left.
fn find_lines(data: &[u8], at_end: bool) -> Result<Option<Lines<'_>>, Wrong> {
    match data.first() {
        None => return Ok(None),
        Some(b'@') => {}
        Some(b'\n' | b'\r') if data.iter().all(|b| matches!(b, b'\n' | b'\r')) => {
            return Ok(None);
        }
        Some(other) => return Err((FastqErrorKind::Header(*other), 0, 0)),
    }
    let mut starts = [0; 5];
    let mut lines = [&data[..0]; 4];
    for i in 0..4 {
        let rest = &data[starts[i]..];
        let length = match memchr(b'\n', rest) {
            Some(length) => {
                starts[i + 1] = starts[i] + length + 1;
                length
            }
            None if !at_end => return Ok(None),
            None if i == 3 => {
                starts[4] = data.len();
                rest.len()
            }
            None => return Err((FastqErrorKind::Truncated, i as u64, data.len())),
        };
        lines[i] = rest[..length]
            .strip_suffix(b"\r")
            .unwrap_or(&rest[..length]);
    }
    let [header, bases, plus, qualities] = lines;
    if starts[4] == data.len() && at_end && !data.ends_with(b"\n") && qualities.len() < bases.len()
    {
        return Err((FastqErrorKind::Truncated, 3, data.len()));
    }
    Ok(Some(Lines {
        header,
        bases,
        plus,
        qualities,
        starts,
    }))
}

/// Checks a record and appends it.
fn take(lines: &Lines<'_>, reads: &mut Reads) -> Result<(), Wrong> {
    let name = checked_name(lines.header).map_err(|(kind, at)| (kind, 0, at))?;
    if lines.plus.first() != Some(&b'+') {
        return Err((FastqErrorKind::Plus, 2, lines.starts[2]));
    }
    let (bases, qualities) = (lines.bases, lines.qualities);
    if bases.len() > MAX_READ {
        return Err((FastqErrorKind::ReadTooLong, 1, lines.starts[1]));
    }
    if bases.len() != qualities.len() {
        let kind = FastqErrorKind::QualityLength {
            bases: bases.len(),
            qualities: qualities.len(),
        };
        return Err((kind, 3, lines.starts[3]));
    }
    if let Some(i) = first_bad_quality(qualities) {
        return Err((
            FastqErrorKind::Quality(qualities[i]),
            3,
            lines.starts[3] + i,
        ));
    }
    if are_plain_bases(bases) {
        reads.push_encoded(name, bases, qualities, |bases| bases);
    } else if let Some(i) = bases.iter().position(|b| BASE[*b as usize] == 0) {
        return Err((FastqErrorKind::Base(bases[i]), 1, lines.starts[1] + i));
    } else {
        reads.push_encoded(name, bases, qualities, |base| BASE[base as usize]);
    }
    Ok(())
}

/// The name of the read that a header line of FASTQ begins: what follows `@`, up to the first white
/// space, without `/1` or `/2`.
///
/// # Errors
/// A name that is empty or that BAM cannot hold.
pub fn read_name(header: &[u8]) -> Result<&[u8], FastqErrorKind> {
    checked_name(header).map_err(|(kind, _)| kind)
}

/// As [`read_name`]; errors have the offset in the line.
fn checked_name(header: &[u8]) -> Result<&[u8], (FastqErrorKind, usize)> {
    let name = name_of(header);
    if name.is_empty() {
        return Err((FastqErrorKind::EmptyName, 1));
    }
    if name.len() > MAX_NAME {
        return Err((FastqErrorKind::NameTooLong(name.len()), 1));
    }
    if let Some(wrong) = forbidden_byte(name) {
        return Err((FastqErrorKind::NameByte(name[wrong]), 1 + wrong));
    }
    Ok(name)
}

/// The name in a header line: up to the first white space, without `/1` or `/2`.
fn name_of(header: &[u8]) -> &[u8] {
    let text = header.get(1..).unwrap_or_default();
    let end = text
        .iter()
        .position(|b| matches!(b, b' ' | b'\t'))
        .unwrap_or(text.len());
    without_mate_number(&text[..end])
}

fn mate_of(header: &[u8]) -> Option<u8> {
    let mut words = header.split(|b| matches!(b, b' ' | b'\t'));
    match (words.next(), words.next()) {
        (Some([.., b'/', mate @ (b'1' | b'2')]), _) => Some(mate - b'0'),
        (_, Some([mate @ (b'1' | b'2'), b':', ..])) => Some(mate - b'0'),
        _ => None,
    }
}

fn first_bad_quality(qualities: &[u8]) -> Option<usize> {
    // Without a branch in the loop, so that it compiles to vector instructions.
    let bad = |q: &u8| q.wrapping_sub(b'!') > b'~' - b'!';
    if qualities.iter().fold(false, |any, q| any | bad(q)) {
        qualities.iter().position(bad)
    } else {
        None
    }
}

fn are_plain_bases(bases: &[u8]) -> bool {
    bases.iter().fold(true, |ok, b| {
        ok & ((*b == b'A') | (*b == b'C') | (*b == b'G') | (*b == b'T') | (*b == b'N'))
    })
}

/// Upper-case base for each byte that may stand in a sequence; 0 for the others.
const BASE: [u8; 256] = {
    let mut table = [0; 256];
    let letters = b"ACGTNRYSWKMBDHV";
    let mut i = 0;
    while i < letters.len() {
        table[letters[i] as usize] = letters[i];
        table[letters[i].to_ascii_lowercase() as usize] = letters[i];
        i += 1;
    }
    table[b'.' as usize] = b'N';
    // RNA letter.
    table[b'U' as usize] = b'T';
    table[b'u' as usize] = b'T';
    table
};
