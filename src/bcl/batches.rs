//! A tile's reads as batches for the aligner: those that a reader of the FASTQ would make of it.

use fafnir_io::{ReadPairBatch, fastq};

use super::tile::{MadeRead, ReadSink};
use crate::error::Error;

/// Batches of a tile, by number of the stream; ordinals and read groups are still to be set.
pub(crate) type TileBatches = Vec<(usize, Vec<ReadPairBatch>)>;

/// The streams of templates that a tile has reads for.
pub(super) struct BatchSink<'a> {
    /// The stream of each of the lane's recipes, if its reads are wanted.
    stream_of: &'a [Option<usize>],
    batch_size: usize,
    /// By stream.
    batches: Vec<Vec<ReadPairBatch>>,
    header: Vec<u8>,
}

impl<'a> BatchSink<'a> {
    /// Batches of at most `batch_size` templates for so many streams.
    pub(super) fn new(streams: usize, stream_of: &'a [Option<usize>], batch_size: usize) -> Self {
        Self {
            stream_of,
            // Beyond it the offsets within a batch could overflow, as for FASTQ.
            batch_size: batch_size.clamp(1, 65_535),
            batches: vec![Vec::new(); streams],
            header: Vec::new(),
        }
    }
}

impl ReadSink for BatchSink<'_> {
    type Made = TileBatches;

    fn take(&mut self, read: &MadeRead<'_>) -> Result<(), Error> {
        // Index reads, and third ones, have no place in a list of FASTQ files.
        let (Some(stream), Some(end @ (0 | 1))) =
            (self.stream_of[read.library], read.read.sequencing)
        else {
            return Ok(());
        };
        self.header.clear();
        read.push_name(&mut self.header);
        let name = fastq::read_name(&self.header)
            .map_err(|e| Error::input(format!("RunInfo.xml: names of reads: {e}")))?;
        let batches = &mut self.batches[stream];
        if end == 0 && batches.last().is_none_or(|b| b.len() == self.batch_size) {
            batches.push(ReadPairBatch::default());
        }
        if let Some(batch) = batches.last_mut() {
            let reads = match end {
                0 => &mut batch.first,
                _ => &mut batch.second,
            };
            reads.push_text(name, read.bases, read.qualities);
        }
        Ok(())
    }

    fn finish(self) -> Result<TileBatches, Error> {
        let made = self.batches.into_iter().enumerate();
        Ok(made.filter(|(_, batches)| !batches.is_empty()).collect())
    }
}
