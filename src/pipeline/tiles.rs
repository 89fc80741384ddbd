//! Sorted tiles, each with its neighbours.

use std::{ops::Range, sync::Arc};

use crossbeam_channel::Receiver;
use fafnir_collate::SortedTile;
use fafnir_io::{
    Reference,
    bam::{RecordView, Records},
    tile::TILE_SIZE,
};
use fafnir_variant_caller::HALO;

/// A tile and the two that it may share reads with. At the genome's ends, and for unplaced reads,
/// neighbours are absent; a neighbour on another contig has no reads in common.
pub(super) struct Window {
    pub(super) before: Option<Arc<SortedTile>>,
    pub(super) tile: Arc<SortedTile>,
    pub(super) after: Option<Arc<SortedTile>>,
}

/// Gives each tile that is received once the next one is known.
pub(super) struct Windows {
    tiles: Receiver<Arc<SortedTile>>,
    before: Option<Arc<SortedTile>>,
    tile: Option<Arc<SortedTile>>,
}

impl Windows {
    pub(super) fn new(tiles: Receiver<Arc<SortedTile>>) -> Self {
        Self {
            tiles,
            before: None,
            tile: None,
        }
    }
}

impl Iterator for Windows {
    type Item = Window;

    fn next(&mut self) -> Option<Window> {
        let tile = match self.tile.take() {
            Some(tile) => tile,
            None => self.tiles.recv().ok()?,
        };
        self.tile = self.tiles.recv().ok();
        let window = Window {
            before: self.before.replace(tile.clone()),
            tile,
            after: self.tile.clone(),
        };
        Some(window)
    }
}

/// The records that a tile is called from, by position.
pub(super) struct CallingReads<'a> {
    records: Vec<RecordView<'a>>,
    /// Start and end of each on the reference.
    spans: Vec<(u32, u32)>,
    longest: u32,
}

impl Window {
    /// The bases of the tile, 0-based half-open; `None` for unplaced reads.
    pub(super) fn span(&self, reference: &Reference) -> Option<Range<u32>> {
        let tile = self.tile.tile?;
        let length = reference.contig(tile.contig).length;
        Some(tile.start()..length.min(tile.start() + TILE_SIZE))
    }

    /// The tile's records and those of its neighbours that overlap `span` widened by [`HALO`].
    pub(super) fn calling_reads(&self, span: &Range<u32>) -> CallingReads<'_> {
        let wide = span.start.saturating_sub(HALO)..span.end.saturating_add(HALO);
        let mut reads = CallingReads {
            records: Vec::with_capacity(self.tile.starts.len()),
            spans: Vec::with_capacity(self.tile.starts.len()),
            longest: 0,
        };
        let contig = self.tile.tile.map(|t| t.contig);
        let tiles = [self.before.as_ref(), Some(&self.tile), self.after.as_ref()];
        for tile in tiles.into_iter().flatten() {
            if tile.tile.map(|t| t.contig) != contig {
                continue;
            }
            for record in Records::new(&tile.bytes) {
                let start = record.position().max(0) as u32;
                if start >= wide.end {
                    break;
                }
                let end = record.reference_end().max(0) as u32;
                if end > wide.start {
                    reads.longest = reads.longest.max(end - start);
                    reads.spans.push((start, end));
                    reads.records.push(record);
                }
            }
        }
        reads
    }
}

impl<'a> CallingReads<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The records that overlap `span` widened by [`HALO`].
    pub(super) fn around(&self, span: &Range<u32>) -> Vec<RecordView<'a>> {
        let wide = span.start.saturating_sub(HALO)..span.end.saturating_add(HALO);
        let earliest = wide.start.saturating_sub(self.longest);
        let from = self.spans.partition_point(|s| s.0 < earliest);
        let to = self.spans.partition_point(|s| s.0 < wide.end);
        let found = self.spans[from..to].iter().zip(&self.records[from..to]);
        found
            .filter(|((_, end), _)| *end > wide.start)
            .map(|(_, record)| *record)
            .collect()
    }
}
