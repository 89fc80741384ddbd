//! Reads where a VCF file has variants, and which; what it says of samples is passed over.

use std::io::{self, BufRead, BufReader, Read};

use rustc_hash::FxHashMap;

use crate::decode::Decoder;
use crate::reference::{ContigId, Reference};

/// Columns that are read end within this many bytes of a line.
const MAX_COLUMNS: usize = 1 << 20;
/// Bytes decompressed at once.
const BUFFER: usize = 1 << 18;

/// An error of a VCF file, and where it is.
#[derive(Debug, thiserror::Error)]
#[error("{file}: line {line}: {kind}")]
pub struct VcfReadError {
    /// The file's name as the caller gave it.
    pub file: String,
    /// Line, 1-based.
    pub line: u64,
    /// What is wrong.
    #[source]
    pub kind: VcfReadErrorKind,
}

/// What can be wrong with a VCF file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VcfReadErrorKind {
    /// The file cannot be read or decompressed.
    #[error("cannot read on: {0}")]
    Read(#[source] io::Error),
    /// It does not start as VCF does.
    #[error("it does not start with ##fileformat=VCF: is this a VCF file?")]
    NoVcf,
    /// Too few columns, or too long ones.
    #[error("{0} columns within the first MiB of the line: VCF has 8 or more, separated by tabs")]
    Columns(usize),
    /// A POS that is no number.
    #[error("{0:?} is no POS: expected a number")]
    Position(String),
    /// A POS beyond the contig's end.
    #[error(
        "POS {position} lies beyond the end of {name}, which has {length} bases: is the file for another reference?"
    )]
    BeyondEnd {
        /// The contig.
        name: String,
        /// POS.
        position: u64,
        /// Length of the contig.
        length: u32,
    },
    /// A contig of the header that is as long as none of the reference of this name.
    #[error(
        "the header says that {name} has {theirs} bases, but the reference's has {ours}: is the file for another reference?"
    )]
    OtherLength {
        /// The contig.
        name: String,
        /// Its length in the file.
        theirs: u64,
        /// Its length in the reference.
        ours: u32,
    },
    /// No contig is of the reference.
    #[error(
        "no contig is one of the reference: the file has {theirs}, the reference {ours}; \
         bcftools annotate --rename-chrs gives contigs other names"
    )]
    OtherContigs {
        /// A contig of the file.
        theirs: String,
        /// The first contig of the reference.
        ours: String,
    },
    /// Records in another order than that of the reference.
    #[error(
        "{place} comes too late: records must be sorted, and contigs in the order of the reference"
    )]
    Order {
        /// Contig and POS.
        place: String,
    },
}

/// A line of a VCF file that lies on the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site<'a> {
    /// Contig.
    pub contig: ContigId,
    /// 0-based position of the first base of `reference`.
    pub position: u32,
    /// ID as it stands there; `.` for none.
    pub id: &'a [u8],
    /// REF as it stands there.
    pub reference: &'a [u8],
    /// ALT as it stands there: alleles separated by commas; `.` for none.
    pub alternates: &'a [u8],
}

/// Reads the sites of a VCF file, compressed or not. Lines of contigs that the reference does not have
/// are passed over, unless there are no others.
pub struct SiteReader<R> {
    file: String,
    input: BufReader<Decoder<R>>,
    /// Contigs of the reference by name, with their lengths.
    contigs: FxHashMap<Vec<u8>, (ContigId, u32)>,
    first_of_reference: String,
    line: Vec<u8>,
    number: u64,
    /// Whether a contig of the reference was seen.
    any: bool,
    /// A contig that the reference does not have.
    foreign: Option<String>,
    last: (ContigId, u32),
    ordered: bool,
}

