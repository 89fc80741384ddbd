//! Reads the lanes: batches in input order, each with the insert-size model of its read group.

use std::collections::VecDeque;

use fafnir_aligner::InsertSizeModel;
use fafnir_attest::{InputProof, Pending};
use fafnir_io::{
    ReadPairBatch,
    fastq::{FastqError, FastqInput, FastqOptions, Layout, PairReader},
};

use super::insert_size;
use crate::{
    error::{Class, Error},
    input::{Lane, Reads},
};

/// Ordinals hold the number of the lane above this bit, and the record's number below.
const LANE_SHIFT: u32 = 48;

/// A batch and what its pairs are judged by.
pub(super) struct Sourced {
    pub(super) batch: ReadPairBatch,
    pub(super) insert_size: InsertSizeModel,
}

/// All lanes, read group by read group.
pub(super) struct Source<'a, O> {
    /// Lanes not yet opened, with their numbers.
    lanes: VecDeque<(u16, &'a Lane)>,
    reader: Option<PairReader<Pending>>,
    /// Read group of `reader`.
    group: usize,
    /// Set once the first pairs of `group` were looked at.
    insert_size: Option<InsertSizeModel>,
    /// Batches that were read for the model and wait to be handed out.
    held: VecDeque<ReadPairBatch>,
    batch_size: usize,
    observe: O,
    proofs: Vec<InputProof>,
    failed: bool,
}

impl<'a, O> Source<'a, O>
where
    O: FnMut(usize, &[ReadPairBatch]) -> Result<InsertSizeModel, Error>,
{
    /// Opens no file yet. `observe` gives the model of a read group, seen its first batches.
    pub(super) fn new(reads: &'a Reads, batch_size: usize, observe: O) -> Self {
        let mut lanes: Vec<&Lane> = reads.lanes.iter().collect();
        lanes.sort_by_key(|lane| lane.read_group);
        Self {
            lanes: lanes
                .into_iter()
                .enumerate()
                .map(|(i, l)| (i as u16, l))
                .collect(),
            reader: None,
            group: 0,
            insert_size: None,
            held: VecDeque::new(),
            batch_size,
            observe,
            proofs: Vec::new(),
            failed: false,
        }
    }

    /// What was read, once all of it was.
    pub(super) fn into_proofs(self) -> Vec<InputProof> {
        self.proofs
    }

    fn step(&mut self) -> Result<Option<Sourced>, Error> {
        loop {
            if let Some(insert_size) = self.insert_size {
                let next = match self.held.pop_front() {
                    Some(batch) => Some(batch),
                    None => self.read_of_group()?,
                };
                if let Some(batch) = next {
                    return Ok(Some(Sourced { batch, insert_size }));
                }
                self.insert_size = None;
            }
            if self.reader.is_none() && !self.open_next()? {
                return Ok(None);
            }
            let mut pairs = 0;
            while pairs < insert_size::PAIRS
                && let Some(batch) = self.read_of_group()?
            {
                pairs += batch.len();
                self.held.push_back(batch);
            }
            self.insert_size = Some((self.observe)(self.group, self.held.make_contiguous())?);
        }
    }

    /// The next batch of the current read group, from however many lanes it has.
    fn read_of_group(&mut self) -> Result<Option<ReadPairBatch>, Error> {
        loop {
            if let Some(reader) = &mut self.reader {
                let mut batch = ReadPairBatch::default();
                if reader.next_batch(&mut batch).map_err(bad_fastq)? {
                    return Ok(Some(batch));
                }
                self.close()?;
            }
            let same_group = |(_, lane): &(u16, &Lane)| lane.read_group == self.group;
            if !self.lanes.front().is_some_and(same_group) || !self.open_next()? {
                return Ok(None);
            }
        }
    }

    fn open_next(&mut self) -> Result<bool, Error> {
        let Some((number, lane)) = self.lanes.pop_front() else {
            return Ok(false);
        };
        let open = |path: &std::path::PathBuf| -> Result<_, Error> {
            Ok(FastqInput {
                file: path.display().to_string(),
                read: Pending::open(path, None)?.with_role("reads"),
            })
        };
        let first = open(&lane.first)?;
        let layout = match &lane.second {
            Some(second) => Layout::Paired(first, open(second)?),
            None if lane.interleaved => Layout::Interleaved(first),
            None => Layout::Single(first),
        };
        let options = FastqOptions {
            batch_pairs: self.batch_size,
            read_group: lane.read_group as u16,
            first_ordinal: u64::from(number) << LANE_SHIFT,
        };
        let reader = PairReader::spawn(layout, options)
            .map_err(|e| Error::from_source(Class::Elsewhere, e))?;
        self.reader = Some(reader);
        self.group = lane.read_group;
        Ok(true)
    }

    fn close(&mut self) -> Result<(), Error> {
        if let Some(reader) = self.reader.take() {
            let inputs = reader
                .finish()
                .map_err(|e| Error::from_source(Class::Bug, e))?;
            for input in inputs {
                self.proofs.push(input.finish()?);
            }
        }
        Ok(())
    }
}

impl<O> Iterator for Source<'_, O>
where
    O: FnMut(usize, &[ReadPairBatch]) -> Result<InsertSizeModel, Error>,
{
    type Item = Result<Sourced, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.step().transpose();
        self.failed = matches!(next, Some(Err(_)));
        next
    }
}

fn bad_fastq(error: FastqError) -> Error {
    Error::from_source(Class::Input, error)
}
