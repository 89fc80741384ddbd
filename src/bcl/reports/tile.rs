//! Counts the clusters of a tile.

use std::{collections::BTreeMap, mem};

use fafnir_io::bcl::barcodes::Match;

use super::layout::LaneLayout;
use super::statistics::{AdapterCounts, Counts, LaneStatistics, QualityCounts, Statistics};
use super::unknown::{self, UnknownBarcodes};

/// Counts the clusters of one tile that passed the filter: `cluster` for each, then `read` and
/// `adapter` for its sequencing reads.
#[derive(Debug)]
pub struct TileCounter<'a> {
    layout: &'a LaneLayout,
    tile: u32,
    /// By library, by mismatches.
    clusters: Vec<[u64; 3]>,
    /// By library and read.
    qualities: Vec<QualityCounts>,
    /// By library and read; without counts until an adapter is found.
    adapters: Vec<AdapterCounts>,
    /// Barcodes of the latest clusters without a library.
    unknown: UnknownBarcodes,
    /// What is kept of those before.
    kept: UnknownBarcodes,
    hopped: BTreeMap<(u32, u32), u64>,
}

impl<'a> TileCounter<'a> {
    /// A counter of a tile of a lane.
    pub fn new(layout: &'a LaneLayout, tile: u32) -> Self {
        let libraries = layout.libraries.len() + 1;
        let reads = libraries * layout.cycles.len();
        Self {
            layout,
            tile,
            clusters: vec![[0; 3]; libraries],
            qualities: vec![QualityCounts::default(); reads],
            adapters: vec![AdapterCounts::default(); reads],
            unknown: UnknownBarcodes::default(),
            kept: UnknownBarcodes::default(),
            hopped: BTreeMap::new(),
        }
    }

    /// Counts a cluster, and gives its library's place for `read` and `adapter`.
    ///
    /// `indexes` are the bases of its index cycles (`I`) as the run read them, used where no library
    /// claims it.
    ///
    /// Mismatches are those of the index that has more of them: where BCL Convert allows one in each
    /// of two indexes, it counts no read with two (MultiQC's 3.9.3).
    #[inline]
    pub fn cluster(&mut self, found: Option<Match>, indexes: [&[u8]; 2]) -> usize {
        match found {
            Some(Match {
                barcode,
                mismatches: [first, second],
            }) => {
                self.clusters[barcode][first.max(second).min(2) as usize] += 1;
                barcode
            }
            None => {
                let undetermined = self.layout.undetermined();
                self.clusters[undetermined][0] += 1;
                self.unknown.add(indexes);
                if self.unknown.len() == unknown::AT_ONCE {
                    self.keep_frequent();
                }
                undetermined
            }
        }
    }

    /// Counts the calls of a cluster's sequencing read, at once or in parts; `read` is 0 for R1.
    ///
    /// They are the calls of all cycles of the read, before adapters are trimmed, in the form of
    /// [`TileCalls`](fafnir_io::bcl::TileCalls).
    #[inline]
    pub fn read(&mut self, library: usize, read: usize, calls: &[u8]) {
        self.qualities[library * self.layout.cycles.len() + read].add_calls(calls);
    }

    /// Counts an adapter of a read, which begins at its base `start`, from 0, and for which `bases`
    /// of the read were trimmed or masked.
    #[inline]
    pub fn adapter(&mut self, library: usize, read: usize, start: usize, bases: usize) {
        let cycles = self.layout.cycles[read];
        let counts = &mut self.adapters[library * self.layout.cycles.len() + read];
        counts.add(start, bases, cycles);
    }

    /// The counts of the tile.
    pub fn finish(mut self) -> Statistics {
        self.keep_frequent();
        let reads = self.layout.cycles.len();
        let mut lane = LaneStatistics::default();
        for (library, &clusters) in self.clusters.iter().enumerate() {
            if clusters != [0; 3] {
                let qualities = &self.qualities[library * reads..][..reads];
                lane.counts.insert(
                    (library as u32, self.tile),
                    Counts {
                        clusters,
                        qualities: qualities.into(),
                    },
                );
            }
        }
        lane.tiles.insert(self.tile);
        lane.adapters = self.adapters;
        lane.hopped = self.hopped;
        lane.unknown = self.kept;
        Statistics::of_lane(self.layout.lane, lane)
    }

    /// Counts hopped reads among the latest ones, then forgets rare barcodes.
    fn keep_frequent(&mut self) {
        let latest = mem::take(&mut self.unknown);
        if let Some(hops) = &self.layout.hops {
            for ([first, second], count) in latest.iter() {
                if let Some(pair) = hops.find([&first, &second]) {
                    *self.hopped.entry(pair).or_default() += count;
                }
            }
        }
        self.kept.merge(latest, unknown::OF_TILE);
    }
}
