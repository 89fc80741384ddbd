//! Gives the genome's tiles in order, each sorted.

use std::collections::BTreeMap;
use std::sync::Arc;

use fafnir_io::ContigId;
use fafnir_io::bam::flag;
use fafnir_io::tile::{TILE_SIZE, Tile};

use crate::collator::{Bin, Options};
use crate::duplicates::Duplicates;
use crate::error::CollateError;
use crate::metrics::DuplicateMetrics;
use crate::prepare::{Chunk, PREFIX};
use crate::slot::{SLOTS, Slot};
use crate::spill::{Extent, SpillFile};

/// Offset of FLAG in a record with its `block_size`.
const FLAG: usize = 4 + 14;

/// All tiles of the genome in order, empty ones too, and the unplaced reads after them.
pub struct SortedTiles {
    contig_lengths: Vec<u32>,
    marking: Marking,
    bins: BTreeMap<u64, Bin>,
    file: Option<Arc<SpillFile>>,
    duplicates: Arc<Duplicates>,
    metrics: DuplicateMetrics,
    /// The next tile; at the last contig's end the unplaced reads begin.
    next: Tile,
    /// The bin that tiles are being given out of, unpacked.
    open: Option<OpenBin>,
}

/// What happens to duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marking {
    Leave,
    Mark,
    Remove,
}

/// A bin's content by slot.
struct OpenBin {
    number: u64,
    chunks: Arc<Vec<Chunk>>,
    slots: Vec<Content>,
}

/// Where a slot's records are.
#[derive(Default)]
struct Content {
    /// Number of the chunk, start and end in it.
    held: Vec<(u32, usize, usize)>,
    spilled: Vec<Extent>,
}

/// A tile's records as they came: [`UnsortedTile::sort`] may run on any thread.
pub struct UnsortedTile {
    tile: Option<Tile>,
    chunks: Arc<Vec<Chunk>>,
    content: Content,
    file: Option<Arc<SpillFile>>,
    marking: Marking,
}

/// A tile's records, ready to be written and called from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SortedTile {
    /// The tile; `None` for unplaced reads, of which several parts may follow one another.
    pub tile: Option<Tile>,
    /// Records with `block_size`, in order, duplicate flags set.
    pub bytes: Vec<u8>,
    /// Where each record starts in `bytes`.
    pub starts: Vec<u32>,
}

impl SortedTiles {
    pub(crate) fn new(
        options: Options,
        bins: BTreeMap<u64, Bin>,
        file: Option<Arc<SpillFile>>,
        duplicates: Duplicates,
        metrics: DuplicateMetrics,
    ) -> Self {
        let marking = match (options.mark_duplicates, options.remove_duplicates) {
            (false, _) => Marking::Leave,
            (true, false) => Marking::Mark,
            (true, true) => Marking::Remove,
        };
        Self {
            contig_lengths: options.contig_lengths,
            marking,
            bins,
            file,
            duplicates: Arc::new(duplicates),
            metrics,
            next: Tile {
                contig: ContigId(0),
                index: 0,
            },
            open: None,
        }
    }

    /// Which templates are duplicates.
    pub fn duplicates(&self) -> &Arc<Duplicates> {
        &self.duplicates
    }

    /// Duplicates by library.
    pub fn metrics(&self) -> &DuplicateMetrics {
        &self.metrics
    }

    /// The next tile, not yet sorted: cheap, nothing is read. `None` after the last.
    pub fn take(&mut self) -> Option<UnsortedTile> {
        while let Some(length) = self.contig_lengths.get(self.next.contig.0 as usize) {
            let tile = self.next;
            if tile.index < length.div_ceil(TILE_SIZE) {
                self.next.index += 1;
                return Some(self.unsorted(Some(tile), Slot::of_tile(tile)));
            }
            self.next = Tile {
                contig: ContigId(tile.contig.0 + 1),
                index: 0,
            };
        }
        loop {
            // All placed records are given out: what is left in bins is unplaced.
            if self.open.is_none() {
                let number = *self.bins.first_key_value()?.0;
                self.open(number);
            }
            let open = self.open.as_ref()?;
            let next = open.slots.iter().position(|content| !content.is_empty());
            match next {
                Some(place) => {
                    let slot = Slot(open.number * SLOTS as u64 + place as u64);
                    return Some(self.unsorted(None, slot));
                }
                None => self.open = None,
            }
        }
    }

    /// Takes and sorts the next tile.
    ///
    /// # Errors
    /// As [`UnsortedTile::sort`].
    pub fn next_tile(&mut self) -> Result<Option<SortedTile>, CollateError> {
        self.take()
            .map(|tile| tile.sort(&self.duplicates))
            .transpose()
    }

    /// A tile that was not taken yet, sorted; it stays among those to take. A tile that was taken is empty.
    ///
    /// # Errors
    /// As [`UnsortedTile::sort`].
    pub fn look_at(&self, tile: Tile) -> Result<SortedTile, CollateError> {
        let slot = Slot::of_tile(tile);
        let Some(bin) = self.bins.get(&slot.bin()) else {
            return Ok(SortedTile {
                tile: Some(tile),
                ..SortedTile::default()
            });
        };
        let extents = bin.spilled.iter().filter(|(of, _)| *of == slot);
        let spilled = read_spilled(self.file.as_deref(), extents.map(|(_, extent)| extent))?;
        let held = bin.chunks.iter().flat_map(|chunk| {
            let of_slot = chunk.slots().filter(|(of, _)| *of == slot);
            of_slot.map(|(_, range)| &chunk.bytes[range])
        });
        let pieces: Vec<&[u8]> = held.chain(spilled.iter().map(Vec::as_slice)).collect();
        sort(Some(tile), &pieces, self.marking, &self.duplicates)
    }

