//! The conversion from first to last.

use std::io::Write as _;
use std::path::Path;
use std::time::SystemTime;

use fafnir_attest::key::SigningKey;
use fafnir_attest::statement::SubjectKind;
use fafnir_io::bcl::file_name::FileNaming;
use fafnir_io::bgzf::Compressor;
use serde_json::json;

use super::demultiplex::{Told, object};
use super::fastq::FastqSink;
use super::outputs::{Outputs, Statements};
use super::plan::{self, RunPlan};
use super::{Conversion, Converted, inputs, records};
use crate::error::Error;
use crate::pipeline::pool;
use crate::progress::Progress;

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
    let naming = FileNaming {
        project_folders: conversion.project_folders,
        sample_names: conversion.sample_names,
        ..FileNaming::default()
    };
    let plan = RunPlan::new(&conversion.demultiplexing, naming)?;
    let mut told = Told::new(progress);
    plan.warn_of_sheet(&mut told);
    let workers = plan::workers(conversion, &plan)?;
    let pool = pool(workers)?;

    let mut outputs = Outputs::new(&conversion.output_directory, conversion.force)?;
    let places = plan
        .lanes
        .iter()
        .map(|lane| lane.files.iter().map(|file| outputs.fastq(file)).collect())
        .collect::<Result<Vec<Vec<usize>>, Error>>()?;
    let read = pool.install(|| inputs::prove(&plan))?;

    let sink =
        |lane: usize| FastqSink::new(plan.lanes[lane].files.len(), conversion.compression_level);
    let append = |lane: usize, files: Vec<(usize, Vec<u8>)>| {
        let mut files = files.iter();
        files.try_for_each(|(file, blocks)| outputs.append(places[lane][*file], blocks))
    };
    let (mut converted, statistics) = plan.demultiplex(&pool, workers, sink, &mut told, append)?;

    let list = Path::new("bcl-inputs.sha256");
    outputs.write(list, SubjectKind::Result, |out| out.write_all(&read.list))?;
    let records = records::Records {
        plan: &plan,
        statistics: &statistics,
        naming,
        fastq: true,
    };
    records.write(told.logs, &converted, &mut outputs)?;
    let mut proofs = vec![read.proof, plan.sheet.proof().clone()];
    proofs.extend(conversion.inputs.iter().cloned());
    let mut parameters = plan.parameters();
    parameters.extend(object(json!({
        "sampleProjectSubdirectories": conversion.project_folders,
        "sampleNameColumn": conversion.sample_names,
        "compressionLevel": conversion.compression_level,
    })));
    converted.files = outputs.publish(Statements {
        begun_at,
        inputs: &proofs,
        parameters,
        internal: object(json!({ "threads": workers, "memory": conversion.memory })),
        key: &key,
    })?;
    Ok(converted)
}
