//! Writes a BAM file from compressed tiles, and its index on the way.

use std::io::{self, Write};

use noodles_bam::index::Indexer;
use noodles_bgzf::VirtualPosition;
use noodles_core::Position;
use noodles_csi::binning_index::index::reference_sequence::bin::Chunk;

use super::header::{Header, SortOrder};
use super::{BamIndex, RecordView, flag};
use crate::bgzf::{Compressor, EOF_BLOCK, LevelError, Segment};

/// Why a BAM file could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BamWriteError {
    /// The file cannot be written.
    #[error("cannot write BAM: {0}")]
    Io(#[from] io::Error),
    /// No such compression level.
    #[error(transparent)]
    Level(#[from] LevelError),
    /// The records cannot be indexed.
    #[error("cannot index BAM record {record}: {reason}")]
    Index {
        /// Number of the record, 1-based.
        record: u64,
        /// Why.
        reason: String,
    },
}

/// Writes header, tiles and end of a BAM file in order.
pub struct BamWriter<W> {
    write: W,
    /// Bytes written.
    offset: u64,
    records: u64,
    contig_count: usize,
    /// Only for coordinate-sorted files.
    indexer: Option<Indexer>,
    unplaced: bool,
}

impl<W: Write> BamWriter<W> {
    /// Writes the header, in blocks of its own.
    ///
    /// # Errors
    /// When `write` fails or there is no such `level`.
    pub fn new(mut write: W, header: &Header, level: u8) -> Result<Self, BamWriteError> {
        let blocks = Compressor::new(level)?.compress_bytes(&header.to_bam());
        write.write_all(&blocks.bytes)?;
        let indexer = (header.sort_order == SortOrder::Coordinate)
            .then(|| {
                let longest = header.contigs.iter().map(|c| c.length).max().unwrap_or(0);
                let hint = Position::try_from(longest.max(1) as usize).unwrap_or(Position::MIN);
                Indexer::builder().set_max_position_hint(hint).build()
            })
            .transpose()
            .map_err(|error| BamWriteError::Index {
                record: 0,
                reason: error.to_string(),
            })?;
        Ok(Self {
            write,
            offset: blocks.bytes.len() as u64,
            records: 0,
            contig_count: header.contigs.len(),
            indexer,
            unplaced: false,
        })
    }

    /// Writes the records of one tile, or of unplaced reads: `payload` holds records with their
    /// `block_size`, which start at `starts`; `segment` is the same, compressed.
    ///
    /// # Errors
    /// When the file cannot be written, or records of a sorted file are not in order.
    pub fn write_tile(
        &mut self,
        payload: &[u8],
        starts: &[u32],
        segment: &Segment,
    ) -> Result<(), BamWriteError> {
        if let Some(indexer) = &mut self.indexer {
            let (mut block, mut start_offset) = (0, segment.virtual_offset(self.offset, 0));
            let end_of_tile =
                VirtualPosition::from((self.offset + segment.bytes.len() as u64) << 16);
            for (i, start) in starts.iter().enumerate() {
                let end = starts
                    .get(i + 1)
                    .map_or(payload.len(), |next| *next as usize);
                let record = RecordView::new(&payload[*start as usize + 4..end]);
                let from = VirtualPosition::from(start_offset.0);
                let to = match starts.get(i + 1) {
                    Some(next) => {
                        start_offset = segment.locate(self.offset, *next, &mut block);
                        VirtualPosition::from(start_offset.0)
                    }
                    None => end_of_tile,
                };
                let place = place(record);
                let error = |reason| BamWriteError::Index {
                    record: self.records + i as u64 + 1,
                    reason,
                };
                if self.unplaced && place.is_some() {
                    return Err(error("it is placed but follows unplaced reads".to_owned()));
                }
                self.unplaced |= place.is_none();
                indexer
                    .add_record(place, Chunk::new(from, to))
                    .map_err(|source| error(source.to_string()))?;
            }
        }
        self.write.write_all(&segment.bytes)?;
        self.offset += segment.bytes.len() as u64;
        self.records += starts.len() as u64;
        Ok(())
    }

    /// Number of records written.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Writes the end of the file; gives back the writer, and the index if records are sorted.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> Result<(W, Option<BamIndex>), BamWriteError> {
        self.write.write_all(&EOF_BLOCK)?;
        self.write.flush()?;
        let index = self
            .indexer
            .map(|indexer| BamIndex(indexer.build(self.contig_count)));
        Ok((self.write, index))
    }
}

/// What an index says of a record: contig, first and last position (1-based), whether it is
/// mapped; `None` for unplaced reads. A read that is placed with its mate covers one base.
fn place(record: RecordView<'_>) -> Option<(usize, Position, Position, bool)> {
    let contig = usize::try_from(record.contig()).ok()?;
    let start = usize::try_from(record.position()).ok()?;
    let mapped = record.flag() & flag::UNMAPPED == 0;
    let length = match mapped {
        true => record.reference_length().max(1) as usize,
        false => 1,
    };
    Some((
        contig,
        Position::new(start + 1)?,
        Position::new(start + length)?,
        mapped,
    ))
}
