//! The reads of a run folder: tiles to batches of many samples, each batch with the insert-size model
//! of its read group.
//!
//! Tiles are read in parallel and come in their order, which numbers the templates of each sample
//! as its FASTQ would.

use std::{collections::VecDeque, ops::Range, thread};

use crossbeam_channel::{Receiver, bounded};
use fafnir_aligner::InsertSizeModel;
use fafnir_io::ReadPairBatch;

use super::{
    Pipeline, insert_size,
    map::{self, Gathering, Pool},
    memory::Share,
    source::{LANE_SHIFT, Sourced},
};
use crate::{
    bcl::{Converted, RunReads, Stream, TileBatches, Told, reports::Statistics},
    error::{Class, Error},
    progress::Progress,
};

/// What is sent of a tile: the place of its lane, and its batches.
type Tile = Result<(usize, TileBatches), Error>;

/// Maps the reads of these samples of the run, and gathers each sample's records.
pub(super) fn to_gatherings(
    pipeline: &Pipeline,
    run: &RunReads,
    samples: Range<usize>,
    share: &Share,
    gatherings: &[Gathering],
    told: &mut Told<'_>,
    progress: &dyn Progress,
) -> Result<(Converted, Statistics), Error> {
    let (pool, batch_size) = (&pipeline.pool, pipeline.options.batch_size);
    let aligner = map::aligner(pipeline);
    let scratches = Pool::default();
    let (give, tiles) = bounded::<Tile>(0);
    let first = samples.start;
    thread::scope(|threads| {
        // Owns `give`: when it ends, for whatever reason, the tiles end too.
        let reading = threads.spawn(move || {
            let hand_on = |lane, batches| {
                // Nobody takes it when mapping failed; that error is the one told.
                let sent = give.send(Ok((lane, batches)));
                sent.map_err(|_| Error::new(Class::Bug, "reads are not wanted"))
            };
            let read = run.read(samples, pool, share.tiles, batch_size, told, hand_on);
            read.map_err(|error| give.send(Err(error))).ok()
        });
        let source = Streams::new(run.streams(), tiles, |stream, batches| {
            let group = usize::from(stream.read_group);
            let id = &run.samples()[stream.sample].read_groups[group].id;
            let (trimmer, pairs) = (pipeline.trimmer.as_ref(), &pipeline.options.pairs);
            pool.install(|| insert_size::model(&aligner, trimmer, pairs, batches, id, progress))
        });
        let mapped = map::map(
            pipeline,
            &aligner,
            run.samples(),
            source,
            |sample, records, trimmed| gatherings[sample - first].add(records, trimmed, &scratches),
            |()| Ok(()),
            progress,
        );
        match reading.join() {
            Ok(read) => {
                mapped?;
                read.ok_or_else(|| Error::new(Class::Bug, "an error of reading was lost"))
            }
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Batches of all streams, in the order of tiles but for those that wait for their model.
struct Streams<O> {
    tiles: Receiver<Tile>,
    states: Vec<State>,
    /// Place of the lane that is read.
    lane: usize,
    observe: O,
    /// Batches to be handed out.
    ready: VecDeque<Sourced>,
    ended: bool,
}

struct State {
    stream: Stream,
    /// Templates so far.
    templates: u64,
    /// Set once the first pairs were looked at.
    insert_size: Option<InsertSizeModel>,
    /// Batches that wait for it.
    held: Vec<ReadPairBatch>,
    /// Pairs in them, and bases.
    pairs: usize,
    bases: usize,
}

impl<O: FnMut(&Stream, &[ReadPairBatch]) -> InsertSizeModel> Streams<O> {
    /// `observe` gives the model of a stream, which is a read group, seen its first batches.
    fn new(streams: &[Stream], tiles: Receiver<Tile>, observe: O) -> Self {
        let state = |stream: &Stream| State {
            stream: *stream,
            templates: 0,
            insert_size: None,
            held: Vec::new(),
            pairs: 0,
            bases: 0,
        };
        Self {
            tiles,
            states: streams.iter().map(state).collect(),
            lane: 0,
            observe,
            ready: VecDeque::new(),
            ended: false,
        }
    }

    fn add(&mut self, lane: usize, batches: TileBatches) {
        if lane != self.lane {
            self.lane = lane;
            self.release(|state| state.stream.last_lane < lane);
        }
        for (stream, batches) in batches {
            let state = &mut self.states[stream];
            for mut batch in batches {
                let input = u64::from(state.stream.read_group) << LANE_SHIFT;
                batch.first_ordinal = input + state.templates;
                batch.read_group = state.stream.read_group;
                state.templates += batch.len() as u64;
                // Single reads need no model.
                let no_model = (!batch.is_paired()).then(InsertSizeModel::default);
                let known = state.insert_size.or(no_model);
                match known {
                    Some(insert_size) => self.ready.push_back(Sourced {
                        sample: state.stream.sample,
                        batch,
                        insert_size,
                        failed: false,
                    }),
                    None => {
                        state.pairs += batch.len();
                        state.bases += batch.first.base_count() + batch.second.base_count();
                        state.held.push(batch);
                    }
                }
            }
        }
        self.release(|state| {
            state.pairs >= insert_size::PAIRS || state.bases >= insert_size::BASES
        });
    }

    /// Makes the models of these streams from what they hold.
    fn release(&mut self, which: impl Fn(&State) -> bool) {
        for state in &mut self.states {
            if state.held.is_empty() || !which(state) {
                continue;
            }
            let insert_size = (self.observe)(&state.stream, &state.held);
            state.insert_size = Some(insert_size);
            (state.pairs, state.bases) = (0, 0);
            let sample = state.stream.sample;
            self.ready.extend(state.held.drain(..).map(|batch| Sourced {
                sample,
                batch,
                insert_size,
                failed: false,
            }));
        }
    }
}

impl<O: FnMut(&Stream, &[ReadPairBatch]) -> InsertSizeModel> Iterator for Streams<O> {
    type Item = Result<Sourced, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() && !self.ended {
            match self.tiles.recv() {
                Ok(Ok((lane, batches))) => self.add(lane, batches),
                Ok(Err(error)) => {
                    self.ended = true;
                    return Some(Err(error));
                }
                Err(_) => {
                    self.ended = true;
                    self.release(|_| true);
                }
            }
        }
        self.ready.pop_front().map(Ok)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use fafnir_aligner::{InsertSizes, Orientation};

    use super::*;

    /// So many pairs.
    fn batch(templates: usize) -> ReadPairBatch {
        let mut batch = single(templates);
        batch.second = batch.first.clone();
        batch
    }

    /// So many templates of one read.
    fn single(templates: usize) -> ReadPairBatch {
        let mut batch = ReadPairBatch::default();
        for _ in 0..templates {
            batch.first.push(b"r", b"A", &[30]);
        }
        batch
    }

    /// What comes of tiles: sample, read group, first ordinal, templates, and the mean of the model,
    /// which here is the number of templates that it was made of.
    fn come(streams: &[Stream], tiles: Vec<(usize, TileBatches)>) -> Vec<[u64; 5]> {
        let (give, take) = crossbeam_channel::unbounded();
        for tile in tiles {
            give.send(Ok(tile)).unwrap();
        }
        drop(give);
        let model = |_: &Stream, held: &[ReadPairBatch]| {
            let templates = held.iter().map(ReadPairBatch::len).sum::<usize>() as u32;
            InsertSizeModel::of(Orientation::Fr, InsertSizes::around(templates, 1))
        };
        let come = Streams::new(streams, take, model).map(|sourced| {
            let Sourced {
                sample,
                batch,
                insert_size,
                ..
            } = sourced.unwrap();
            [
                sample as u64,
                batch.read_group.into(),
                batch.first_ordinal,
                batch.len() as u64,
                insert_size
                    .iter()
                    .map(|(_, sizes)| u64::from(sizes.mean))
                    .sum(),
            ]
        });
        come.collect()
    }

    fn stream(sample: usize, read_group: u16, last_lane: usize) -> Stream {
        Stream {
            sample,
            read_group,
            last_lane,
        }
    }

    #[test]
    fn templates_wait_for_their_model_until_the_last_lane() {
        let streams = [stream(0, 0, 0), stream(1, 0, 1), stream(0, 1, 1)];
        let tiles = vec![
            (0, vec![(0, vec![batch(3), batch(2)]), (1, vec![batch(4)])]),
            (0, vec![(0, vec![batch(1)])]),
            (1, vec![(1, vec![batch(5)]), (2, vec![batch(6)])]),
        ];
        assert_eq!(
            come(&streams, tiles),
            [
                [0, 0, 0, 3, 6],
                [0, 0, 3, 2, 6],
                [0, 0, 5, 1, 6],
                [1, 0, 0, 4, 9],
                [1, 0, 4, 5, 9],
                [0, 1, 1 << LANE_SHIFT, 6, 6],
            ]
        );
    }

    #[test]
    fn a_model_is_made_once_enough_pairs_came() {
        let many = insert_size::PAIRS;
        let tiles = vec![
            (0, vec![(0, vec![batch(many - 1)])]),
            (0, vec![(0, vec![batch(1)])]),
            (0, vec![(0, vec![batch(7)])]),
        ];
        let made_of = many as u64;
        assert_eq!(
            come(&[stream(0, 0, 0)], tiles),
            [
                [0, 0, 0, made_of - 1, made_of],
                [0, 0, made_of - 1, 1, made_of],
                [0, 0, made_of, 7, made_of],
            ]
        );
    }

    #[test]
    fn single_reads_do_not_wait() {
        let (give, take) = crossbeam_channel::unbounded();
        give.send(Ok((0, vec![(0, vec![single(2)])]))).unwrap();
        let model = |_: &Stream, _: &[ReadPairBatch]| panic!("no model of single reads");
        let mut streams = Streams::new(&[stream(0, 0, 0)], take, model);
        assert_eq!(streams.next().unwrap().unwrap().batch.len(), 2);
        drop(give);
        assert!(streams.next().is_none());
    }

    #[test]
    fn an_error_ends_the_batches() {
        let (give, take) = crossbeam_channel::unbounded();
        give.send(Ok((0, vec![(0, vec![batch(1)])]))).unwrap();
        give.send(Err(Error::input("damaged"))).unwrap();
        drop(give);
        let model = |_: &Stream, _: &[ReadPairBatch]| panic!("no model of half the reads");
        let mut streams = Streams::new(&[stream(0, 0, 0)], take, model);
        assert!(streams.next().unwrap().is_err());
        assert!(streams.next().is_none());
    }
}
