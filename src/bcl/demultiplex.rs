//! Tile after tile, in parallel; what is made of them is handed on in the order of tiles.

use std::sync::{Mutex, PoisonError};

use fafnir_io::bcl::{Missing, TileId};
use rayon::ThreadPool;
use serde_json::{Map, Value, json};

use super::Converted;
use super::plan::RunPlan;
use super::reports::{Logs, Statistics};
use super::tile::{self, ReadSink, Scratch, TileReads};
use crate::error::Error;
use crate::pipeline::ordered::map_in_order;
use crate::progress::{Progress, Stage};

/// Warnings of one kind that are told; more are counted.
const TOLD: usize = 20;

/// Who is told of warnings.
pub(crate) struct Told<'a> {
    pub(crate) progress: &'a dyn Progress,
    /// Whether `progress` knows the warnings, of an earlier pass over the run folder.
    knows: bool,
    pub(super) logs: Logs,
}

impl<'a> Told<'a> {
    /// Nothing told yet.
    pub(crate) fn new(progress: &'a dyn Progress) -> Self {
        Self {
            progress,
            knows: false,
            logs: Logs::default(),
        }
    }

    /// All told by an earlier pass over the same tiles.
    pub(crate) fn already(progress: &'a dyn Progress) -> Self {
        Self {
            knows: true,
            ..Self::new(progress)
        }
    }

    pub(crate) fn warn(&mut self, message: &str) {
        if !self.knows {
            self.progress.warn(message);
        }
        self.log(message);
    }

    /// Warns in the log alone, which is the place for names of samples.
    pub(crate) fn log(&mut self, message: &str) {
        self.logs.warning(message);
    }
}

impl RunPlan {
    /// Tells what the sheet's reader passed over.
    pub(super) fn warn_of_sheet(&self, told: &mut Told<'_>) {
        let (sheet, _) = self.sheet.get();
        for warning in sheet.warnings() {
            let (line, column) = (warning.line, warning.column);
            told.warn(&format!(
                "sample sheet: line {line}, column {column}: {}",
                warning.message
            ));
        }
    }

    /// Reads all tiles on the pool, at most `ahead` before the one that is handed on. `sink` makes
    /// the sink of a tile, given the place of its lane; `take` gets what the sinks made, in the
    /// order of tiles.
    pub(super) fn demultiplex<S: ReadSink<Made: Send>>(
        &self,
        pool: &ThreadPool,
        ahead: usize,
        sink: impl Fn(usize) -> S + Sync,
        told: &mut Told<'_>,
        mut take: impl FnMut(usize, S::Made) -> Result<(), Error>,
    ) -> Result<(Converted, Statistics), Error> {
        let missing = match self.demultiplexing.strict {
            true => Missing::Refuse,
            false => Missing::FillWithN,
        };
        let resting: Mutex<Vec<Scratch>> = Mutex::default();
        let resting = || resting.lock().unwrap_or_else(PoisonError::into_inner);
        let work = |(lane, tile): (usize, TileId)| {
            let mut scratch = resting().pop().unwrap_or_default();
            let reads = tile::read(
                &self.folder,
                &self.lanes[lane],
                &self.layouts[lane],
                tile,
                missing,
                &mut scratch,
                sink(lane),
            )?;
            resting().push(scratch);
            Ok((lane, reads))
        };
        let mut converted = Converted {
            tiles: self.tiles.len(),
            ..Converted::default()
        };
        let (mut statistics, mut warnings) = (Statistics::default(), 0);
        told.progress
            .begin(Stage::Convert, Some(self.clusters.iter().sum()));
        let hand_on = |(lane, reads): (usize, TileReads<S::Made>)| {
            take(lane, reads.made)?;
            for warning in &reads.warnings {
                warnings += 1;
                if warnings <= TOLD {
                    told.warn(&format!("{warning}; filled with N"));
                }
            }
            converted.clusters += reads.clusters;
            converted.undetermined += reads.undetermined;
            statistics.merge(reads.statistics);
            told.progress.advance(Stage::Convert, reads.clusters);
            Ok(())
        };
        let items = self.tiles.iter().copied().map(Ok);
        map_in_order(pool, ahead, items, work, hand_on)?;
        if warnings > TOLD {
            told.warn(&format!(
                "{} more files or cycles were missing or damaged, and were filled with N; \
                 --strict-mode refuses them",
                warnings - TOLD
            ));
        }
        told.progress.end(Stage::Convert);
        Ok((converted, statistics))
    }

    /// What the reads are a function of, beside the inputs.
    pub(super) fn parameters(&self) -> Map<String, Value> {
        let asked = &self.demultiplexing;
        let [tiles, excluded] = asked.tiles.expressions();
        object(json!({
            "onlyLane": asked.only_lane,
            "tiles": tiles,
            "excludeTiles": excluded,
            "firstTileOnly": asked.first_tile_only,
            "strictMode": asked.strict,
            "noLaneSplitting": self.joins_lanes(),
        }))
    }
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
