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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crossbeam_channel::unbounded;
    use fafnir_io::{
        ContigId,
        bam::{RecordFields, encode},
        tile::Tile,
    };

    use super::*;

    fn tile(contig: u32, index: u32, places: &[(u32, u32)]) -> Arc<SortedTile> {
        let mut tile = SortedTile {
            tile: Some(Tile {
                contig: ContigId(contig),
                index,
            }),
            ..SortedTile::default()
        };
        for (position, length) in places {
            tile.starts.push(tile.bytes.len() as u32);
            let fields = RecordFields {
                name: b"r",
                flag: 0,
                contig: contig as i32,
                position: *position as i32,
                mapping_quality: 60,
                cigar: &[length << 4],
                mate_contig: -1,
                mate_position: -1,
                template_length: 0,
                bases: &vec![b'A'; *length as usize],
                qualities: &vec![30; *length as usize],
            };
            encode(&fields, &mut tile.bytes, |_| {});
        }
        Arc::new(tile)
    }

    #[test]
    fn every_tile_comes_once_with_its_neighbours() {
        for count in 0..4u32 {
            let (give, take) = unbounded();
            for index in 0..count {
                give.send(tile(0, index, &[])).unwrap();
            }
            drop(give);
            let index =
                |tile: &Option<Arc<SortedTile>>| tile.as_ref().map(|t| t.tile.unwrap().index);
            let seen: Vec<_> = Windows::new(take)
                .map(|w| {
                    (
                        index(&w.before),
                        w.tile.tile.unwrap().index,
                        index(&w.after),
                    )
                })
                .collect();
            let expected: Vec<_> = (0..count)
                .map(|i| (i.checked_sub(1), i, Some(i + 1).filter(|n| *n < count)))
                .collect();
            assert_eq!(seen, expected);
        }
    }

    #[test]
    fn reads_within_the_halo_are_seen_and_no_others() {
        const T: u32 = TILE_SIZE;
        let window = Window {
            before: Some(tile(
                1,
                0,
                &[
                    (10, 100),
                    (T - 5000, 4500),
                    (T - HALO - 100, 100),
                    (T - HALO - 99, 100),
                    (T - 1, 50),
                ],
            )),
            tile: tile(1, 1, &[(T, 100), (T + 40_000, 100), (2 * T - 10, 100)]),
            after: Some(tile(2, 0, &[(0, 100)])),
        };
        let span = T..2 * T;
        let reads = window.calling_reads(&span);
        let positions = |reads: &[RecordView<'_>]| {
            reads
                .iter()
                .map(|r| r.position() as u32)
                .collect::<Vec<_>>()
        };
        // The read that ends where the halo begins is not in it, nor is one of another contig.
        let expected = [T - 5000, T - HALO - 99, T - 1, T, T + 40_000, 2 * T - 10];
        assert_eq!(positions(&reads.records), expected);

        // Parts see what they would see of all reads, however long the longest is.
        for start in (T..2 * T).step_by(7919) {
            let part = start..start + 7919;
            let wide = part.start - HALO..part.end + HALO;
            let expected: Vec<u32> = reads
                .records
                .iter()
                .filter(|r| {
                    (r.position() as u32) < wide.end && r.reference_end() as u32 > wide.start
                })
                .map(|r| r.position() as u32)
                .collect();
            assert_eq!(positions(&reads.around(&part)), expected);
        }
    }
}
