//! The conversion from first to last.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use fafnir_attest::key::SigningKey;
use fafnir_attest::statement::SubjectKind;
use fafnir_io::bcl::file_name::FileNaming;
use fafnir_io::bcl::{Missing, RunFolder, TileId};
use fafnir_io::bgzf::Compressor;
use rayon::ThreadPool;
use serde_json::{Map, Value, json};

use super::lane::Lane;
use super::outputs::{Outputs, Statements};
use super::reports::{LaneLayout, Logs, Statistics};
use super::tile::{self, Scratch, TileReads};
use super::{Conversion, Converted, inputs, plan, records};
use crate::error::Error;
use crate::pipeline::{ordered::map_in_order, pool};
use crate::progress::{Progress, Stage};

/// Warnings of one kind that are told; more are counted.
const TOLD: usize = 20;

/// Converts a run folder to FASTQ.
///
/// # Errors
///
/// A sheet that is wrong or does not go with the run, a run folder that is damaged, an output that
/// exists, too little memory; nothing is published then.
pub fn convert(conversion: &Conversion, progress: &dyn Progress) -> Result<Converted, Error> {
    let begun_at = SystemTime::now();
    Compressor::new(conversion.compression_level).map_err(|e| Error::usage(e.to_string()))?;
    let key = match &conversion.key {
        Some(path) => SigningKey::load(path)?,
        None => SigningKey::development()?,
    };
    let read_sheet = plan::sheet(conversion)?;
    let (sheet, sheet_bytes) = read_sheet.get();
    let mut told = Told {
        progress,
        logs: Logs::default(),
    };
    for warning in sheet.warnings() {
        let (line, column) = (warning.line, warning.column);
        told.warn(&format!(
            "sample sheet: line {line}, column {column}: {}",
            warning.message
        ));
    }
    let folder = RunFolder::open(&conversion.run_folder)?;
    let lanes = lanes(conversion, &folder, sheet)?;
    let layouts: Vec<LaneLayout> = lanes
        .iter()
        .map(|lane| LaneLayout::new(lane.number, sheet, &lane.plan))
        .collect();
    let tiles: Vec<(usize, TileId)> = lanes
        .iter()
        .enumerate()
        .flat_map(|(i, lane)| {
            let of_lane = plan::tiles(conversion, &folder, lane.number);
            of_lane.into_iter().map(move |tile| (i, tile))
        })
        .collect();
    if tiles.is_empty() {
        return Err(Error::usage(
            "no tile is left to convert: check --tiles, --exclude-tiles and the run folder",
        ));
    }
    let counts: Vec<u64> = tiles
        .iter()
        .map(|(_, tile)| folder.clusters(*tile).unwrap_or(0))
        .collect();
    let cycles = lanes.iter().map(|lane| lane.cycles.len()).max();
    let largest = counts.iter().copied().max().unwrap_or(0);
    let workers = plan::workers(conversion, largest, cycles.unwrap_or(0))?;
    let pool = pool(workers)?;

    let mut outputs = Outputs::new(&conversion.output_directory, conversion.force)?;
    let places = lanes
        .iter()
        .map(|lane| lane.files.iter().map(|file| outputs.fastq(file)).collect())
        .collect::<Result<Vec<Vec<usize>>, Error>>()?;
    let numbers: Vec<u8> = lanes.iter().map(|lane| lane.number).collect();
    let read = pool.install(|| inputs::prove(&folder, &conversion.run_folder, &numbers))?;

    progress.begin(Stage::Convert, Some(counts.iter().sum()));
    let work = Work {
        conversion,
        folder: &folder,
        lanes: &lanes,
        layouts: &layouts,
        pool: &pool,
        workers,
    };
    let (mut converted, statistics) = work.tiles(&tiles, &places, &mut outputs, &mut told)?;
    progress.end(Stage::Convert);

    let list = Path::new("bcl-inputs.sha256");
    outputs.write(list, SubjectKind::Result, |out| out.write_all(&read.list))?;
    let records = records::Records {
        conversion,
        lanes: &lanes,
        layouts: &layouts,
        statistics: &statistics,
        sheet: sheet_bytes,
    };
    records.write(told.logs, &converted, &mut outputs)?;
    let mut proofs = vec![read.proof, read_sheet.proof().clone()];
    proofs.extend(conversion.inputs.iter().cloned());
    converted.files = outputs.publish(Statements {
        begun_at,
        inputs: &proofs,
        parameters: parameters(conversion, sheet.settings().no_lane_splitting),
        internal: object(json!({ "threads": workers, "memory": conversion.memory })),
        key: &key,
    })?;
    Ok(converted)
}