impl<R: Read> SiteReader<R> {
    /// Reads the header; `file` is what errors call the file. Where records must be `ordered`, contigs of
    /// the header must be so too, so that a file in another order is refused at once.
    ///
    /// # Errors
    /// What is no VCF, or of another reference.
    pub fn new(
        file: &str,
        input: R,
        reference: &Reference,
        ordered: bool,
    ) -> Result<Self, VcfReadError> {
        let contigs = (0..).map(ContigId).zip(reference.contigs());
        let mut reader = Self {
            file: file.to_owned(),
            input: BufReader::with_capacity(BUFFER, Decoder::new(input)),
            contigs: contigs
                .map(|(id, c)| (c.name.clone().into_bytes(), (id, c.length)))
                .collect(),
            first_of_reference: reference
                .contigs()
                .first()
                .map_or_else(String::new, |c| c.name.clone()),
            line: Vec::new(),
            number: 0,
            any: false,
            foreign: None,
            last: (ContigId(0), 0),
            ordered,
        };
        reader.header()?;
        Ok(reader)
    }

    /// The next line that lies on the reference.
    ///
    /// # Errors
    /// A line that is none of VCF, or of another reference; records in disorder; at the end, a file
    /// without any contig of the reference.
    pub fn next_site(&mut self) -> Result<Option<Site<'_>>, VcfReadError> {
        loop {
            if !self.read_line()? {
                return match self.foreign.take().filter(|_| !self.any) {
                    Some(theirs) => Err(self.other_contigs(theirs)),
                    None => Ok(None),
                };
            }
            if self.line.is_empty() {
                continue;
            }
            let Some((contig, position)) = self.place()? else {
                continue;
            };
            self.any = true;
            if self.ordered && (contig, position) < self.last {
                let name = self.line.split(|b| *b == b'\t').next().unwrap_or_default();
                let name = String::from_utf8_lossy(name);
                let place = format!("{name}:{}", position + 1);
                return Err(self.error(VcfReadErrorKind::Order { place }));
            }
            self.last = (contig, position);
            let mut columns = self.line.split(|b| *b == b'\t').skip(2);
            let mut column = || columns.next().unwrap_or_default();
            return Ok(Some(Site {
                contig,
                position,
                id: column(),
                reference: column(),
                alternates: column(),
            }));
        }
    }

    /// The reader below, which may have been read farther.
    pub fn into_inner(self) -> R {
        self.input.into_inner().into_inner()
    }

    fn error(&self, kind: VcfReadErrorKind) -> VcfReadError {
        VcfReadError {
            file: self.file.clone(),
            line: self.number,
            kind,
        }
    }

    fn other_contigs(&self, theirs: String) -> VcfReadError {
        self.error(VcfReadErrorKind::OtherContigs {
            theirs,
            ours: self.first_of_reference.clone(),
        })
    }

    fn header(&mut self) -> Result<(), VcfReadError> {
        if !self.read_line()? || !self.line.starts_with(b"##fileformat=VCF") {
            return Err(self.error(VcfReadErrorKind::NoVcf));
        }
        let mut last = ContigId(0);
        loop {
            // Records follow the line of columns; a file may end without it.
            if !self.read_line()? || self.line.starts_with(b"#CHROM") {
                break;
            }
            if !self.line.starts_with(b"##") {
                return Err(self.error(VcfReadErrorKind::NoVcf));
            }
            let Some((name, length)) = contig_line(&self.line) else {
                continue;
            };
            let Some((id, ours)) = self.contigs.get(name.as_bytes()).copied() else {
                self.foreign.get_or_insert(name);
                continue;
            };
            self.any = true;
            if let Some(theirs) = length.filter(|theirs| *theirs != u64::from(ours)) {
                return Err(self.error(VcfReadErrorKind::OtherLength { name, theirs, ours }));
            }
            if self.ordered && id < last {
                return Err(self.error(VcfReadErrorKind::Order { place: name }));
            }
            last = id;
        }
        match self.foreign.take().filter(|_| !self.any) {
            Some(theirs) => Err(self.other_contigs(theirs)),
            None => Ok(()),
        }
    }

    /// Reads a line, without its end and what stands behind its first columns; `false` at the end.
    fn read_line(&mut self) -> Result<bool, VcfReadError> {
        self.line.clear();
        self.number += 1;
        let mut any = false;
        loop {
            let bytes = match self.input.fill_buf() {
                Ok(bytes) => bytes,
                Err(source) => return Err(self.error(VcfReadErrorKind::Read(source))),
            };
            any |= !bytes.is_empty();
            let end = memchr::memchr(b'\n', bytes);
            let count = end.unwrap_or(bytes.len());
            let room = MAX_COLUMNS - self.line.len();
            self.line.extend_from_slice(&bytes[..count.min(room)]);
            let last = end.is_some() || bytes.is_empty();
            let used = count + usize::from(end.is_some());
            self.input.consume(used);
            if last {
                if self.line.last() == Some(&b'\r') {
                    self.line.pop();
                }
                return Ok(any);
            }
        }
    }

    /// Contig and 0-based position of the line; `None` where the reference does not have it.
    fn place(&mut self) -> Result<Option<(ContigId, u32)>, VcfReadError> {
        let tabs = self.line.iter().filter(|b| **b == b'\t').take(5).count();
        if tabs < 5 {
            return Err(self.error(VcfReadErrorKind::Columns(tabs + 1)));
        }
        let mut columns = self.line.split(|b| *b == b'\t');
        let (name, text) = (
            columns.next().unwrap_or_default(),
            columns.next().unwrap_or_default(),
        );
        let Some(&(contig, length)) = self.contigs.get(name) else {
            if self.foreign.is_none() {
                self.foreign = Some(String::from_utf8_lossy(name).into_owned());
            }
            return Ok(None);
        };
        let position = std::str::from_utf8(text)
            .ok()
            .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|text| text.parse::<u64>().ok())
            .ok_or_else(|| {
                let text = String::from_utf8_lossy(text).into_owned();
                self.error(VcfReadErrorKind::Position(text))
            })?;
        // POS 0 and the one behind the end stand for telomeres.
        match position {
            0 => Ok(None),
            _ if position == u64::from(length) + 1 => Ok(None),
            _ if position > u64::from(length) => {
                let name = String::from_utf8_lossy(name).into_owned();
                Err(self.error(VcfReadErrorKind::BeyondEnd {
                    name,
                    position,
                    length,
                }))
            }
            _ => Ok(Some((contig, position as u32 - 1))),
        }
    }
}

