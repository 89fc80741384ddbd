//! Reads FASTA into a [`Reference`].

mod error;
mod fai;
mod packer;
#[cfg(test)]
mod tests;

pub use error::{FastaError, FastaErrorKind};
pub use fai::{Fai, FaiEntry};

use std::io::Read;

use crate::decode::Decoder;
use crate::reference::{Reference, Storage};
use packer::Packer;

/// Reads a whole FASTA file: plain, gzip or BGZF, any line width, CRLF, either case, IUPAC
/// letters. `file` is what errors call it.
///
/// # Errors
/// When the file cannot be read, and for an empty or repeated name, a name that SAM does not
/// allow, a contig without sequence or of more than 2^31 - 1 bases, and a character that is no
/// IUPAC letter.
pub fn read(file: &str, input: impl Read) -> Result<Reference, FastaError> {
    parse(file, input).map(|(reference, _)| reference)
}

/// As [`read`], and gives the file's index too: that of `samtools faidx` to the byte, on the way.
///
/// # Errors
/// Those of [`read`], and lines of different length within a contig, as no index can tell where
/// their bases are.
pub fn read_with_index(file: &str, input: impl Read) -> Result<(Reference, Fai), FastaError> {
    let (reference, index) = parse(file, input)?;
    let fai = index.finish().map_err(|(line, contig)| FastaError {
        file: file.to_owned(),
        line,
        kind: FastaErrorKind::Uneven(contig),
    })?;
    Ok((reference, fai))
}

fn parse(file: &str, input: impl Read) -> Result<(Reference, fai::Builder), FastaError> {
    let mut input = Decoder::new(input);
    let mut parser = Parser::default();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let count = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(source) => {
                return Err(parser.error(file, FastaErrorKind::Read(source)));
            }
        };
        parser
            .feed(&buffer[..count])
            .map_err(|kind| parser.error(file, kind))?;
    }
    parser.finish().map_err(|kind| parser.error(file, kind))?;
    let (contigs, words, unknown) = parser.packer.into_parts();
    let reference = Reference::new(contigs, Storage::Owned(words.into()), unknown);
    Ok((reference, parser.index))
}

/// What the current line is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Line {
    #[default]
    Start,
    Header,
    Sequence,
    /// White space behind a sequence: nothing else may follow on this line.
    Trailing,
}

#[derive(Default)]
struct Parser {
    packer: Packer,
    index: fai::Builder,
    line: Line,
    header: Vec<u8>,
    line_number: u64,
    /// Bytes before the current piece.
    offset: u64,
}

impl Parser {
    /// Takes the next piece of the file, which may end anywhere.
    fn feed(&mut self, piece: &[u8]) -> Result<(), FastaErrorKind> {
        let mut rest = piece;
        while let Some(first) = rest.first() {
            if self.line == Line::Start {
                self.line_number += 1;
                self.line = if *first == b'>' {
                    rest = &rest[1..];
                    self.header.clear();
                    Line::Header
                } else {
                    Line::Sequence
                };
            }
            let (line, ended) = match memchr::memchr(b'\n', rest) {
                Some(end) => (&rest[..end], true),
                None => (rest, false),
            };
            let at = self.offset + (piece.len() - rest.len()) as u64;
            match self.line {
                Line::Header => self.header.extend_from_slice(line),
                _ => self.sequence(line, at)?,
            }
            if ended {
                self.end_line(at + line.len() as u64 + 1)?;
            }
            rest = &rest[line.len() + usize::from(ended)..];
        }
        self.offset += piece.len() as u64;
        Ok(())
    }

    fn sequence(&mut self, line: &[u8], at: u64) -> Result<(), FastaErrorKind> {
        let text = line.trim_ascii_end();
        self.index.push(text.len(), line.len());
        let unexpected = |i: usize| FastaErrorKind::Character {
            byte: text[i],
            offset: at + i as u64,
        };
        if !text.is_empty() {
            if self.line == Line::Trailing {
                return Err(unexpected(0));
            }
            self.packer.push(text).map_err(|wrong| match wrong {
                packer::PushError::Character(i) => unexpected(i),
                packer::PushError::NoContig => FastaErrorKind::NoHeader { offset: at },
                packer::PushError::TooLong => FastaErrorKind::TooLong,
            })?;
        }
        if text.len() < line.len() {
            self.line = Line::Trailing;
        }
        Ok(())
    }

    /// Ends the line; `next` is the offset behind it.
    fn end_line(&mut self, next: u64) -> Result<(), FastaErrorKind> {
        if self.line == Line::Header {
            let name = self
                .header
                .split(|b| b.is_ascii_whitespace())
                .next()
                .unwrap_or_default();
            check_name(name)?;
            self.packer.end_contig()?;
            self.packer.start_contig(name)?;
            self.index.start_contig(name, next);
        } else {
            self.index.end_line(self.line_number);
        }
        self.line = Line::Start;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), FastaErrorKind> {
        if self.line != Line::Start {
            self.end_line(self.offset)?;
        }
        self.packer.end_contig()?;
        if self.packer.is_empty() {
            return Err(FastaErrorKind::Empty);
        }
        Ok(())
    }

    fn error(&self, file: &str, kind: FastaErrorKind) -> FastaError {
        FastaError {
            file: file.to_owned(),
            line: self.line_number,
            kind,
        }
    }
}

/// Names that SAM allows (SAM specification 1.6, section 1.2.1).
fn check_name(name: &[u8]) -> Result<(), FastaErrorKind> {
    if name.is_empty() {
        return Err(FastaErrorKind::EmptyName);
    }
    let allowed = |b: &u8| b.is_ascii_graphic() && !b"\\,\"'`()[]{}<>".contains(b);
    if name.iter().all(allowed) && !matches!(name[0], b'*' | b'=') {
        Ok(())
    } else {
        Err(FastaErrorKind::Name(
            String::from_utf8_lossy(name).into_owned(),
        ))
    }
}
