//! The worker's share: partitions a batch's records and extracts its duplicate signatures.

use fafnir_io::bam::RecordBatch;

use crate::metrics::Tally;
use crate::signature::{Signature, TemplateEnds};
use crate::slot::Slot;

/// Bytes in front of each held record: ordinal and place within the template.
pub(crate) const PREFIX: usize = 12;

/// Memory that [`Collator::prepare`](crate::Collator::prepare) uses again from batch to batch.
#[derive(Debug, Default)]
pub struct Scratch {
    records: Vec<Located>,
    order: Vec<(Slot, u32)>,
    signatures: Vec<(u64, Signature)>,
}

/// Where a record lies in its batch.
#[derive(Clone, Copy, Debug)]
struct Located {
    start: usize,
    length: u32,
    template: u32,
    index: u32,
}

/// A batch, taken apart for [`Collator::add`](crate::Collator::add).
#[derive(Debug)]
pub struct Prepared {
    pub(crate) first_ordinal: u64,
    pub(crate) templates: u64,
    pub(crate) read_group: u16,
    pub(crate) tally: Tally,
    pub(crate) chunks: Vec<(u64, Chunk)>,
    pub(crate) signatures: Vec<(u64, Vec<Signature>)>,
}

/// A batch's records of one bin, slot by slot.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// Records, each with `block_size` and in front of it ordinal (u64) and index (u32).
    pub(crate) bytes: Vec<u8>,
    /// The slots in it, ascending, with where each one's bytes end.
    pub(crate) runs: Vec<(Slot, usize)>,
}

impl Chunk {
    /// Bytes that it holds in memory.
    pub(crate) fn memory(&self) -> u64 {
        (self.bytes.capacity() + size_of_val(self.runs.as_slice()) + size_of::<Self>()) as u64
    }

    /// The bytes of each slot.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (Slot, std::ops::Range<usize>)> + '_ {
        let starts = std::iter::once(0).chain(self.runs.iter().map(|run| run.1));
        self.runs
            .iter()
            .zip(starts)
            .map(|(&(slot, end), start)| (slot, start..end))
    }
}

/// Partitions the records of `batch` by tile and, if asked, extracts a signature of each template.
pub(crate) fn take_apart(
    batch: RecordBatch,
    scratch: &mut Scratch,
    wants_signatures: bool,
) -> Prepared {
    let mut tally = Tally::default();
    scratch.records.clear();
    scratch.order.clear();
    scratch.signatures.clear();
    for template in 0..batch.len() {
        let ordinal = batch.first_ordinal + template as u64;
        let mut ends = TemplateEnds::new(ordinal, batch.read_group);
        let signatures = &mut scratch.signatures;
        let mut emit = |signature: Signature| signatures.push((signature.left.bin(), signature));
        let mut start = match template {
            0 => 0,
            _ => batch.template_ends[template - 1],
        };
        for (index, record) in batch.template(template).enumerate() {
            let length = record.as_bytes().len() as u32 + 4;
            let slot = Slot::of(&record, ordinal);
            scratch.order.push((slot, scratch.records.len() as u32));
            scratch.records.push(Located {
                start,
                length,
                template: template as u32,
                index: index as u32,
            });
            start += length as usize;
            tally.count(&record);
            if wants_signatures {
                ends.add(&record, &mut emit);
            }
        }
        if wants_signatures {
            ends.finish(&mut emit);
        }
    }
    scratch.order.sort_unstable_by_key(|(slot, _)| *slot);
    scratch.signatures.sort_unstable_by_key(|(bin, _)| *bin);
    Prepared {
        first_ordinal: batch.first_ordinal,
        templates: batch.len() as u64,
        read_group: batch.read_group,
        tally,
        chunks: scratch
            .order
            .chunk_by(|a, b| a.0.bin() == b.0.bin())
            .map(|order| (order[0].0.bin(), chunk(&batch, &scratch.records, order)))
            .collect(),
        signatures: scratch
            .signatures
            .chunk_by(|a, b| a.0 == b.0)
            .map(|group| (group[0].0, group.iter().map(|(_, s)| *s).collect()))
            .collect(),
    }
}

fn chunk(batch: &RecordBatch, records: &[Located], order: &[(Slot, u32)]) -> Chunk {
    let size = order
        .iter()
        .map(|(_, r)| PREFIX + records[*r as usize].length as usize)
        .sum();
    let runs = order.chunk_by(|a, b| a.0 == b.0).count();
    let mut chunk = Chunk {
        bytes: Vec::with_capacity(size),
        runs: Vec::with_capacity(runs),
    };
    for run in order.chunk_by(|a, b| a.0 == b.0) {
        for (_, r) in run {
            let Located {
                start,
                length,
                template,
                index,
            } = records[*r as usize];
            let ordinal = batch.first_ordinal + u64::from(template);
            chunk.bytes.extend_from_slice(&ordinal.to_le_bytes());
            chunk.bytes.extend_from_slice(&index.to_le_bytes());
            let bytes = &batch.bytes[start..start + length as usize];
            chunk.bytes.extend_from_slice(bytes);
        }
        chunk.runs.push((run[0].0, chunk.bytes.len()));
    }
    chunk
}