/// Name and length of a line `##contig=<ID=..,length=..>`.
fn contig_line(line: &[u8]) -> Option<(String, Option<u64>)> {
    let text = std::str::from_utf8(line).ok()?;
    let fields = text.strip_prefix("##contig=<")?.trim_end_matches('>');
    let find = |key: &str| {
        fields
            .split(',')
            .find_map(|field| field.trim().strip_prefix(key))
    };
    let name = find("ID=")?.trim_matches('"').to_owned();
    Some((name, find("length=").and_then(|length| length.parse().ok())))
}

/// An allele with its reference bases, without what both have in common at their ends: first behind,
/// then before, but for one base of each. `position` is that of the first base.
pub fn trim<'a>(
    position: u32,
    mut reference: &'a [u8],
    mut allele: &'a [u8],
) -> (u32, &'a [u8], &'a [u8]) {
    let behind = reference
        .iter()
        .rev()
        .zip(allele.iter().rev())
        .take_while(|(a, b)| a.eq_ignore_ascii_case(b))
        .count()
        .min(reference.len().min(allele.len()).saturating_sub(1));
    reference = &reference[..reference.len() - behind];
    allele = &allele[..allele.len() - behind];
    let before = reference
        .iter()
        .zip(allele)
        .take_while(|(a, b)| a.eq_ignore_ascii_case(b))
        .count()
        .min(reference.len().min(allele.len()).saturating_sub(1));
    (
        position.saturating_add(before as u32),
        &reference[before..],
        &allele[before..],
    )
}
