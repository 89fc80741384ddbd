//! The stage *Model*: what the reads of some tiles say of the library's indel errors and of the sample's
//! sex chromosomes, before anything is called.

use std::{collections::BTreeMap, path::Path};

use fafnir_collate::SortedTile;
use fafnir_io::{
    ContigId, Reference,
    bam::{RecordView, Records},
    tile::{TILE_SIZE, Tile},
};
use fafnir_variant_caller::{Chromosome, Depth, PloidyEstimate, SlipCounts};

use super::{Pipeline, ordered::map_in_order};
use crate::error::Error;

/// Tiles whose reads are asked: one in two, and no more than 256 in all, which bounds the cost.
const LEAST_STEP: usize = 2;
const MOST_TILES: usize = 256;
/// Of X and Y one in four beside them: half of Y is N, and much of the rest repeats.
const SEX_STEP: u32 = 4;

/// The tiles that a sample's model is made from, in order: a function of the reference alone, so that
/// neither targets nor files change it.
pub(super) fn sampled_tiles(reference: &Reference) -> Vec<Tile> {
    let contigs = reference.contigs().iter().zip(0..);
    let tiles = contigs.flat_map(|(contig, number)| {
        let is_sex = matches!(
            Chromosome::of(&contig.name),
            Some(Chromosome::X | Chromosome::Y)
        );
        (0..contig.length.div_ceil(TILE_SIZE)).map(move |index| {
            let tile = Tile {
                contig: ContigId(number),
                index,
            };
            (tile, is_sex && index.is_multiple_of(SEX_STEP))
        })
    });
    let step = tiles.clone().count().div_ceil(MOST_TILES).max(LEAST_STEP);
    let sampled = (0_usize..)
        .zip(tiles)
        .filter(|(number, (_, is_of_sex))| number.is_multiple_of(step) || *is_of_sex);
    sampled.map(|(_, (tile, _))| tile).collect()
}

/// What the reads of a tile show.
#[derive(Debug, Default, PartialEq)]
struct TileCount {
    slips: SlipCounts,
    depth: Depth,
}

/// What reads show, tile by tile.
#[derive(Debug, Default)]
pub(super) struct TileCounts(BTreeMap<Tile, TileCount>);

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

    /// How all of them show the lengths of repeats.
    pub(super) fn slips(&self) -> SlipCounts {
        let mut sum = SlipCounts::default();
        self.0.values().for_each(|count| sum.merge(&count.slips));
        sum
    }

    /// What their depth tells of the sex chromosomes, where the reference has them.
    pub(super) fn ploidy(&self, reference: &Reference) -> Option<PloidyEstimate> {
        let depths = self
            .0
            .iter()
            .map(|(tile, count)| (tile.contig, &count.depth));
        PloidyEstimate::new(reference, depths)
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

fn count(reference: &Reference, tile: &SortedTile) -> TileCount {
    let Some(at) = tile.tile else {
        return TileCount::default();
    };
    let records: Vec<RecordView<'_>> = Records::new(&tile.bytes).collect();
    let end = (at.start() + TILE_SIZE).min(reference.contig(at.contig).length);
    let span = at.start()..end;
    TileCount {
        slips: SlipCounts::of_span(reference, at.contig, span.clone(), &records),
        depth: Depth::of_span(reference, at.contig, span, &records),
    }
}
