//! The insert-size model of a read group: a function of its first pairs, whoever maps them.

use std::borrow::Cow;

use fafnir_aligner::{Aligner, InsertSizeModel, InsertSizeObservations, InsertSizes, Orientation};
use fafnir_io::{ReadPairBatch, Reads, trim::Trimmer};
use rayon::prelude::*;

use crate::{options::PairOptions, progress::Progress};

/// Pairs of each read group that are looked at.
pub(super) const PAIRS: usize = 100_000;
/// Bases of those pairs, if they are long: no more are held, of all read groups together.
pub(super) const BASES: usize = 1 << 27;

/// With fewer pairs that are placed at once, all are mapped thoroughly: reads far from the reference.
const SURE: u64 = 1000;

/// The model of what is in `batches`, on the current rayon pool: what `options` say, else of the
/// first [`PAIRS`] pairs or [`BASES`] bases of pairs, wherever batches end; as `trimmer` leaves them.
pub(super) fn model(
    aligner: &Aligner,
    trimmer: Option<&Trimmer>,
    options: &PairOptions,
    batches: &[ReadPairBatch],
    read_group: &str,
    progress: &dyn Progress,
) -> InsertSizeModel {
    if !batches.iter().any(ReadPairBatch::is_paired) {
        return InsertSizeModel::default();
    }
    let given = options.orientation.unwrap_or(Orientation::Fr);
    if let Some(sizes) = options.insert_sizes {
        return InsertSizeModel::of(given, sizes);
    }
    let parts = first(batches, PAIRS, BASES);
    let mut seen = observe(aligner, trimmer, &parts, false);
    if total(&seen) < SURE {
        seen = observe(aligner, trimmer, &parts, true);
    }
    if let Some(orientation) = options.orientation {
        seen.keep(orientation);
    }
    if let Some(model) = seen.model() {
        for (orientation, sizes) in model.iter() {
            progress.note(&format!(
                "read group {read_group}: insert size {} {sizes}, of {} pairs",
                orientation.name(),
                seen.pairs(orientation)
            ));
        }
        return model;
    }
    let sizes = InsertSizes::default();
    progress.warn(&format!(
        "read group {read_group}: only {} of the first {} pairs show an insert size; taking {} \
         {sizes}; -I says another",
        total(&seen),
        parts.iter().map(|(wanted, _)| wanted).sum::<usize>(),
        given.name(),
    ));
    InsertSizeModel::of(given, sizes)
}

/// What the first `wanted` pairs of each batch show.
fn observe(
    aligner: &Aligner,
    trimmer: Option<&Trimmer>,
    parts: &[(usize, &ReadPairBatch)],
    thorough: bool,
) -> InsertSizeObservations {
    parts
        .par_iter()
        .map_init(
            || aligner.scratch(),
            |scratch, (wanted, batch)| {
                let mut seen = InsertSizeObservations::default();
                let mut batch = Cow::Borrowed(*batch);
                if *wanted < batch.len() {
                    batch = Cow::Owned(head(&batch, *wanted));
                }
                if let Some(trimmer) = trimmer {
                    batch = Cow::Owned(trimmer.trim(&batch).batch);
                }
                aligner.observe(&batch, thorough, scratch, &mut seen);
                seen
            },
        )
        // Counts are added up: the order does not matter.
        .reduce(InsertSizeObservations::default, |mut sum, part| {
            sum.merge(&part);
            sum
        })
}

fn total(seen: &InsertSizeObservations) -> u64 {
    Orientation::ALL.map(|o| seen.pairs(o)).iter().sum()
}

/// How many templates of each batch of pairs are among the first `pairs` that begin within the
/// first `bases`.
fn first(
    batches: &[ReadPairBatch],
    mut pairs: usize,
    mut bases: usize,
) -> Vec<(usize, &ReadPairBatch)> {
    let mut parts = Vec::new();
    for batch in batches.iter().filter(|batch| batch.is_paired()) {
        let mut wanted = 0;
        while wanted < batch.len() && pairs > 0 && bases > 0 {
            let ends = [&batch.first, &batch.second].map(|reads| reads.bases(wanted).len());
            bases = bases.saturating_sub(ends[0] + ends[1]);
            pairs -= 1;
            wanted += 1;
        }
        if wanted > 0 {
            parts.push((wanted, batch));
        }
    }
    parts
}

/// The first `count` templates.
fn head(batch: &ReadPairBatch, count: usize) -> ReadPairBatch {
    let cut = |reads: &Reads| {
        let mut head = Reads::default();
        for i in 0..count.min(reads.len()) {
            head.push(reads.name(i), reads.bases(i), reads.qualities(i));
        }
        head
    };
    ReadPairBatch {
        first: cut(&batch.first),
        second: cut(&batch.second),
        ..*batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of the first reads that are looked at when templates come in batches of `size`.
    fn looked_at(templates: usize, size: usize, count: usize, bases: usize) -> Vec<String> {
        let batches: Vec<ReadPairBatch> = (0..templates)
            .collect::<Vec<_>>()
            .chunks(size)
            .map(|names| {
                let mut batch = ReadPairBatch::default();
                for name in names {
                    batch.first.push(format!("{name}").as_bytes(), b"A", &[30]);
                    batch.second.push(format!("{name}").as_bytes(), b"C", &[30]);
                }
                batch
            })
            .collect();
        let parts = first(&batches, count, bases);
        let heads = parts.iter().map(|(wanted, batch)| head(batch, *wanted));
        heads
            .flat_map(|batch| {
                assert_eq!(batch.first.len(), batch.second.len());
                let names = (0..batch.len()).map(|i| batch.first.name(i).to_vec());
                names.collect::<Vec<_>>()
            })
            .map(|name| String::from_utf8_lossy(&name).into_owned())
            .collect()
    }

    #[test]
    fn the_same_pairs_whatever_the_batches() {
        // Each pair has two bases.
        for (templates, count, bases) in [
            (100, 30, 1000),
            (100, 100, 1000),
            (20, 30, 1000),
            (0, 30, 1000),
            (100, 30, 41),
        ] {
            let expected = looked_at(templates, 1, count, bases);
            assert_eq!(expected.len(), templates.min(count).min(bases.div_ceil(2)));
            for size in [2, 7, 30, 31, 1000] {
                let got = looked_at(templates, size, count, bases);
                assert_eq!(got, expected, "{size}");
            }
        }
    }
}
