//! Reads a header's text.

use std::collections::BTreeSet;

use super::{Header, HeaderContig, Program, ReadGroup, ReadGroupError, SortOrder};

/// What can be wrong with a header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// A line that is no header line.
    #[error("header line {line}: expected '@' and a record type")]
    Line {
        /// Line, 1-based.
        line: usize,
    },
    /// A contig without a valid name or length.
    #[error("header line {line}: @SQ needs SN and an LN of 1 to 2147483647")]
    Contig {
        /// Line, 1-based.
        line: usize,
    },
    /// A name that is there twice.
    #[error("header line {line}: contig {name} occurs twice")]
    DuplicateContig {
        /// Line, 1-based.
        line: usize,
        /// The name.
        name: String,
    },
    /// An `M5` that is no MD5.
    #[error("header line {line}: M5 is not 32 hexadecimal digits")]
    Md5 {
        /// Line, 1-based.
        line: usize,
    },
    /// A read group that is not valid.
    #[error("header line {line}: {source}")]
    ReadGroup {
        /// Line, 1-based.
        line: usize,
        /// What is wrong with it.
        source: ReadGroupError,
    },
    /// A read group's ID that is there twice.
    #[error("header line {line}: read group {id} occurs twice")]
    DuplicateReadGroup {
        /// Line, 1-based.
        line: usize,
        /// The ID.
        id: String,
    },
}

impl Header {
    /// Reads SAM text. Fields that this type does not hold are passed over.
    ///
    /// # Errors
    /// When a line is none of a SAM header, or a contig or read group is not valid.
    pub fn parse(text: &str) -> Result<Self, HeaderError> {
        let mut header = Self::default();
        let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
        for (i, text) in text.lines().enumerate() {
            let line = i + 1;
            let text = text.trim_end_matches('\r');
            let (kind, rest) = text.split_once('\t').unwrap_or((text, ""));
            let value = |tag: &str| {
                rest.split('\t')
                    .find_map(|field| field.strip_prefix(tag)?.strip_prefix(':'))
            };
            let owned = |tag| value(tag).unwrap_or_default().to_owned();
            match kind {
                "@HD" => {
                    header.sort_order = match (value("SO"), value("GO")) {
                        (Some("coordinate"), _) => SortOrder::Coordinate,
                        (_, Some("query")) => SortOrder::Query,
                        _ => SortOrder::Unknown,
                    }
                }
                "@SQ" => {
                    let contig = contig(&value, line)?;
                    if !names.insert(contig.name.clone()) {
                        let name = contig.name;
                        return Err(HeaderError::DuplicateContig { line, name });
                    }
                    header.contigs.push(contig);
                }
                "@RG" => {
                    let group = ReadGroup::from_line(text)
                        .map_err(|source| HeaderError::ReadGroup { line, source })?;
                    if !ids.insert(group.id.clone()) {
                        let id = group.id;
                        return Err(HeaderError::DuplicateReadGroup { line, id });
                    }
                    header.read_groups.push(group);
                }
                "@PG" => header.programs.push(Program {
                    id: owned("ID"),
                    name: owned("PN"),
                    version: owned("VN"),
                    command_line: owned("CL"),
                    previous: value("PP").map(str::to_owned),
                }),
                "@CO" => header.comments.push(rest.to_owned()),
                _ if kind.len() == 3 && kind.starts_with('@') => {}
                _ => return Err(HeaderError::Line { line }),
            }
        }
        Ok(header)
    }
}

fn contig<'a>(
    value: &impl Fn(&str) -> Option<&'a str>,
    line: usize,
) -> Result<HeaderContig, HeaderError> {
    let length = value("LN").and_then(|l| l.parse().ok());
    match (value("SN"), length) {
        (Some(name), Some(length @ 1..=0x7fff_ffff)) if !name.is_empty() => Ok(HeaderContig {
            name: name.to_owned(),
            length,
            md5: value("M5")
                .map(|text| md5(text).ok_or(HeaderError::Md5 { line }))
                .transpose()?,
        }),
        _ => Err(HeaderError::Contig { line }),
    }
}

fn md5(text: &str) -> Option<[u8; 16]> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).map(|d| d as u8))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|d| d[0] << 4 | d.get(1).unwrap_or(&0))
        .collect();
    bytes.try_into().ok().filter(|_| digits.len() == 32)
}
