//! The stage *Model*: what the reads of some tiles say of the library's indel errors, before anything is
//! called.

use std::{collections::BTreeMap, path::Path};

use fafnir_collate::SortedTile;
use fafnir_io::{
    ContigId, Reference,
    bam::{RecordView, Records},
    tile::{TILE_SIZE, Tile},
};
use fafnir_variant_caller::SlipCounts;

use super::{Pipeline, ordered::map_in_order};
use crate::error::Error;

/// Tiles whose reads are asked: one in two, and no more than 256 in all, which bounds the cost.
const LEAST_STEP: usize = 2;
const MOST_TILES: usize = 256;

/// The tiles that a sample's model is made from, in order: a function of the reference alone, so that
/// neither targets nor files change it.
pub(super) fn sampled_tiles(reference: &Reference) -> Vec<Tile> {
    let contigs = reference.contigs().iter().zip(0..);
    let tiles = contigs.flat_map(|(contig, number)| {
        (0..contig.length.div_ceil(TILE_SIZE)).map(move |index| Tile {
            contig: ContigId(number),
            index,
        })
    });
    let step = tiles.clone().count().div_ceil(MOST_TILES).max(LEAST_STEP);
    tiles.step_by(step).collect()
}

/// What reads show, tile by tile.
#[derive(Debug, Default)]
pub(super) struct TileCounts(BTreeMap<Tile, SlipCounts>);

impl TileCounts {
    /// Counts in `tiles`, which `sort` makes on the pool.
    pub(super) fn gather<T: Send>(
        pipeline: &Pipeline,
        tiles: impl Iterator<Item = Result<T, Error>> + Send,
        sort: impl Fn(T) -> Result<SortedTile, Error> + Sync,
    ) -> Result<Self, Error> {
        let mut counts = Self::default();
        map_in_order(
            &pipeline.pool,
            pipeline.plan.workers,
            tiles,
            |tile| {
                let sorted = sort(tile)?;
                Ok((sorted.tile, count(pipeline.index.reference(), &sorted)))
            },
            |(tile, found)| {
                counts.0.extend(tile.map(|tile| (tile, found)));
                Ok(())
            },
        )?;
        Ok(counts)
    }

    /// All of them.
    pub(super) fn sum(&self) -> SlipCounts {
        let mut sum = SlipCounts::default();
        self.0.values().for_each(|counts| sum.merge(counts));
        sum
    }

    /// Refuses a tile of `file` whose reads are others than those that were counted.
    pub(super) fn check(
        &self,
        tile: &SortedTile,
        reference: &Reference,
        file: &Path,
    ) -> Result<(), Error> {
        let counted = tile.tile.and_then(|tile| Some((tile, self.0.get(&tile)?)));
        match counted {
            Some((at, counts)) if *counts != count(reference, tile) => Err(Error::input(format!(
                "{}: the reads from {}:{} on are not those that the model was made from: the file \
                     changed while it was read, or its index is of another file; index it again",
                file.display(),
                reference.contig(at.contig).name,
                at.start() + 1,
            ))),
            _ => Ok(()),
        }
    }
}

fn count(reference: &Reference, tile: &SortedTile) -> SlipCounts {
    let Some(at) = tile.tile else {
        return SlipCounts::default();
    };
    let records: Vec<RecordView<'_>> = Records::new(&tile.bytes).collect();
    let end = (at.start() + TILE_SIZE).min(reference.contig(at.contig).length);
    SlipCounts::of_span(reference, at.contig, at.start()..end, &records)
}
