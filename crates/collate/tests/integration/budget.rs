//! The same bytes at any memory budget and from any number of threads.

use std::sync::Mutex;

use fafnir_collate::{Collator, Scratch};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use crate::order::{collate, concatenate, options};
use crate::templates::{Template, batches, template};

pub(crate) fn some_templates(count: usize) -> Vec<Template> {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = prop::collection::vec(template(), count);
    strategy.new_tree(&mut runner).unwrap().current()
}

#[test]
fn memory_does_not_show() {
    let batches = batches(&some_templates(5000), 64);
    let all = collate(options(u64::MAX), &batches);
    let metrics = all.metrics().clone();
    assert!(metrics.libraries[0].read_pair_duplicates > 0);
    let expected = concatenate(all);
    for memory in [0, 1, 10_000, 300_000] {
        let tiles = collate(options(memory), &batches);
        assert_eq!(*tiles.metrics(), metrics);
        assert!(concatenate(tiles) == expected, "at {memory} bytes");
    }
}

#[test]
fn a_tile_looked_at_is_the_one_taken_later() {
    let batches = batches(&some_templates(5000), 64);
    for memory in [0, 300_000, u64::MAX] {
        let looking = collate(options(memory), &batches);
        let mut tiles = collate(options(memory), &batches);
        let mut seen = 0;
        while let Some(taken) = tiles.next_tile().unwrap() {
            if let Some(tile) = taken.tile {
                assert!(looking.look_at(tile).unwrap() == taken, "at {memory} bytes");
                seen += taken.starts.len();
            }
        }
        assert!(seen > 0);
        // To look takes nothing away.
        let all = concatenate(collate(options(memory), &batches));
        assert!(concatenate(looking) == all, "at {memory} bytes");
    }
}

#[test]
fn threads_do_not_show() {
    let batches = batches(&some_templates(5000), 16);
    let expected = concatenate(collate(options(u64::MAX), &batches));
    for memory in [0, 100_000] {
        let collator = Collator::new(options(memory));
        let queue = Mutex::new(batches.clone());
        std::thread::scope(|scope| {
            for _ in 0..7 {
                scope.spawn(|| {
                    let mut scratch = Scratch::default();
                    while let Some(batch) = { queue.lock().unwrap().pop() } {
                        collator.add(collator.prepare(batch, &mut scratch)).unwrap();
                    }
                });
            }
        });
        let mut tiles = collator.finish().unwrap();
        let duplicates = tiles.duplicates().clone();
        let taken: Vec<_> = std::iter::from_fn(|| tiles.take()).collect();
        let sorted = Mutex::new(Vec::new());
        let queue = Mutex::new(taken.into_iter().enumerate());
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while let Some((i, tile)) = { queue.lock().unwrap().next() } {
                        let tile = tile.sort(&duplicates).unwrap();
                        sorted.lock().unwrap().push((i, tile.bytes));
                    }
                });
            }
        });
        let mut sorted = sorted.into_inner().unwrap();
        sorted.sort();
        let bytes: Vec<u8> = sorted.into_iter().flat_map(|(_, bytes)| bytes).collect();
        assert!(bytes == expected, "at {memory} bytes");
    }
}
