//! The index of a BAM file.

use std::io::{self, Read, Write};
use std::ops::Range;

use noodles_bam::bai;
use noodles_bam::index::Index;
use noodles_core::{Position, region::Interval};
use noodles_csi::{self as csi, BinningIndex};

use crate::ContigId;
use crate::bgzf::VirtualOffset;

/// An index of a coordinate-sorted BAM file: BAI, or CSI where a contig is longer than BAI reaches.
pub struct BamIndex(pub(super) Index);

impl BamIndex {
    /// What the index file's name adds to the BAM file's: `bai` or `csi`.
    pub fn extension(&self) -> &'static str {
        match self.0 {
            Index::Bai(_) => "bai",
            Index::Csi(_) => "csi",
        }
    }

    /// Reads a file whose name adds `extension` to the BAM file's.
    ///
    /// # Errors
    /// When `read` fails or gives no such index.
    pub fn read(read: impl Read, extension: &str) -> io::Result<Self> {
        Ok(Self(match extension {
            "csi" => Index::Csi(csi::io::Reader::new(read).read_index()?),
            _ => Index::Bai(bai::io::Reader::new(read).read_index()?),
        }))
    }

    /// The stretches of the file, in order, that hold the records that overlap the 0-based half-open
    /// `span`, with others beside them.
    ///
    /// # Errors
    /// When the index does not reach so far.
    pub fn overlapping(
        &self,
        contig: ContigId,
        span: &Range<u32>,
    ) -> io::Result<Vec<Range<VirtualOffset>>> {
        let too_far = |e| io::Error::new(io::ErrorKind::InvalidInput, e);
        let start = Position::try_from(span.start as usize + 1).map_err(too_far)?;
        let end = Position::try_from(span.end as usize).map_err(too_far)?;
        let chunks = self
            .0
            .query(contig.0 as usize, Interval::from(start..=end))?;
        let offset = |position| VirtualOffset(u64::from(position));
        let chunks = chunks.iter();
        Ok(chunks
            .map(|chunk| offset(chunk.start())..offset(chunk.end()))
            .collect())
    }

    /// Writes the index file.
    ///
    /// # Errors
    /// When `write` fails.
    pub fn write<W: Write>(&self, write: W) -> io::Result<W> {
        match &self.0 {
            Index::Bai(index) => {
                let mut writer = bai::io::Writer::new(write);
                writer.write_index(index)?;
                Ok(writer.into_inner())
            }
            Index::Csi(index) => {
                let mut writer = csi::io::Writer::new(write);
                writer.write_index(index)?;
                writer.into_inner().finish()
            }
        }
    }
}
