//! Maps batches on the pool and gathers the records.

use std::{
    io::Write,
    path::Path,
    sync::{Mutex, PoisonError},
};

use fafnir_aligner::{Aligner, Scratch};
use fafnir_attest::InputProof;
use fafnir_collate::{Collator, SortedTiles};
use fafnir_io::{
    bam::{BamWriter, RecordBatch, Records, flag},
    bgzf::Segment,
    trim::TrimCounts,
};

use super::{Pipeline, insert_size, ordered::map_in_order, source::Source, source::Sourced};
use crate::{
    error::Error,
    input::Reads,
    progress::{Progress, Stage},
};

/// All records, gathered by tile, and what they were read from.
pub(super) struct Mapped {
    pub(super) gathered: Gathered,
    pub(super) proofs: Vec<InputProof>,
}

/// Maps all reads and gathers them; `directory` is where spilled records go by default.
pub(super) fn to_tiles(
    pipeline: &Pipeline,
    reads: &Reads,
    directory: &Path,
    progress: &dyn Progress,
) -> Result<Mapped, Error> {
    let gathering = Gathering::new(pipeline, reads, directory, pipeline.plan.records);
    let scratches = Pool::default();
    let proofs = map_lanes(
        pipeline,
        reads,
        |batch, trimmed| gathering.add(batch, trimmed, &scratches),
        |()| Ok(()),
        progress,
    )?;
    Ok(Mapped {
        gathered: gathering.finish(pipeline)?,
        proofs,
    })
}

/// The records of a sample, as they come.
pub(super) struct Gathering {
    collator: Collator,
    trimmed: Mutex<TrimCounts>,
}

/// The records of a sample, by tile, and what trimming did to its reads.
pub(super) struct Gathered {
    pub(super) tiles: SortedTiles,
    pub(super) trimmed: TrimCounts,
}

impl Gathering {
    /// Holds so many bytes of `memory`; `directory` is where spilled records go by default.
    pub(super) fn new(pipeline: &Pipeline, reads: &Reads, directory: &Path, memory: u64) -> Self {
        let options = &pipeline.options;
        let contigs = pipeline.index.reference().contigs();
        let collator = Collator::new(fafnir_collate::Options {
            contig_lengths: contigs.iter().map(|c| c.length).collect(),
            library_of_read_group: libraries(reads),
            memory,
            temporary_directory: options
                .temporary_directory
                .clone()
                .unwrap_or_else(|| directory.to_owned()),
            mark_duplicates: options.mark_duplicates,
            remove_duplicates: options.remove_duplicates,
        });
        Self {
            collator,
            trimmed: Mutex::default(),
        }
    }

    /// Takes a batch in, and what was trimmed of its reads, from any thread.
    pub(super) fn add(
        &self,
        batch: RecordBatch,
        trimmed: Option<TrimCounts>,
        scratches: &Pool<fafnir_collate::Scratch>,
    ) -> Result<(), Error> {
        let mut scratch = scratches.take_or(Default::default);
        let prepared = self.collator.prepare(batch, &mut scratch);
        scratches.give(scratch);
        if let Some(trimmed) = trimmed {
            let sum = self.trimmed.lock();
            sum.unwrap_or_else(PoisonError::into_inner).merge(&trimmed);
        }
        Ok(self.collator.add(prepared)?)
    }

    /// All of them, by tile.
    pub(super) fn finish(self, pipeline: &Pipeline) -> Result<Gathered, Error> {
        let trimmed = self.trimmed.into_inner();
        Ok(Gathered {
            tiles: pipeline.pool.install(|| self.collator.finish())?,
            trimmed: trimmed.unwrap_or_else(PoisonError::into_inner),
        })
    }
}

/// Maps all reads and writes them in their order, without sorting; errors call the output `name`.
pub(super) fn to_stream<W: Write>(
    pipeline: &Pipeline,
    reads: &Reads,
    out: &mut BamWriter<W>,
    name: &Path,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let compress = |batch: RecordBatch, _| {
        let mut starts = Vec::new();
        let mut start = 0;
        for record in Records::new(&batch.bytes) {
            starts.push(start);
            start += record.as_bytes().len() as u32 + 4;
        }
        let segment = pipeline.compress(&batch.bytes, &starts)?;
        Ok((batch.bytes, starts, segment))
    };
    let write = |(bytes, starts, segment): (Vec<u8>, Vec<u32>, Segment)| {
        out.write_tile(&bytes, &starts, &segment)
            .map_err(|e| Error::writing(name, e))
    };
    map_lanes(pipeline, reads, compress, write, progress)?;
    Ok(())
}

