//! Reads CRAM files (CRAM specification 3.0 and 3.1), decoded by noodles, as records of BAM.
//!
//! Only what needs no reference: unaligned files, and such as hold or leave out theirs.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use noodles_cram::io::{Reader, reader::Container};
use noodles_fasta::{Record, Repository, repository::Adapter};
use noodles_sam::alignment::io::Write as _;

use crate::bam::header::{Header, HeaderError};
use crate::bam::{RecordError, Records, validate};

/// An error of a CRAM file, and where it is.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {kind}, behind record {records}")]
pub struct CramError {
    /// The file's name as the caller gave it.
    pub file: String,
    /// Records that were read before.
    pub records: u64,
    /// What is wrong.
    #[source]
    pub kind: CramErrorKind,
}

/// What can be wrong with a CRAM file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CramErrorKind {
    /// The file cannot be read or decoded, or ends too early.
    #[error("cannot read on: {0}")]
    Read(#[from] io::Error),
    /// Not a CRAM file.
    #[error("the file does not start like CRAM")]
    Magic,
    /// A header that is none of SAM.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A record that cannot stand in a BAM file.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Bytes of the container that ends a file, behind its header (section 9).
const END_LENGTH: usize = 15;
/// Most bytes of a header's text.
const MAX_HEADER: u64 = 1 << 28;

/// Reads the records of a CRAM file.
pub struct CramReader<R> {
    file: String,
    input: Reader<R>,
    header: Header,
    /// The same for the decoder.
    decoder_header: noodles_sam::Header,
    references: Repository,
    container: Container,
    /// Records of the container, as in a BAM file.
    decoded: Vec<u8>,
    /// How many bytes of them were handed out.
    taken: usize,
    records: u64,
    /// The container that ends the file was read.
    ended: bool,
}

impl<R: Read> CramReader<R> {
    /// Reads the header; `file` is what errors call the file.
    ///
    /// # Errors
    /// When the file cannot be read, is no CRAM file, or its header is not valid.
    pub fn new(file: impl Into<String>, input: R) -> Result<Self, CramError> {
        let file = file.into();
        let mut input = Reader::new(input);
        match read_header(&mut input) {
            Ok((header, decoder_header)) => Ok(Self {
                file,
                input,
                header,
                decoder_header,
                references: Repository::new(NoReference),
                container: Container::default(),
                decoded: Vec::new(),
                taken: 0,
                records: 0,
                ended: false,
            }),
            Err(kind) => Err(CramError {
                file,
                records: 0,
                kind,
            }),
        }
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Number of records read.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The underlying reader.
    pub fn into_inner(self) -> R {
        self.input.into_inner()
    }

    /// Replaces what is in `record` by the next record as in a BAM file, without `block_size`;
    /// `false` at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read, or a record needs a reference or is not valid.
    pub fn read(&mut self, record: &mut Vec<u8>) -> Result<bool, CramError> {
        record.clear();
        let next = self.try_read(record);
        let next = next.map_err(|kind| CramError {
            file: self.file.clone(),
            records: self.records,
            kind,
        })?;
        self.records += u64::from(next);
        Ok(next)
    }

    fn try_read(&mut self, record: &mut Vec<u8>) -> Result<bool, CramErrorKind> {
        while self.taken == self.decoded.len() {
            if self.ended {
                return Ok(false);
            }
            match self.input.read_container(&mut self.container)? {
                0 => self.end()?,
                length => self.decode(length)?,
            }
        }
        let Some(next) = Records::new(&self.decoded[self.taken..]).next() else {
            return Err(invalid("a record is cut short").into());
        };
        validate(next.as_bytes(), &self.header.contigs)?;
        record.extend_from_slice(next.as_bytes());
        self.taken += 4 + record.len();
        Ok(true)
    }

    /// Reads what is left of the container that ends the file: nothing may follow it.
    fn end(&mut self) -> io::Result<()> {
        self.ended = true;
        let mut rest = [0; END_LENGTH + 1];
        let mut length = 0;
        while length < rest.len() {
            match self.input.get_mut().read(&mut rest[length..])? {
                0 => break,
                read => length += read,
            }
        }
        if length == END_LENGTH {
            return Ok(());
        }
        Err(invalid("the file does not end where it says it does"))
    }

    /// Decodes the container, of `length` bytes behind its header. The decoder does not look at
    /// everything that it relies on, so a panic of it is an error of the file.
    fn decode(&mut self, length: usize) -> io::Result<()> {
        let landmarks = self.container.header().landmarks();
        if !landmarks.is_sorted() || landmarks.last().is_some_and(|&last| last > length) {
            return Err(invalid("a slice lies outside of its container"));
        }
        catch_unwind(AssertUnwindSafe(|| self.decode_slices()))
            .unwrap_or_else(|_| Err(invalid("the decoder gave up on this container")))
    }

    fn decode_slices(&mut self) -> io::Result<()> {
        self.decoded.clear();
        self.taken = 0;
        let mut out = noodles_bam::io::Writer::from(std::mem::take(&mut self.decoded));
        let compression = self.container.compression_header()?;
        for slice in self.container.slices() {
            let slice = slice?;
            let (core, external) = slice.decode_blocks()?;
            let records = slice.records(
                self.references.clone(),
                &self.decoder_header,
                &compression,
                &core,
                &external,
            )?;
            for record in &records {
                out.write_alignment_record(&self.decoder_header, record)?;
            }
        }
        self.decoded = out.into_inner();
        Ok(())
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn read_header<R: Read>(
    input: &mut Reader<R>,
) -> Result<(Header, noodles_sam::Header), CramErrorKind> {
    let mut header = input.header_reader();
    if header.read_magic_number()? != *b"CRAM" {
        return Err(CramErrorKind::Magic);
    }
    header.read_format_version()?;
    header.read_file_id()?;
    let mut container = header.container_reader()?;
    let mut text = String::new();
    {
        let mut raw = container.raw_sam_header_reader()?;
        raw.by_ref().take(MAX_HEADER).read_to_string(&mut text)?;
        raw.discard_to_end()?;
    }
    container.discard_to_end()?;
    let wrong = |e| io::Error::new(io::ErrorKind::InvalidData, e);
    let decoder_header = text.parse().map_err(wrong)?;
    Ok((Header::parse(&text)?, decoder_header))
}

/// Says why there is no reference.
struct NoReference;

impl Adapter for NoReference {
    fn get(&mut self, name: &[u8]) -> Option<io::Result<Record>> {
        Some(Err(io::Error::other(format!(
            "the file is aligned and needs {} of its reference: give it as BAM, as samtools collate \
             -O -u --reference makes it",
            String::from_utf8_lossy(name)
        ))))
    }
}
