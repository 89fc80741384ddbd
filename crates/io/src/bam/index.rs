//! The index of a BAM file.

use std::io::{self, Write};

use noodles_bam::bai;
use noodles_bam::index::Index;
use noodles_csi as csi;

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
