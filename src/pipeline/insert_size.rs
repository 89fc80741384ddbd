//! The insert-size model of a read group: a function of its first pairs, whoever maps them.

use fafnir_aligner::{Aligner, InsertSizeModel, InsertSizeObservations};
use fafnir_io::{ReadPairBatch, Reads};
use rayon::prelude::*;

use crate::progress::Progress;

/// Pairs of each read group that are looked at.
pub(super) const PAIRS: usize = 100_000;

/// The model of what is in `batches`, on the current rayon pool: of the first [`PAIRS`] pairs,
/// wherever batches end.
pub(super) fn model(
    aligner: &Aligner,
    batches: &[ReadPairBatch],
    read_group: &str,
    progress: &dyn Progress,
) -> InsertSizeModel {
    if !batches.iter().any(ReadPairBatch::is_paired) {
        return InsertSizeModel::default();
    }
    let mut before = 0;
    let parts: Vec<(usize, &ReadPairBatch)> = batches
        .iter()
        .map(|batch| {
            let wanted = PAIRS.saturating_sub(before).min(batch.len());
            before += batch.len();
            (wanted, batch)
        })
        .collect();
    let seen = parts
        .par_iter()
        .map_init(
            || aligner.scratch(),
            |scratch, (wanted, batch)| {
                let mut seen = InsertSizeObservations::default();
                if *wanted == batch.len() {
                    aligner.observe(batch, scratch, &mut seen);
                } else {
                    aligner.observe(&head(batch, *wanted), scratch, &mut seen);
                }
                seen
            },
        )
        // Counts are added up: the order does not matter.
        .reduce(InsertSizeObservations::default, |mut sum, part| {
            sum.merge(&part);
            sum
        });
    seen.model().unwrap_or_else(|| {
        let default = InsertSizeModel::default();
        progress.warn(&format!(
            "read group {read_group}: only {} of the first {} pairs show an insert size; taking \
             {} +- {} with proper pairs from {} to {}",
            seen.pairs(),
            before.min(PAIRS),
            default.mean,
            default.standard_deviation,
            default.low,
            default.high
        ));
        default
    })
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
