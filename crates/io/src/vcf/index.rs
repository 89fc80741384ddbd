//! The index of a compressed VCF file: tabix, or CSI where a contig is longer than tabix reaches.

use std::io::{self, Write};

use noodles_core::Position;
use noodles_csi::{
    self as csi,
    binning_index::index::{
        Header,
        header::Builder,
        reference_sequence::{
            bin::Chunk,
            index::{BinnedIndex, LinearIndex},
        },
    },
};
use noodles_tabix as tabix;

use crate::bam::header::HeaderContig;

/// Longest contig of a tabix index, in bases.
const TABIX_REACH: u64 = 1 << 29;

/// An index of a compressed VCF file.
pub struct VcfIndex(Kind<tabix::Index, csi::Index>);

enum Kind<T, C> {
    Tabix(T),
    Csi(C),
}

impl VcfIndex {
    /// What the index file's name adds to the VCF file's: `tbi` or `csi`.
    pub fn extension(&self) -> &'static str {
        match self.0 {
            Kind::Tabix(_) => "tbi",
            Kind::Csi(_) => "csi",
        }
    }

    /// Writes the index file.
    ///
    /// # Errors
    /// When `write` fails.
    pub fn write<W: Write>(&self, write: W) -> io::Result<W> {
        match &self.0 {
            Kind::Tabix(index) => {
                let mut writer = tabix::io::Writer::new(write);
                writer.write_index(index)?;
                writer.into_inner().finish()
            }
            Kind::Csi(index) => {
                let mut writer = csi::io::Writer::new(write);
                writer.write_index(index)?;
                writer.into_inner().finish()
            }
        }
    }
}

type Of<I> = csi::binning_index::Indexer<I>;

/// Builds the index while records are written. It lists contigs as they come, as tabix does.
pub(super) struct Indexer {
    kind: Kind<Of<LinearIndex>, Of<BinnedIndex>>,
    contigs: Vec<String>,
    /// Numbers of the contigs that have records, ascending.
    seen: Vec<u32>,
}

impl Indexer {
    /// `None` when a contig is too long for any index.
    pub(super) fn new(contigs: &[HeaderContig]) -> Option<Self> {
        let longest = contigs.iter().map(|c| u64::from(c.length)).max();
        let longest = longest.unwrap_or(0);
        let kind = if longest <= TABIX_REACH {
            Kind::Tabix(Of::default())
        } else {
            let depth = (6..=9).find(|depth| 1u64 << (14 + 3 * depth) >= longest)?;
            Kind::Csi(Of::new(14, depth)?)
        };
        Some(Self {
            kind,
            contigs: contigs.iter().map(|c| c.name.clone()).collect(),
            seen: Vec::new(),
        })
    }

    /// Adds a record with its first and last position (1-based).
    pub(super) fn add(
        &mut self,
        contig: u32,
        start: Position,
        end: Position,
        chunk: Chunk,
    ) -> Result<(), String> {
        match self.seen.last() {
            Some(last) if *last == contig => {}
            Some(last) if *last > contig => {
                return Err("its contig comes before the last one's".to_owned());
            }
            _ => self.seen.push(contig),
        }
        let place = Some((self.seen.len() - 1, start, end, true));
        match &mut self.kind {
            Kind::Tabix(indexer) => indexer.add_record(place, chunk),
            Kind::Csi(indexer) => indexer.add_record(place, chunk),
        }
        .map_err(|error| error.to_string())
    }

    pub(super) fn build(self) -> VcfIndex {
        let names = self
            .seen
            .iter()
            .map(|i| self.contigs[*i as usize].as_str().into())
            .collect();
        let header: Header = Builder::vcf().set_reference_sequence_names(names).build();
        let count = self.seen.len();
        VcfIndex(match self.kind {
            Kind::Tabix(indexer) => Kind::Tabix(indexer.set_header(header).build(count)),
            Kind::Csi(indexer) => Kind::Csi(indexer.set_header(header).build(count)),
        })
    }
}
