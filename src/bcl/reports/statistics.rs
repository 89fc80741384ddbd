//! What is counted for the reports.

use std::collections::{BTreeMap, BTreeSet};

use super::unknown::{self, UnknownBarcodes};

/// The counts of some tiles.
///
/// All are sums, so that merging is associative and the result is the same however many threads
/// there were. Only where a lane has more than half a million different unknown barcodes do the rare
/// ones that are left depend on the order of the tiles, which should be that of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    pub(super) lanes: BTreeMap<u8, LaneStatistics>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LaneStatistics {
    pub(super) tiles: BTreeSet<u32>,
    /// By library and tile, where there are any.
    pub(super) counts: BTreeMap<(u32, u32), Counts>,
    /// By library and read.
    pub(super) adapters: Vec<AdapterCounts>,
    /// By the libraries of the first and of the second index.
    pub(super) hopped: BTreeMap<(u32, u32), u64>,
    pub(super) unknown: UnknownBarcodes,
}

/// Counts of a library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// By mismatches.
    pub(super) clusters: [u64; 3],
    /// By read.
    pub(super) qualities: Box<[QualityCounts]>,
}

/// Calls of a read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct QualityCounts {
    pub(super) bases: u64,
    /// Those of quality 30 or more.
    pub(super) bases_q30: u64,
    pub(super) quality_sum: u64,
}

/// Adapters of a read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AdapterCounts {
    /// Bases trimmed or masked.
    pub(super) bases: u64,
    /// Adapters that begin at each cycle; empty for none.
    pub(super) starts: Vec<u64>,
}

impl Statistics {
    pub(super) fn of_lane(lane: u8, statistics: LaneStatistics) -> Self {
        Self {
            lanes: BTreeMap::from([(lane, statistics)]),
        }
    }

    /// Clusters of a library, by its place in the lane's plan.
    pub fn clusters(&self, lane: u8, library: usize) -> u64 {
        let lane = self.lanes.get(&lane);
        lane.map_or(0, |lane| lane.sum(library, 0).total())
    }

    /// Adds the counts of other tiles, those that follow in the order of tiles.
    pub fn merge(&mut self, later: Self) {
        for (lane, later) in later.lanes {
            self.lanes.entry(lane).or_default().merge(later);
        }
    }
}

impl LaneStatistics {
    fn merge(&mut self, later: Self) {
        self.tiles.extend(later.tiles);
        for (key, counts) in later.counts {
            self.counts.entry(key).or_default().merge(&counts);
        }
        if self.adapters.len() < later.adapters.len() {
            let length = later.adapters.len();
            self.adapters.resize_with(length, AdapterCounts::default);
        }
        for (sum, later) in self.adapters.iter_mut().zip(&later.adapters) {
            sum.bases += later.bases;
            add(&mut sum.starts, &later.starts);
        }
        for (pair, count) in later.hopped {
            *self.hopped.entry(pair).or_default() += count;
        }
        self.unknown.merge(later.unknown, unknown::OF_LANE);
    }

    /// The counts of a library's tiles, in order.
    pub(super) fn of_library(&self, library: usize) -> impl Iterator<Item = (u32, &Counts)> {
        let library = library as u32;
        self.counts
            .range((library, 0)..=(library, u32::MAX))
            .map(|(&(_, tile), counts)| (tile, counts))
    }

    /// All tiles of the lane, in order, with the counts of a library where there are any.
    pub(super) fn tiles_of(&self, library: usize) -> impl Iterator<Item = (u32, Option<&Counts>)> {
        let library = library as u32;
        self.tiles
            .iter()
            .map(move |&tile| (tile, self.counts.get(&(library, tile))))
    }

    /// The counts of a library in all tiles, of a lane with `reads` sequencing reads.
    pub(super) fn sum(&self, library: usize, reads: usize) -> Counts {
        let mut sum = Counts::zero(reads);
        for (_, counts) in self.of_library(library) {
            sum.merge(counts);
        }
        sum
    }

    /// All clusters.
    pub(super) fn clusters(&self) -> u64 {
        self.counts.values().map(Counts::total).sum()
    }
}

impl Counts {
    pub(super) fn zero(reads: usize) -> Self {
        Self {
            clusters: [0; 3],
            qualities: vec![QualityCounts::default(); reads].into(),
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.clusters.iter().sum()
    }

    fn merge(&mut self, later: &Self) {
        for (sum, later) in self.clusters.iter_mut().zip(later.clusters) {
            *sum += later;
        }
        if self.qualities.is_empty() {
            self.qualities = later.qualities.clone();
            return;
        }
        for (sum, later) in self.qualities.iter_mut().zip(&later.qualities) {
            sum.bases += later.bases;
            sum.bases_q30 += later.bases_q30;
            sum.quality_sum += later.quality_sum;
        }
    }
}

impl QualityCounts {
    #[inline]
    pub(super) fn add_calls(&mut self, calls: &[u8]) {
        // Short enough for the sums to fit bytes and 16 bits, which is what makes them fast.
        for calls in calls.chunks(255) {
            let (mut sum, mut q30) = (0_u16, 0_u8);
            for &call in calls {
                // No call is N of quality 2.
                let quality = if call == 0 { 2 } else { call >> 2 };
                sum += u16::from(quality);
                q30 += u8::from(quality >= 30);
            }
            self.quality_sum += u64::from(sum);
            self.bases_q30 += u64::from(q30);
        }
        self.bases += calls.len() as u64;
    }
}

impl AdapterCounts {
    #[inline]
    pub(super) fn add(&mut self, start: usize, bases: usize, cycles: usize) {
        if self.starts.is_empty() {
            self.starts = vec![0; cycles];
        }
        self.bases += bases as u64;
        if let Some(count) = self.starts.get_mut(start) {
            *count += 1;
        }
    }
}

/// Adds counts one by one, where `sum` may not have any yet.
fn add(sum: &mut Vec<u64>, later: &[u64]) {
    if sum.len() < later.len() {
        sum.resize(later.len(), 0);
    }
    for (sum, later) in sum.iter_mut().zip(later) {
        *sum += later;
    }
}
