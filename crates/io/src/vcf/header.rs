//! The header of a VCF file (VCF specification 4.2, section 1.2).

use std::fmt::Write;

use crate::bam::header::HeaderContig;
use crate::text::{Hex, one_line};

/// A FILTER that records may fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterLine {
    /// Name.
    pub id: String,
    /// What a record fails by it.
    pub description: String,
}

/// An INFO or FORMAT field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldLine {
    /// Name.
    pub id: &'static str,
    /// Number of values: a number, `A`, `R`, `G` or `.`.
    pub number: &'static str,
    /// `Integer`, `Float`, `Flag`, `Character` or `String`.
    pub kind: &'static str,
    /// What it says.
    pub description: &'static str,
}

impl FieldLine {
    /// The field's line; arguments are in the order in which VCF has them.
    pub const fn new(
        id: &'static str,
        number: &'static str,
        kind: &'static str,
        description: &'static str,
    ) -> Self {
        Self {
            id,
            number,
            kind,
            description,
        }
    }
}

/// What stands before the records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VcfHeader {
    /// Other lines, like `source`: key and value.
    pub other: Vec<(String, String)>,
    /// FILTERs beside PASS.
    pub filters: Vec<FilterLine>,
    /// INFO fields.
    pub infos: Vec<FieldLine>,
    /// FORMAT fields.
    pub formats: Vec<FieldLine>,
    /// Contigs; their order is that of the records.
    pub contigs: Vec<HeaderContig>,
    /// Names of the samples, in the order of their columns.
    pub samples: Vec<String>,
}

impl VcfHeader {
    /// The header's text. Tabs and line ends in values become spaces.
    pub fn to_text(&self) -> String {
        // In the order in which bcftools writes them.
        let mut text = String::from("##fileformat=VCFv4.2\n");
        text.push_str("##FILTER=<ID=PASS,Description=\"All filters passed\">\n");
        // Writing to a string cannot fail.
        for (key, value) in &self.other {
            let _ = writeln!(text, "##{}={}", one_line(key), one_line(value));
        }
        for FilterLine { id, description } in &self.filters {
            let _ = writeln!(
                text,
                "##FILTER=<ID={id},Description=\"{}\">",
                escape(description)
            );
        }
        for (line, fields) in [("INFO", &self.infos), ("FORMAT", &self.formats)] {
            for field in fields {
                let _ = writeln!(
                    text,
                    "##{line}=<ID={},Number={},Type={},Description=\"{}\">",
                    field.id,
                    field.number,
                    field.kind,
                    escape(field.description)
                );
            }
        }
        for contig in &self.contigs {
            let _ = write!(
                text,
                "##contig=<ID={},length={}",
                contig.name, contig.length
            );
            if let Some(md5) = contig.md5 {
                let _ = write!(text, ",md5={}", Hex(&md5));
            }
            text.push_str(">\n");
        }
        text.push_str("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT");
        for sample in &self.samples {
            text.push('\t');
            text.push_str(&one_line(sample));
        }
        text.push('\n');
        text
    }
}

fn escape(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('"', "\\\"")
}
