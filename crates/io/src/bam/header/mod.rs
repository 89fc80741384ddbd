//! The header of a SAM or BAM file (SAM specification 1.6, section 1.3).

mod parse;
mod read_group;
#[cfg(test)]
mod tests;

pub use parse::HeaderError;
pub use read_group::{ReadGroup, ReadGroupError};

use std::fmt::Write;

use crate::reference::{Contig, Reference};
use crate::text::{Hex, one_line};

/// The order of a file's records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortOrder {
    /// By contig and position: `SO:coordinate`.
    Coordinate,
    /// All records of a template together, as reads came in: `SO:unsorted`, `GO:query`.
    Query,
    /// Anything else, or unknown.
    #[default]
    Unknown,
}

/// A contig: `@SQ`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderContig {
    /// `SN`.
    pub name: String,
    /// `LN`, in bases.
    pub length: u32,
    /// `M5`.
    pub md5: Option<[u8; 16]>,
}

/// A program: `@PG`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// `ID`.
    pub id: String,
    /// `PN`.
    pub name: String,
    /// `VN`.
    pub version: String,
    /// `CL`.
    pub command_line: String,
    /// `PP`, the program before.
    pub previous: Option<String>,
}

/// What stands before the records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Order of the records.
    pub sort_order: SortOrder,
    /// Contigs; their order gives `refID`.
    pub contigs: Vec<HeaderContig>,
    /// Read groups.
    pub read_groups: Vec<ReadGroup>,
    /// Programs.
    pub programs: Vec<Program>,
    /// Comments: `@CO`, without line ends.
    pub comments: Vec<String>,
}

impl Header {
    /// A header with the reference's contigs.
    pub fn new(reference: &Reference, sort_order: SortOrder) -> Self {
        Self {
            sort_order,
            contigs: reference.contigs().iter().map(HeaderContig::from).collect(),
            ..Self::default()
        }
    }

    /// The header as SAM text. Tabs and line ends in values become spaces.
    pub fn to_text(&self) -> String {
        let mut text = String::from(match self.sort_order {
            SortOrder::Coordinate => "@HD\tVN:1.6\tSO:coordinate\n",
            SortOrder::Query => "@HD\tVN:1.6\tSO:unsorted\tGO:query\n",
            SortOrder::Unknown => "@HD\tVN:1.6\tSO:unknown\n",
        });
        for contig in &self.contigs {
            // Writing to a string cannot fail.
            let _ = write!(text, "@SQ\tSN:{}\tLN:{}", contig.name, contig.length);
            if let Some(md5) = contig.md5 {
                let _ = write!(text, "\tM5:{}", Hex(&md5));
            }
            text.push('\n');
        }
        for group in &self.read_groups {
            let _ = writeln!(text, "{group}");
        }
        for program in &self.programs {
            text.push_str("@PG");
            for (tag, value) in [
                ("ID", &program.id),
                ("PN", &program.name),
                ("VN", &program.version),
                ("PP", program.previous.as_ref().unwrap_or(&String::new())),
                ("CL", &program.command_line),
            ] {
                if !value.is_empty() {
                    let _ = write!(text, "\t{tag}:{}", one_line(value));
                }
            }
            text.push('\n');
        }
        for comment in &self.comments {
            let _ = writeln!(text, "@CO\t{}", one_line(comment));
        }
        text
    }

    /// The header as a BAM file holds it, uncompressed (section 4.2).
    pub fn to_bam(&self) -> Vec<u8> {
        let text = self.to_text();
        let mut bytes = b"BAM\x01".to_vec();
        bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(&(self.contigs.len() as u32).to_le_bytes());
        for contig in &self.contigs {
            bytes.extend_from_slice(&(contig.name.len() as u32 + 1).to_le_bytes());
            bytes.extend_from_slice(contig.name.as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(&contig.length.to_le_bytes());
        }
        bytes
    }
}

impl From<&Contig> for HeaderContig {
    fn from(contig: &Contig) -> Self {
        Self {
            name: contig.name.clone(),
            length: contig.length,
            md5: Some(contig.md5),
        }
    }
}
