//! Reads the inputs: batches in input order, each with the insert-size model of its read group.

mod inputs;

use std::collections::VecDeque;

use fafnir_aligner::InsertSizeModel;
use fafnir_attest::InputProof;
use fafnir_io::ReadPairBatch;

pub(super) use self::inputs::LANE_SHIFT;
use self::inputs::{Batch, Inputs, Next};
use super::insert_size;
use crate::{error::Error, input::Reads};

/// A batch and what its pairs are judged by.
pub(super) struct Sourced {
    /// Place of the sample, where several are mapped at once.
    pub(super) sample: usize,
    pub(super) batch: ReadPairBatch,
    pub(super) insert_size: InsertSizeModel,
    /// Whether the templates failed quality control before.
    pub(super) failed: bool,
}

/// All reads. Those of a read group come in input order; the first of them wait until there are
/// enough for its model.
pub(super) struct Source<'a, O> {
    inputs: Inputs<'a>,
    observe: O,
    /// By number of the read group.
    groups: Vec<Group>,
    /// Bases of all batches that wait for a model.
    held_bases: usize,
    /// Batches to be handed out.
    ready: VecDeque<Sourced>,
    ended: bool,
}

#[derive(Default)]
struct Group {
    /// Set once the first pairs were looked at.
    insert_size: Option<InsertSizeModel>,
    /// Batches that were read for the model.
    held: Vec<ReadPairBatch>,
    /// Of each of them, whether its templates failed quality control.
    failed: Vec<bool>,
    pairs: usize,
    bases: usize,
}

impl<'a, O> Source<'a, O>
where
    O: FnMut(usize, &[ReadPairBatch]) -> Result<InsertSizeModel, Error>,
{
    /// Opens no file yet. `observe` gives the model of a read group, seen its first batches.
    pub(super) fn new(reads: &'a Reads, batch_size: usize, observe: O) -> Self {
        Self {
            inputs: Inputs::new(reads, batch_size),
            observe,
            groups: reads.read_groups.iter().map(|_| Group::default()).collect(),
            held_bases: 0,
            ready: VecDeque::new(),
            ended: false,
        }
    }

    /// What was read, once all of it was, and what the user should know of it.
    pub(super) fn finish(self) -> (Vec<InputProof>, Vec<String>) {
        self.inputs.finish()
    }

    fn step(&mut self) -> Result<Option<Sourced>, Error> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Ok(Some(ready));
            }
            if self.ended {
                return Ok(None);
            }
            match self.inputs.next()? {
                Some(Next::Batch(batch)) => self.take(*batch)?,
                Some(Next::EndOfGroup(group)) => self.settle(group)?,
                None => {
                    self.ended = true;
                    for group in 0..self.groups.len() {
                        self.settle(group)?;
                    }
                }
            }
        }
    }

    /// Hands a batch on, or holds it for the model of its read group.
    fn take(&mut self, Batch { reads, failed }: Batch) -> Result<(), Error> {
        let number = usize::from(reads.read_group);
        let group = &mut self.groups[number];
        let known = match group.insert_size {
            // Single reads need no model; those behind held pairs keep their place.
            None if !reads.is_paired() && group.held.is_empty() => Some(InsertSizeModel::default()),
            known => known,
        };
        if let Some(insert_size) = known {
            self.ready.push_back(Sourced {
                sample: 0,
                batch: reads,
                insert_size,
                failed,
            });
            return Ok(());
        }
        let bases = reads.first.base_count() + reads.second.base_count();
        self.held_bases += bases;
        group.bases += bases;
        group.pairs += if reads.is_paired() { reads.len() } else { 0 };
        group.held.push(reads);
        group.failed.push(failed);
        if group.pairs >= insert_size::PAIRS {
            self.settle(number)?;
        }
        while self.held_bases >= insert_size::BASES {
            let groups = self.groups.iter().enumerate();
            let Some((fullest, _)) = groups.max_by_key(|(_, group)| group.bases) else {
                break;
            };
            self.settle(fullest)?;
        }
        Ok(())
    }

    /// Finds the model of a read group from what is held of it, which becomes ready.
    fn settle(&mut self, number: usize) -> Result<(), Error> {
        let group = &mut self.groups[number];
        if group.held.is_empty() {
            return Ok(());
        }
        let insert_size = (self.observe)(number, &group.held)?;
        group.insert_size = Some(insert_size);
        self.held_bases -= std::mem::take(&mut group.bases);
        let held = std::mem::take(&mut group.held);
        for (batch, failed) in held.into_iter().zip(std::mem::take(&mut group.failed)) {
            self.ready.push_back(Sourced {
                sample: 0,
                batch,
                insert_size,
                failed,
            });
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
        let next = self.step().transpose();
        if matches!(next, Some(Err(_))) {
            self.ended = true;
            self.ready.clear();
        }
        next
    }
}