    fn unsorted(&mut self, tile: Option<Tile>, slot: Slot) -> UnsortedTile {
        if self.open.as_ref().is_none_or(|o| o.number != slot.bin()) {
            self.open(slot.bin());
        }
        let (chunks, content) = match &mut self.open {
            Some(open) => (
                open.chunks.clone(),
                std::mem::take(&mut open.slots[slot.within_bin()]),
            ),
            None => Default::default(),
        };
        UnsortedTile {
            tile,
            chunks,
            content,
            file: self.file.clone(),
            marking: self.marking,
        }
    }

    fn open(&mut self, number: u64) {
        self.open = self.bins.remove(&number).map(|bin| {
            let mut slots: Vec<Content> = (0..SLOTS).map(|_| Content::default()).collect();
            for (i, chunk) in bin.chunks.iter().enumerate() {
                for (slot, range) in chunk.slots() {
                    let held = &mut slots[slot.within_bin()].held;
                    held.push((i as u32, range.start, range.end));
                }
            }
            for (slot, extent) in bin.spilled {
                slots[slot.within_bin()].spilled.push(extent);
            }
            OpenBin {
                number,
                chunks: Arc::new(bin.chunks),
                slots,
            }
        });
    }
}

impl Content {
    fn is_empty(&self) -> bool {
        self.held.is_empty() && self.spilled.is_empty()
    }
}

impl UnsortedTile {
    /// The tile; `None` for unplaced reads.
    pub fn tile(&self) -> Option<Tile> {
        self.tile
    }

    /// Reads what was spilled, sorts, sets the duplicate flags.
    ///
    /// # Errors
    /// A failing or damaged temporary file; more than 4 GiB of records.
    pub fn sort(self, duplicates: &Duplicates) -> Result<SortedTile, CollateError> {
        let spilled = read_spilled(self.file.as_deref(), self.content.spilled.iter())?;
        let held = self.content.held.iter();
        let pieces: Vec<&[u8]> = held
            .map(|&(chunk, start, end)| &self.chunks[chunk as usize].bytes[start..end])
            .chain(spilled.iter().map(Vec::as_slice))
            .collect();
        sort(self.tile, &pieces, self.marking, duplicates)
    }
}

fn read_spilled<'e>(
    file: Option<&SpillFile>,
    extents: impl Iterator<Item = &'e Extent>,
) -> Result<Vec<Vec<u8>>, CollateError> {
    let mut extents = extents.peekable();
    match file {
        Some(file) if extents.peek().is_some() => {
            let mut decompressor = file.decompressor()?;
            extents
                .map(|extent| file.read(&mut decompressor, extent))
                .collect()
        }
        _ => Ok(Vec::new()),
    }
}

/// Sorts the records of a tile and sets their duplicate flags.
fn sort(
    tile: Option<Tile>,
    pieces: &[&[u8]],
    marking: Marking,
    duplicates: &Duplicates,
) -> Result<SortedTile, CollateError> {
    let total: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
    if total > u64::from(u32::MAX) {
        return Err(CollateError::TileTooLarge { bytes: total });
    }
    let mut records: Vec<Keyed<'_>> = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        while let Some((record, after)) = Keyed::split(rest) {
            records.push(record);
            rest = after;
        }
    }
    records.sort_unstable_by_key(|r| r.key);
    let mut sorted = SortedTile {
        tile,
        bytes: Vec::with_capacity(total as usize - PREFIX * records.len()),
        starts: Vec::with_capacity(records.len()),
    };
    for record in &records {
        let duplicate = marking != Marking::Leave && duplicates.contains(record.ordinal());
        if duplicate && marking == Marking::Remove {
            continue;
        }
        let start = sorted.bytes.len();
        sorted.starts.push(start as u32);
        sorted.bytes.extend_from_slice(record.bytes);
        if marking != Marking::Leave {
            let flags = &mut sorted.bytes[start + FLAG..start + FLAG + 2];
            let mark = flag::DUPLICATE.to_le_bytes();
            for (byte, mark) in flags.iter_mut().zip(mark) {
                *byte = *byte & !mark | if duplicate { mark } else { 0 };
            }
        }
    }
    Ok(sorted)
}

/// A record with what it is ordered by.
#[derive(Clone, Copy)]
struct Keyed<'a> {
    /// From the top: position + 1 (32 bits), reverse strand (1), ordinal (64), place in the
    /// template (31). No two records have the same.
    key: u128,
    /// With `block_size`.
    bytes: &'a [u8],
}

impl<'a> Keyed<'a> {
    /// The first of the held records in `bytes`, and the rest.
    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (ordinal, rest) = bytes.split_first_chunk::<8>()?;
        let (index, record) = rest.split_first_chunk::<4>()?;
        let size = u32::from_le_bytes(*record.first_chunk::<4>()?) as usize;
        let (bytes, rest) = record.split_at_checked(size + 4)?;
        let position = i32::from_le_bytes(*bytes[8..].first_chunk()?);
        // Unplaced reads are ordered by ordinal alone.
        let contig = i32::from_le_bytes(*bytes[4..].first_chunk()?);
        let place = if contig < 0 {
            0
        } else {
            let reverse = bytes[FLAG] & flag::REVERSE as u8 != 0;
            (position.wrapping_add(1) as u32 as u128) << 1 | u128::from(reverse)
        };
        let key = place << 95
            | u128::from(u64::from_le_bytes(*ordinal)) << 31
            | u128::from(u32::from_le_bytes(*index));
        Some((Self { key, bytes }, rest))
    }

    fn ordinal(&self) -> u64 {
        (self.key >> 31) as u64
    }
}
