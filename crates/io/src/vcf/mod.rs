//! VCF records (VCF specification 4.2).

mod block;
mod header;
mod index;
mod sites;
#[cfg(test)]
mod tests;
mod text;
mod writer;

pub use block::{Block, Depths, Likelihoods};
pub use header::{FieldLine, FilterLine, VcfHeader};
pub use index::VcfIndex;
pub use sites::{Site, SiteReader, VcfReadError, VcfReadErrorKind, trim};
pub use text::write_number;
pub use writer::{Line, VcfLines, VcfTile, VcfWriteError, VcfWriter};

use std::sync::Arc;

use crate::reference::ContigId;

/// A germline call of one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Contig.
    pub contig: ContigId,
    /// 0-based position of the first base of `reference`.
    pub position: u32,
    /// ID: names of known variants, joined by `;`; empty for none.
    pub id: String,
    /// Reference allele, upper-case ASCII.
    pub reference: Vec<u8>,
    /// Alternative alleles, upper-case ASCII or `*`.
    pub alternates: Vec<Vec<u8>>,
    /// QUAL, phred.
    pub quality: f32,
    /// Names of the filters that the record fails; empty means PASS.
    pub filters: Vec<Arc<str>>,
    /// INFO, in the order in which it is written: key and value.
    pub info: Vec<(&'static str, String)>,
    /// FORMAT and the sample's values, in the order in which they are written; GT first.
    pub format: Vec<(&'static str, String)>,
}
