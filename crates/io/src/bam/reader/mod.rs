//! Reads a BAM file, record after record.

mod error;
#[cfg(test)]
mod tests;
mod validate;

pub use error::{BamError, BamErrorKind};
pub use validate::{RecordError, validate};

use std::io::{self, BufRead, Read, Seek};

use super::RecordView;
use super::header::{Header, HeaderContig};
use crate::bgzf::{self, VirtualOffset};

/// Most bytes of a record or of a header's text: far beyond what is real.
const MAX_SIZE: u32 = 1 << 28;

/// Reads the records of a BAM file and validates each, so that [`RecordView`] can be used on it.
pub struct BamReader<R> {
    file: String,
    input: bgzf::Reader<R>,
    header: Header,
    records: u64,
    sorted: bool,
    last: (u32, i32),
}

impl<R: Read> BamReader<R> {
    /// Reads the header; `file` is what errors call the file.
    ///
    /// # Errors
    /// When the file cannot be read, is no BAM file, or its header is not valid.
    pub fn new(file: impl Into<String>, input: R) -> Result<Self, BamError> {
        let mut input = bgzf::Reader::new(input);
        let file = file.into();
        match read_header(&mut input) {
            Ok(header) => Ok(Self {
                file,
                input,
                header,
                records: 0,
                sorted: false,
                last: (0, -1),
            }),
            Err(kind) => Err(BamError {
                file,
                record: 0,
                offset: input.virtual_offset(),
                kind,
            }),
        }
    }

    /// From here on a record that is not in coordinate order is an error.
    pub fn require_sorted(&mut self) {
        self.sorted = true;
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Number of records read.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The place of the next record.
    pub fn virtual_offset(&self) -> VirtualOffset {
        self.input.virtual_offset()
    }

    /// The underlying reader.
    pub fn into_inner(self) -> R {
        self.input.into_inner()
    }

    /// Replaces what is in `record` by the next record, without `block_size`; `false` at the end
    /// of the file.
    ///
    /// # Errors
    /// When the file cannot be read, or the record is not valid or not in order.
    pub fn read(&mut self, record: &mut Vec<u8>) -> Result<bool, BamError> {
        record.clear();
        let offset = self.input.virtual_offset();
        match self.try_read(record) {
            Ok(more) => {
                self.records += u64::from(more);
                Ok(more)
            }
            Err(kind) => Err(BamError {
                file: self.file.clone(),
                record: self.records + 1,
                offset,
                kind,
            }),
        }
    }

    fn try_read(&mut self, record: &mut Vec<u8>) -> Result<bool, BamErrorKind> {
        if self.input.fill_buf()?.is_empty() {
            return Ok(false);
        }
        let size = read_u32(&mut self.input)?;
        if !(32..=MAX_SIZE).contains(&size) {
            return Err(BamErrorKind::Size(size));
        }
        read_exactly(&mut self.input, size, record)?;
        validate(record, &self.header.contigs)?;
        if self.sorted {
            let view = RecordView::new(record);
            // Unplaced reads, with contig -1, come last.
            let key = (view.contig() as u32, view.position());
            if key < self.last {
                return Err(BamErrorKind::NotSorted);
            }
            self.last = key;
        }
        Ok(true)
    }
}

impl<R: Read + Seek> BamReader<R> {
    /// Goes on with the record at `to`, which an index gave.
    ///
    /// # Errors
    /// When there is nothing at that place.
    pub fn seek(&mut self, to: VirtualOffset) -> Result<(), BamError> {
        self.last = (0, -1);
        self.input.seek(to).map_err(|error| BamError {
            file: self.file.clone(),
            record: self.records,
            offset: to,
            kind: error.into(),
        })
    }
}

fn read_header(input: &mut impl Read) -> Result<Header, BamErrorKind> {
    let mut magic = [0; 4];
    input.read_exact(&mut magic)?;
    if magic != *b"BAM\x01" {
        return Err(BamErrorKind::Magic);
    }
    let mut bytes = Vec::new();
    let length = read_u32(input)?;
    if length > MAX_SIZE {
        return Err(BamErrorKind::HeaderSize);
    }
    read_exactly(input, length, &mut bytes)?;
    // Some writers pad the text with NUL.
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    let text = std::str::from_utf8(&bytes[..end]).map_err(|_| BamErrorKind::HeaderText)?;
    let mut header = Header::parse(text)?;
    let listed = std::mem::take(&mut header.contigs);
    for number in 0..read_u32(input)? {
        let size = read_u32(input)?;
        if !(2..=1 << 16).contains(&size) {
            return Err(BamErrorKind::Contig(number));
        }
        bytes.clear();
        read_exactly(input, size, &mut bytes)?;
        let name = bytes
            .strip_suffix(b"\0")
            .and_then(|name| String::from_utf8(name.to_vec()).ok())
            .ok_or(BamErrorKind::Contig(number))?;
        let length = read_u32(input)?;
        if !(1..=0x7fff_ffff).contains(&length) {
            return Err(BamErrorKind::Contig(number));
        }
        let contig = match listed.get(number as usize) {
            Some(contig) if contig.name == name && contig.length == length => contig.clone(),
            // The text may leave out contigs altogether, but not name others.
            None if listed.is_empty() => HeaderContig {
                name,
                length,
                md5: None,
            },
            _ => return Err(BamErrorKind::Contig(number)),
        };
        header.contigs.push(contig);
    }
    if header.contigs.len() < listed.len() {
        return Err(BamErrorKind::Contig(header.contigs.len() as u32));
    }
    Ok(header)
}

fn read_u32(input: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    input.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

/// Appends `size` bytes to `out`; memory grows with what is really there, not with the claim.
fn read_exactly(input: &mut impl Read, size: u32, out: &mut Vec<u8>) -> io::Result<()> {
    match input.take(size.into()).read_to_end(out)? {
        count if count == size as usize => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
