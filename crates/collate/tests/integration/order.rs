//! The output against the oracle, whatever the order of arrival.

use std::path::Path;

use fafnir_collate::{Collator, Options, Scratch, SortedTiles};
use fafnir_io::ContigId;
use fafnir_io::bam::{RecordBatch, Records};
use fafnir_io::tile::Tile;
use proptest::prelude::*;

use crate::budget::some_templates;
use crate::oracle;
use crate::templates::{CONTIG_LENGTHS, LIBRARIES, batches, template};

pub(crate) fn options(memory: u64) -> Options {
    Options {
        contig_lengths: CONTIG_LENGTHS.to_vec(),
        library_of_read_group: LIBRARIES.to_vec(),
        memory,
        temporary_directory: std::env::temp_dir(),
        mark_duplicates: true,
        remove_duplicates: false,
    }
}

pub(crate) fn collate(options: Options, batches: &[RecordBatch]) -> SortedTiles {
    assert!(Path::new(&options.temporary_directory).is_dir());
    let collator = Collator::new(options);
    let mut scratch = Scratch::default();
    for batch in batches {
        let prepared = collator.prepare(batch.clone(), &mut scratch);
        collator.add(prepared).unwrap();
    }
    collator.finish().unwrap()
}

/// All tiles' bytes, after checking that they are in order and that each holds its own records.
pub(crate) fn concatenate(mut tiles: SortedTiles) -> Vec<u8> {
    let mut expected = CONTIG_LENGTHS.iter().enumerate().flat_map(|(c, length)| {
        (0..length.div_ceil(fafnir_io::tile::TILE_SIZE)).map(move |index| Tile {
            contig: ContigId(c as u32),
            index,
        })
    });
    let mut all = Vec::new();
    while let Some(tile) = tiles.next_tile().unwrap() {
        assert_eq!(tile.tile, expected.next());
        let mut start = 0;
        let mut starts = Vec::new();
        for record in Records::new(&tile.bytes) {
            let own = (record.contig() >= 0)
                .then(|| Tile::of(ContigId(record.contig() as u32), record.position() as u32));
            assert_eq!(tile.tile, own);
            starts.push(start);
            start += 4 + record.as_bytes().len() as u32;
        }
        assert_eq!(tile.starts, starts);
        all.extend_from_slice(&tile.bytes);
    }
    assert_eq!(expected.next(), None);
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn equals_the_oracle(
        (templates, size, order) in prop::collection::vec(template(), 0..250)
            .prop_flat_map(|t| (Just(t), 1usize..40))
            .prop_flat_map(|(t, size)| {
                let order: Vec<usize> = (0..batches(&t, size).len()).collect();
                (Just(t), Just(size), Just(order).prop_shuffle())
            }),
        remove in any::<bool>(),
    ) {
        let batches = batches(&templates, size);
        let arriving: Vec<_> = order.iter().map(|i| batches[*i].clone()).collect();
        let options = Options { remove_duplicates: remove, ..options(u64::MAX) };
        let tiles = collate(options, &arriving);
        let duplicates = oracle::duplicates(&batches);
        for batch in &batches {
            for i in 0..batch.len() as u64 {
                let ordinal = batch.first_ordinal + i;
                let marked = tiles.duplicates().contains(ordinal);
                prop_assert_eq!(marked, duplicates.contains(&ordinal));
            }
        }
        prop_assert!(concatenate(tiles) == oracle::collate(&batches, remove));
    }
}

#[test]
fn nothing_in_gives_every_tile_empty() {
    let tiles = collate(options(0), &[]);
    assert!(concatenate(tiles).is_empty());
}

#[test]
fn flags_stay_as_they_came_without_marking() {
    let mut batches = batches(&some_templates(300), 50);
    for batch in &mut batches {
        // FLAG of the first record: mark it.
        batch.bytes[19] |= 4;
    }
    let unmarked = Options {
        mark_duplicates: false,
        remove_duplicates: true,
        ..options(0)
    };
    let bytes = concatenate(collate(unmarked, &batches));
    let marked = Records::new(&bytes).filter(|r| r.flag() & 0x400 != 0);
    assert_eq!(marked.count(), batches.len());
    let records = |b: &RecordBatch| Records::new(&b.bytes).count();
    let count: usize = batches.iter().map(records).sum();
    assert_eq!(Records::new(&bytes).count(), count);
}
