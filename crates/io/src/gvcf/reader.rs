//! Reads a gVCF file, record after record.

use std::io::{BufRead, BufReader, Read};

use super::line::LineParser;
use super::{GvcfError, GvcfErrorKind, GvcfRecord, header};
use crate::decode::Decoder;
use crate::reference::{ContigId, Reference};

/// Longest line: far beyond what is real.
const MAX_LINE: u64 = 1 << 28;
/// Uncompressed bytes that a reader holds beside the current block and line.
const BUFFER: usize = 1 << 13;

/// Reads the records of a gVCF file, plain or compressed, and holds each against the reference:
/// contigs, lengths, bases and order. Its memory is small, so that thousands may be open.
pub struct GvcfReader<R> {
    file: String,
    input: BufReader<Decoder<R>>,
    samples: Vec<String>,
    parser: LineParser,
    text: Vec<u8>,
    line: u64,
    offset: u64,
    /// Bytes of the line, with its end.
    taken: u64,
    last: Option<(ContigId, u32)>,
}

impl<R: Read> GvcfReader<R> {
    /// Reads the header; `file` is what errors call the file.
    ///
    /// # Errors
    /// When the file cannot be read, is no VCF, has no samples, or is of another reference.
    pub fn new(
        file: impl Into<String>,
        input: R,
        reference: &Reference,
    ) -> Result<Self, GvcfError> {
        let mut reader = Self {
            file: file.into(),
            input: BufReader::with_capacity(BUFFER, Decoder::small(input)),
            samples: Vec::new(),
            parser: LineParser::default(),
            text: Vec::new(),
            line: 0,
            offset: 0,
            taken: 0,
            last: None,
        };
        match reader.header(reference) {
            Ok(()) => Ok(reader),
            Err(kind) => Err(reader.error(kind)),
        }
    }

    /// Names of the samples.
    pub fn samples(&self) -> &[String] {
        &self.samples
    }

    /// What errors call the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The underlying reader.
    pub fn into_inner(self) -> R {
        self.input.into_inner().into_inner()
    }

    /// Replaces what is in `record` by the next record; `false` at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read or is truncated, or the record is not valid, not of the
    /// reference, or not in its order.
    pub fn read(
        &mut self,
        reference: &Reference,
        record: &mut GvcfRecord,
    ) -> Result<bool, GvcfError> {
        match self.try_read(reference, record) {
            Ok(more) => Ok(more),
            Err(kind) => Err(self.error(kind)),
        }
    }

    fn try_read(
        &mut self,
        reference: &Reference,
        record: &mut GvcfRecord,
    ) -> Result<bool, GvcfErrorKind> {
        if !self.next_line()? {
            return Ok(false);
        }
        self.parser
            .parse(&self.text, self.samples.len(), reference, record)?;
        let place = (record.contig, record.position);
        if let Some(last) = self.last.filter(|last| *last > place) {
            let name = &reference.contig(last.0).name;
            return Err(GvcfErrorKind::NotSorted(format!("{name}:{}", last.1 + 1)));
        }
        self.last = Some(place);
        Ok(true)
    }

    fn header(&mut self, reference: &Reference) -> Result<(), GvcfErrorKind> {
        if !self.next_line()? || !self.text.starts_with(b"##fileformat=VCF") {
            return Err(GvcfErrorKind::Format);
        }
        loop {
            if !self.next_line()? {
                return Err(GvcfErrorKind::Samples);
            }
            let text = String::from_utf8_lossy(&self.text);
            if text.starts_with("##contig=") {
                header::check_contig(&text, reference)?;
            } else if text.starts_with("#CHROM\t") {
                self.samples = header::samples(&text)?;
                return Ok(());
            } else if !text.starts_with("##") {
                return Err(GvcfErrorKind::Samples);
            }
        }
    }

    /// Reads a line, without its end, into `self.text`.
    fn next_line(&mut self) -> Result<bool, GvcfErrorKind> {
        self.offset += self.taken;
        self.line += 1;
        self.text.clear();
        let mut line = (&mut self.input).take(MAX_LINE);
        let count = line.read_until(b'\n', &mut self.text)?;
        self.taken = count as u64;
        if count == 0 {
            return match self.input.get_ref().lacks_end() {
                true => Err(GvcfErrorKind::Truncated("the end-of-file block of BGZF")),
                false => Ok(false),
            };
        }
        match self.text.last() {
            Some(b'\n') => {
                self.text.pop();
            }
            _ if count as u64 == MAX_LINE => return Err(GvcfErrorKind::LineTooLong),
            _ => return Err(GvcfErrorKind::Truncated("the end of the line")),
        }
        if self.text.last() == Some(&b'\r') {
            self.text.pop();
        }
        Ok(true)
    }

    fn error(&self, kind: GvcfErrorKind) -> GvcfError {
        let mut columns = self.text.split(|b| *b == b'\t');
        let place = match (columns.next(), columns.next()) {
            (Some(contig), Some(position)) if !contig.starts_with(b"#") => {
                let shown =
                    |text: &[u8]| String::from_utf8_lossy(&text[..text.len().min(50)]).into_owned();
                Some(format!("{}:{}", shown(contig), shown(position)))
            }
            _ => None,
        };
        GvcfError {
            file: self.file.clone(),
            line: self.line,
            offset: self.offset,
            place,
            kind,
        }
    }
}
