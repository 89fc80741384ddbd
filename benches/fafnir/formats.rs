//! Reading and writing; bytes are uncompressed.

use std::io;

use anyhow::Result;
use criterion::{Criterion, Throughput};
use fafnir_io::{bgzf::Compressor, decode::Decoder};

use crate::workload::{Workload, flow};

pub(crate) fn benches(criterion: &mut Criterion, workload: &mut Workload) -> Result<()> {
    let sample = workload.sample()?;
    let mut group = criterion.benchmark_group("fastq");
    group.throughput(Throughput::Elements(2 * sample.pairs));
    group.bench_function("parse", |bencher| bencher.iter(|| flow::parse(sample)));
    group.throughput(Throughput::Bytes(sample.fastq[0].len() as u64));
    group.bench_function("inflate", |bencher| {
        bencher.iter(|| io::copy(&mut Decoder::new(sample.gzip.as_slice()), &mut io::sink()));
    });
    group.finish();

    let (bytes, starts) = workload.flow()?.tile();
    let mut group = criterion.benchmark_group("bgzf");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    for level in [1, 6, 9] {
        let mut compressor = Compressor::new(level)?;
        group.bench_function(format!("level-{level}"), |bencher| {
            bencher.iter(|| compressor.compress_records(bytes, starts));
        });
    }
    Ok(())
}