fn lanes(
    conversion: &Conversion,
    folder: &RunFolder,
    sheet: &fafnir_io::bcl::sample_sheet::SampleSheet,
) -> Result<Vec<Lane>, Error> {
    let default = PathBuf::from("SampleSheet.csv");
    let name = conversion.sample_sheet.as_ref().unwrap_or(&default);
    let naming = FileNaming {
        no_lane_splitting: conversion.no_lane_splitting || sheet.settings().no_lane_splitting,
        project_folders: conversion.project_folders,
        sample_names: conversion.sample_names,
    };
    let reads = plan::reads(folder);
    plan::lanes(conversion, folder, sheet, name)?
        .into_iter()
        .map(|number| Lane::new(number, sheet, folder.run_info(), &reads, naming))
        .collect()
}

/// What tiles are worked with.
struct Work<'a> {
    conversion: &'a Conversion,
    folder: &'a RunFolder,
    lanes: &'a [Lane],
    layouts: &'a [LaneLayout],
    pool: &'a ThreadPool,
    workers: usize,
}

impl Work<'_> {
    fn tiles(
        &self,
        tiles: &[(usize, TileId)],
        places: &[Vec<usize>],
        outputs: &mut Outputs,
        told: &mut Told<'_>,
    ) -> Result<(Converted, Statistics), Error> {
        let missing = match self.conversion.strict {
            true => Missing::Refuse,
            false => Missing::FillWithN,
        };
        let resting: Mutex<Vec<Scratch>> = Mutex::default();
        let resting = || resting.lock().unwrap_or_else(PoisonError::into_inner);
        let work = |(lane, tile): (usize, TileId)| {
            let mut scratch = resting().pop().unwrap_or_default();
            let reads = tile::convert(
                self.folder,
                &self.lanes[lane],
                &self.layouts[lane],
                tile,
                missing,
                self.conversion.compression_level,
                &mut scratch,
            )?;
            resting().push(scratch);
            Ok((lane, reads))
        };
        let mut converted = Converted {
            tiles: tiles.len(),
            ..Converted::default()
        };
        let (mut statistics, mut warnings) = (Statistics::default(), 0);
        let sink = |(lane, reads): (usize, TileReads)| {
            for (file, blocks) in &reads.files {
                outputs.append(places[lane][*file], blocks)?;
            }
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
        let items = tiles.iter().copied().map(Ok);
        map_in_order(self.pool, self.workers, items, work, sink)?;
        if warnings > TOLD {
            told.warn(&format!(
                "{} more files or cycles were missing or damaged, and were filled with N; \
                 --strict-mode refuses them",
                warnings - TOLD
            ));
        }
        Ok((converted, statistics))
    }
}

/// Who is told of warnings.
struct Told<'a> {
    progress: &'a dyn Progress,
    logs: Logs,
}

impl Told<'_> {
    fn warn(&mut self, message: &str) {
        self.progress.warn(message);
        self.logs.warning(message);
    }
}

/// What the results are a function of, beside the inputs.
fn parameters(conversion: &Conversion, no_lane_splitting: bool) -> Map<String, Value> {
    let [tiles, excluded] = conversion.tiles.expressions();
    object(json!({
        "onlyLane": conversion.only_lane,
        "tiles": tiles,
        "excludeTiles": excluded,
        "firstTileOnly": conversion.first_tile_only,
        "strictMode": conversion.strict,
        "noLaneSplitting": conversion.no_lane_splitting || no_lane_splitting,
        "sampleProjectSubdirectories": conversion.project_folders,
        "sampleNameColumn": conversion.sample_names,
        "compressionLevel": conversion.compression_level,
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
