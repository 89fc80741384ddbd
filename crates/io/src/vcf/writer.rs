//! Writes a compressed VCF file tile by tile, and its index on the way.

use std::io::{self, Write};
use std::ops::Range;

use noodles_bgzf::VirtualPosition;
use noodles_core::Position;
use noodles_csi::binning_index::index::reference_sequence::bin::Chunk;

use super::index::Indexer;
use super::{Block, Record, VcfHeader, VcfIndex};
use crate::bgzf::{Compressor, EOF_BLOCK, LevelError, Segment};
use crate::reference::ContigId;

/// Why a VCF file could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VcfWriteError {
    /// The file cannot be written.
    #[error("cannot write VCF: {0}")]
    Io(#[from] io::Error),
    /// No such compression level.
    #[error(transparent)]
    Level(#[from] LevelError),
    /// The records cannot be indexed.
    #[error("cannot index VCF record {record}: {reason}")]
    Index {
        /// Number of the record, 1-based.
        record: u64,
        /// Why.
        reason: String,
    },
}

/// What stands on a line of a VCF file.
#[derive(Clone, Copy, Debug)]
pub enum Line<'a> {
    /// A variant.
    Record(&'a Record),
    /// A stretch of a gVCF file without one.
    Block(&'a Block),
}

impl Line<'_> {
    /// 0-based position of the first base.
    pub fn position(&self) -> u32 {
        match self {
            Self::Record(record) => record.position,
            Self::Block(block) => block.span.start,
        }
    }

    fn contig(&self) -> ContigId {
        match self {
            Self::Record(record) => record.contig,
            Self::Block(block) => block.contig,
        }
    }

    fn end(&self) -> u32 {
        match self {
            Self::Record(record) => record.end(),
            Self::Block(block) => block.span.end,
        }
    }

    fn write_text(&self, contig: &str, out: &mut Vec<u8>) {
        match self {
            Self::Record(record) => record.write_text(contig, out),
            Self::Block(block) => block.write_text(contig, out),
        }
    }
}

/// The records of a tile as text, compressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VcfTile {
    /// Contig and 0-based half-open span of each record, and where its line starts in the text.
    records: Vec<(u32, u32, u32, u32)>,
    segment: Segment,
}

impl VcfTile {
    /// Formats and compresses the sorted records of one tile; `header` names the contigs. A plain
    /// function of them: workers may do it in any order.
    ///
    /// # Errors
    /// When a record's contig is not in the header.
    pub fn new(
        records: &[Record],
        header: &VcfHeader,
        compressor: &mut Compressor,
    ) -> Result<Self, VcfWriteError> {
        Self::of_lines(records.iter().map(Line::Record), header, compressor)
    }

    /// As [`Self::new`], of records and blocks.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of_lines<'a>(
        lines: impl Iterator<Item = Line<'a>>,
        header: &VcfHeader,
        compressor: &mut Compressor,
    ) -> Result<Self, VcfWriteError> {
        let mut text = VcfLines::default();
        for (i, line) in lines.enumerate() {
            let contig = line.contig();
            let named = header.contigs.get(contig.0 as usize);
            let named = named.ok_or_else(|| VcfWriteError::Index {
                record: i as u64 + 1,
                reason: format!("contig {} is not in the header", contig.0),
            })?;
            text.push(contig, line.position()..line.end(), |text| {
                line.write_text(&named.name, text);
            });
        }
        Ok(text.compress(compressor))
    }
}

/// Records as text: those of a tile, or of a part of one.
#[derive(Clone, Debug, Default)]
pub struct VcfLines {
    text: Vec<u8>,
    records: Vec<(u32, u32, u32, u32)>,
}

impl VcfLines {
    /// Adds the line, with its end, that `write` appends; it speaks of the 0-based, half-open
    /// `span` of `contig`.
    pub fn push(&mut self, contig: ContigId, span: Range<u32>, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.text.len() as u32;
        self.records.push((contig.0, span.start, span.end, start));
        write(&mut self.text);
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Compresses the lines, in blocks of their own.
    pub fn compress(self, compressor: &mut Compressor) -> VcfTile {
        let starts: Vec<u32> = self.records.iter().map(|record| record.3).collect();
        VcfTile {
            segment: compressor.compress_records(&self.text, &starts),
            records: self.records,
        }
    }
}

/// Writes header, tiles and end of a VCF file in order.
pub struct VcfWriter<W> {
    write: W,
    /// Bytes written.
    offset: u64,
    records: u64,
    indexer: Indexer,
}

impl<W: Write> VcfWriter<W> {
    /// Writes the header, in blocks of its own.
    ///
    /// # Errors
    /// When `write` fails or there is no such `level`.
    pub fn new(mut write: W, header: &VcfHeader, level: u8) -> Result<Self, VcfWriteError> {
        let text = header.to_text();
        let blocks = Compressor::new(level)?.compress_bytes(text.as_bytes());
        write.write_all(&blocks.bytes)?;
        let indexer = Indexer::new(&header.contigs).ok_or_else(|| VcfWriteError::Index {
            record: 0,
            reason: "a contig is too long for any index".to_owned(),
        })?;
        Ok(Self {
            write,
            offset: blocks.bytes.len() as u64,
            records: 0,
            indexer,
        })
    }

    /// Writes a tile.
    ///
    /// # Errors
    /// When the file cannot be written, or the records are not in order.
    pub fn write_tile(&mut self, tile: &VcfTile) -> Result<(), VcfWriteError> {
        let segment = &tile.segment;
        let mut block = 0;
        let mut from = segment.virtual_offset(self.offset, 0);
        let end_of_tile = (self.offset + segment.bytes.len() as u64) << 16;
        for (i, (contig, start, end, _)) in tile.records.iter().enumerate() {
            let to = match tile.records.get(i + 1) {
                Some((.., next)) => segment.locate(self.offset, *next, &mut block).0,
                None => end_of_tile,
            };
            let chunk = Chunk::new(VirtualPosition::from(from.0), VirtualPosition::from(to));
            from.0 = to;
            let error = |reason| VcfWriteError::Index {
                record: self.records + i as u64 + 1,
                reason,
            };
            let (Some(start), Some(end)) = (
                Position::new(*start as usize + 1),
                Position::new(*end as usize),
            ) else {
                return Err(error("it has no position".to_owned()));
            };
            self.indexer
                .add(*contig, start, end, chunk)
                .map_err(error)?;
        }
        self.write.write_all(&segment.bytes)?;
        self.offset += segment.bytes.len() as u64;
        self.records += tile.records.len() as u64;
        Ok(())
    }

    /// Number of records written.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Writes the end of the file; gives back the writer and the index.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> Result<(W, VcfIndex), VcfWriteError> {
        self.write.write_all(&EOF_BLOCK)?;
        self.write.flush()?;
        Ok((self.write, self.indexer.build()))
    }
}
