//! Tiles from a finished BAM file: what a run called from while it wrote the file.

use std::{
    io::{Read, Seek},
    path::Path,
};

use fafnir_attest::{InputProof, Pending};
use fafnir_collate::SortedTile;
use fafnir_io::{
    ContigId, Reference,
    bam::{BamError, BamIndex, BamReader, RecordView, header::Header},
    tile::{TILE_SIZE, Tile},
};

use crate::error::{Class, Error};

/// Reads a sorted BAM file tile by tile, empty ones too. Unplaced reads are read and left out.
pub(super) struct Alignments<R> {
    name: String,
    reader: BamReader<R>,
    lengths: Vec<u32>,
    next: Tile,
    /// The record that was read last and belongs to a tile to come; empty where there is none.
    waiting: Vec<u8>,
    failed: bool,
}

impl Alignments<Pending> {
    /// Opens a file and checks that it stands on `reference`.
    pub(super) fn open(path: &Path, reference: &Reference) -> Result<Self, Error> {
        let input = Pending::open(path, None)?.with_role("alignments");
        Self::new(&path.display().to_string(), input, reference)
    }

    /// Reads the rest of the file and proves what was read.
    pub(super) fn finish(self) -> Result<InputProof, Error> {
        Ok(self.reader.into_inner().finish()?)
    }
}

impl<R: Read> Alignments<R> {
    pub(super) fn new(name: &str, input: R, reference: &Reference) -> Result<Self, Error> {
        let mut reader = BamReader::new(name, input).map_err(bad_bam)?;
        check_contigs(name, reader.header(), reference)?;
        reader.require_sorted();
        let mut alignments = Self {
            name: name.to_owned(),
            reader,
            lengths: reference.contigs().iter().map(|c| c.length).collect(),
            next: Tile {
                contig: ContigId(0),
                index: 0,
            },
            waiting: Vec::new(),
            failed: false,
        };
        alignments.advance()?;
        Ok(alignments)
    }

    /// The file's header.
    pub(super) fn header(&self) -> &Header {
        self.reader.header()
    }

    fn advance(&mut self) -> Result<(), Error> {
        if !self.reader.read(&mut self.waiting).map_err(bad_bam)? {
            self.waiting.clear();
        }
        Ok(())
    }

    fn fill(&mut self, tile: Tile) -> Result<SortedTile, Error> {
        let mut filled = SortedTile {
            tile: Some(tile),
            ..SortedTile::default()
        };
        while !self.waiting.is_empty() && self.tile_of_waiting() == Some(tile) {
            self.give(&mut filled)?;
            self.advance()?;
        }
        Ok(filled)
    }

    /// Adds the record that was read last to its tile.
    fn give(&self, tile: &mut SortedTile) -> Result<(), Error> {
        let start = u32::try_from(tile.bytes.len()).map_err(|_| {
            let record = RecordView::new(&self.waiting);
            let contig = &self.reader.header().contigs[record.contig() as usize];
            Error::input(format!(
                "{}: more than 4 GiB of records in the {TILE_SIZE} bases about {}:{}; give \
                 fewer reads, as by samtools view --subsample",
                self.name,
                contig.name,
                record.position() + 1,
            ))
        })?;
        tile.starts.push(start);
        let size = self.waiting.len() as u32;
        tile.bytes.extend_from_slice(&size.to_le_bytes());
        tile.bytes.extend_from_slice(&self.waiting);
        Ok(())
    }

    fn tile_of_waiting(&self) -> Option<Tile> {
        let record = RecordView::new(&self.waiting);
        let contig = u32::try_from(record.contig()).ok()?;
        let position = record.position().max(0) as u32;
        Some(Tile::of(ContigId(contig), position))
    }
}

impl<R: Read + Seek> Alignments<R> {
    /// The records of `tile`, to which `index` leads.
    pub(super) fn seek(&mut self, tile: Tile, index: &BamIndex) -> Result<SortedTile, Error> {
        let length = self.lengths[tile.contig.0 as usize];
        let span = tile.start()..length.min(tile.start() + TILE_SIZE);
        let stretches = index
            .overlapping(tile.contig, &span)
            .map_err(|e| Error::from_source(Class::Input, e))?;
        let mut filled = SortedTile {
            tile: Some(tile),
            ..SortedTile::default()
        };
        for stretch in stretches {
            self.reader.seek(stretch.start).map_err(bad_bam)?;
            while self.reader.virtual_offset() < stretch.end {
                self.advance()?;
                if self.waiting.is_empty() {
                    break;
                }
                // Others are the neighbours'.
                if self.tile_of_waiting() == Some(tile) {
                    self.give(&mut filled)?;
                }
            }
        }
        Ok(filled)
    }
}

impl<R: Read> Iterator for Alignments<R> {
    type Item = Result<SortedTile, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        while let Some(length) = self.lengths.get(self.next.contig.0 as usize) {
            let tile = self.next;
            if tile.index < length.div_ceil(TILE_SIZE) {
                self.next.index += 1;
                let filled = self.fill(tile);
                self.failed = filled.is_err();
                return Some(filled);
            }
            self.next = Tile {
                contig: ContigId(tile.contig.0 + 1),
                index: 0,
            };
        }
        while !self.waiting.is_empty() {
            if let Err(error) = self.advance() {
                self.failed = true;
                return Some(Err(error));
            }
        }
        None
    }
}

/// The name of the sample that all read groups share.
pub(super) fn sample(name: &str, header: &Header) -> Result<String, Error> {
    let mut samples: Vec<&str> = header
        .read_groups
        .iter()
        .map(|group| group.sample.as_str())
        .collect();
    samples.sort_unstable();
    samples.dedup();
    match samples.as_slice() {
        [sample] if !sample.is_empty() => Ok((*sample).to_owned()),
        [] | [_] => Err(Error::input(format!(
            "{name}: no read group names the sample (SM); add one, as with samtools addreplacerg"
        ))),
        several => Err(Error::input(format!(
            "{name}: reads of {} samples; split the file by sample first",
            several.len()
        ))),
    }
}

fn check_contigs(name: &str, header: &Header, reference: &Reference) -> Result<(), Error> {
    let other = |what: String| {
        Error::input(format!(
            "{name}: {what}; call with the index of the reference that the reads were mapped to"
        ))
    };
    let (ours, theirs) = (reference.contigs(), &header.contigs);
    if ours.len() != theirs.len() {
        return Err(other(format!(
            "it has {} contigs, the index {}",
            theirs.len(),
            ours.len()
        )));
    }
    for (ours, theirs) in ours.iter().zip(theirs) {
        if ours.name != theirs.name
            || ours.length != theirs.length
            || theirs.md5.is_some_and(|md5| md5 != ours.md5)
        {
            return Err(other(format!(
                "its contig {} of {} bases is not the index's {} of {} bases",
                theirs.name, theirs.length, ours.name, ours.length
            )));
        }
    }
    Ok(())
}

fn bad_bam(error: BamError) -> Error {
    Error::from_source(Class::Input, error)
}
