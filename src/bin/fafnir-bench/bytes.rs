//! Bytes a second: decompression, compression, digests. Megabytes are uncompressed, of 10^6 bytes.

use std::io;

use anyhow::Result;
use fafnir_attest::Sha256Digest;
use fafnir_io::{bgzf::Compressor, decode::Decoder};

use crate::{
    measure::Clock,
    report::Row,
    workload::{Sample, flow::Flow},
};

/// The fastest level, and that of BAM files by default.
pub(crate) const LEVELS: [u8; 2] = [1, 6];

/// FASTQ as sequencers' software and as bgzip write it.
pub(crate) fn inflate(clock: Clock, sample: &Sample) -> Result<Vec<Row>> {
    let text = &sample.fastq[0];
    let bgzf = Compressor::new(6)?.compress_bytes(text).bytes;
    [("gzip", &sample.gzip), ("bgzf", &bgzf)]
        .into_iter()
        .map(|(format, compressed)| {
            let seconds = clock.fastest(|| {
                Ok(io::copy(
                    &mut Decoder::new(compressed.as_slice()),
                    &mut io::sink(),
                )?)
            })?;
            Ok(Row::new(format, seconds).rate(text.len() as f64 / 1e6, "MB/s"))
        })
        .collect()
}

pub(crate) fn deflate(clock: Clock, flow: &Flow) -> Result<Vec<Row>> {
    let (bytes, starts) = flow.tile();
    LEVELS
        .into_iter()
        .map(|level| {
            let mut compressor = Compressor::new(level)?;
            let size = compressor.compress_records(bytes, starts).bytes.len();
            let seconds = clock.fastest(|| Ok(compressor.compress_records(bytes, starts)))?;
            Ok(Row::new(format!("level {level}"), seconds)
                .rate(bytes.len() as f64 / 1e6, "MB/s")
                .figure(100.0 * size as f64 / bytes.len() as f64, "% of the size"))
        })
        .collect()
}

pub(crate) fn sha256(clock: Clock, sample: &Sample) -> Result<Vec<Row>> {
    let text = &sample.fastq[0];
    let seconds = clock.fastest(|| Ok(Sha256Digest::of(text)))?;
    Ok(vec![
        Row::new("", seconds).rate(text.len() as f64 / 1e6, "MB/s"),
    ])
}
