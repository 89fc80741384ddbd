//! Each stage on simulated reads. Figures are of one core.

use std::io::sink;

use anyhow::Result;

use crate::{
    measure::Clock,
    report::Row,
    workload::{
        Sample,
        flow::{self, Flow},
    },
};

/// Batches of 4096 pairs that are mapped: enough that no cache holds their places in the index.
const MAPPED_BATCHES: usize = 8;

pub(crate) fn parse(clock: Clock, sample: &Sample) -> Result<Vec<Row>> {
    let seconds = clock.fastest(|| flow::parse(sample))?;
    let bytes: usize = sample.fastq.iter().map(Vec::len).sum();
    Ok(vec![
        Row::new("", seconds)
            .rate(2.0 * sample.pairs as f64, "reads/s")
            .rate(bytes as f64 / 1e6, "MB/s"),
    ])
}

pub(crate) fn index(clock: Clock, flow: &Flow) -> Result<Vec<Row>> {
    let build = || fafnir_aligner::build_index(&flow.reference, &mut sink());
    let bases = build()?.bases;
    let seconds = clock.fastest(|| Ok(build()?))?;
    Ok(vec![Row::new("", seconds).rate(bases as f64 / 1e6, "Mb/s")])
}

pub(crate) fn map(clock: Clock, flow: &Flow) -> Result<Vec<Row>> {
    let batches = &flow.batches[..flow.batches.len().min(MAPPED_BATCHES)];
    let seconds = clock.fastest(|| Ok(flow.map(batches)))?;
    let pairs: usize = batches.iter().map(|batch| batch.len()).sum();
    Ok(vec![
        Row::new("", seconds).rate(2.0 * pairs as f64, "reads/s"),
    ])
}

pub(crate) fn collate(clock: Clock, flow: &Flow) -> Result<Vec<Row>> {
    let seconds = clock.fastest_of(|| Ok(flow.records.clone()), |records| flow.collate(records))?;
    let pairs: usize = flow.records.iter().map(|batch| batch.len()).sum();
    let bytes: usize = flow.records.iter().map(|batch| batch.bytes.len()).sum();
    Ok(vec![
        Row::new("", seconds)
            .rate(2.0 * pairs as f64, "reads/s")
            .rate(bytes as f64 / 1e6, "MB/s"),
    ])
}

pub(crate) fn call(clock: Clock, flow: &Flow) -> Result<Vec<Row>> {
    let length = flow.reference.contig(fafnir_io::ContigId(0)).length;
    let jobs = flow.call_jobs(0..length);
    let reads: usize = jobs.iter().map(|(_, reads)| reads.len()).sum();
    let seconds = clock.fastest(|| Ok(flow.call(&jobs)))?;
    Ok(vec![
        Row::new("", seconds)
            .rate(reads as f64, "reads/s")
            .rate(f64::from(length) / 1e6, "Mb/s"),
    ])
}