/// Trims and maps all reads of a sample; `work` takes the records on the pool, `sink` the results in
/// input order.
fn map_lanes<R: Send>(
    pipeline: &Pipeline,
    reads: &Reads,
    work: impl Fn(RecordBatch, Option<TrimCounts>) -> Result<R, Error> + Sync,
    sink: impl FnMut(R) -> Result<(), Error>,
    progress: &dyn Progress,
) -> Result<Vec<InputProof>, Error> {
    let aligner = aligner(pipeline);
    let groups = &reads.read_groups;
    let trimmer = pipeline.trimmer.as_ref();
    let mut source = Source::new(reads, pipeline.options.batch_size, |group, batches| {
        let id = &groups[group].id;
        let pairs = &pipeline.options.pairs;
        Ok(pipeline
            .pool
            .install(|| insert_size::model(&aligner, trimmer, pairs, batches, id, progress)))
    });
    let samples = std::slice::from_ref(reads);
    let work = |_, records, trimmed| work(records, trimmed);
    map(
        pipeline,
        &aligner,
        samples,
        &mut source,
        work,
        sink,
        progress,
    )?;
    let (proofs, notes) = source.finish();
    for note in notes {
        progress.warn(&note);
    }
    Ok(proofs)
}

pub(super) fn aligner(pipeline: &Pipeline) -> Aligner {
    Aligner::new(
        pipeline.index.clone(),
        pipeline.options.aligner.clone(),
        pipeline.hal.clone(),
    )
}

/// Trims and maps the batches of `source`; `work` takes the records of a sample, by its place in
/// `samples`, and what was trimmed, on the pool, `sink` the results in the order of the batches.
pub(super) fn map<R: Send>(
    pipeline: &Pipeline,
    aligner: &Aligner,
    samples: &[Reads],
    source: impl Iterator<Item = Result<Sourced, Error>> + Send,
    work: impl Fn(usize, RecordBatch, Option<TrimCounts>) -> Result<R, Error> + Sync,
    mut sink: impl FnMut(R) -> Result<(), Error>,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let scratches = Pool::<Scratch>::default();
    let trimmer = pipeline.trimmer.as_ref();
    map_in_order(
        &pipeline.pool,
        2 * pipeline.plan.workers,
        source,
        |sourced| {
            let Sourced {
                sample,
                batch,
                insert_size,
                failed,
            } = sourced;
            let mut scratch = scratches.take_or(|| aligner.scratch());
            let groups = &samples[sample].read_groups;
            let id = groups[usize::from(batch.read_group)].id.as_bytes();
            let cut = trimmer.map(|trimmer| trimmer.trim(&batch));
            let shown = cut.as_ref().map_or(&batch, |cut| &cut.batch);
            if let Some(name) = &pipeline.options.explain_read {
                let named = |i: &usize| shown.first.name(*i) == name.as_bytes();
                for i in (0..shown.len()).filter(named) {
                    let told = aligner.explain(shown, i, &insert_size, &mut scratch);
                    progress.note(told.trim_end());
                }
            }
            let mut records = aligner.map(shown, &insert_size, id, &mut scratch);
            scratches.give(scratch);
            if let Some(cut) = &cut {
                records = cut.restore(records);
            }
            if failed {
                records.add_flag(flag::QC_FAIL);
            }
            let count = batch.first.len() + batch.second.len();
            let trimmed = cut.map(|cut| cut.counts);
            Ok((count as u64, work(sample, records, trimmed)?))
        },
        |(count, result)| {
            progress.advance(Stage::Map, count);
            sink(result)
        },
    )
}

/// Number of each read group's library.
fn libraries(reads: &Reads) -> Vec<u16> {
    let names = library_names(reads);
    let number = |library: &str| names.iter().position(|name| *name == library).unwrap_or(0);
    let groups = reads.read_groups.iter();
    groups.map(|group| number(&group.library) as u16).collect()
}

/// Names of the libraries as they come; read groups without `LB` share one without a name, as in
/// Picard.
pub(super) fn library_names(reads: &Reads) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for group in &reads.read_groups {
        if !names.contains(&group.library.as_str()) {
            names.push(&group.library);
        }
    }
    names
}

/// Working memory, handed from one job to the next.
pub(super) struct Pool<T>(Mutex<Vec<T>>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Pool<T> {
    pub(super) fn take_or(&self, make: impl FnOnce() -> T) -> T {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let used = free.pop();
        drop(free);
        used.unwrap_or_else(make)
    }

    pub(super) fn give(&self, used: T) {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        free.push(used);
    }
}

#[cfg(test)]
mod tests {
    use fafnir_io::bam::header::ReadGroup;

    use super::*;

    #[test]
    fn libraries_are_numbered_as_they_come() {
        let group = |library: &str| ReadGroup {
            library: library.to_owned(),
            ..ReadGroup::default()
        };
        let reads = Reads {
            read_groups: ["x", "", "x", "", "y"].map(group).into(),
            ..Reads::default()
        };
        assert_eq!(libraries(&reads), [0, 1, 0, 1, 2]);
    }
}
