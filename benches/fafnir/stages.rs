//! The stages between reading and writing; an element is a read, or a base of the genome.

use std::io::sink;

use anyhow::Result;
use criterion::{BatchSize, Criterion, Throughput};
use fafnir_io::tile::TILE_SIZE;

use crate::workload::Workload;

pub(crate) fn benches(criterion: &mut Criterion, workload: &mut Workload) -> Result<()> {
    let flow = workload.flow()?;
    let mut group = criterion.benchmark_group("stage");
    group.sample_size(10);

    let bases = fafnir_aligner::build_index(&flow.reference, &mut sink())?.bases;
    group.throughput(Throughput::Elements(bases));
    group.bench_function("index", |bencher| {
        bencher.iter(|| fafnir_aligner::build_index(&flow.reference, &mut sink()));
    });

    let batch = &flow.batches[..flow.batches.len().min(1)];
    let pairs: usize = batch.iter().map(|batch| batch.len()).sum();
    group.throughput(Throughput::Elements(2 * pairs as u64));
    group.bench_function("map", |bencher| bencher.iter(|| flow.map(batch)));

    let pairs: usize = flow.records.iter().map(|batch| batch.len()).sum();
    group.throughput(Throughput::Elements(2 * pairs as u64));
    group.bench_function("collate", |bencher| {
        bencher.iter_batched(
            || flow.records.clone(),
            |records| flow.collate(records),
            BatchSize::PerIteration,
        );
    });

    // The second tile: it has neighbours on both sides.
    let jobs = flow.call_jobs(TILE_SIZE..2 * TILE_SIZE);
    group.throughput(Throughput::Elements(u64::from(TILE_SIZE)));
    group.bench_function("call", |bencher| bencher.iter(|| flow.call(&jobs)));
    Ok(())
}
