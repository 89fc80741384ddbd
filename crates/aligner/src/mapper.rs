//! Maps batches of reads: seeds, candidates, extension, rescue, pairing, records.

mod explain;

use std::sync::Arc;

use fafnir_fpga_hal::Hal;
use fafnir_io::{ReadPairBatch, Reads, bam::RecordBatch};

use crate::{
    alignment::{Alignments, scramble},
    candidates::Candidate,
    extension::Extender,
    index::Index,
    insert_size::{InsertSizeModel, InsertSizeObservations, Orientation},
    options::AlignerOptions,
    packed::PackedReads,
    pairing::{Evidence, Pairing, place_pair, place_single},
    placing::{GROUP, Ground, Placer, SHORTEST_READ},
    record::{Context, RecordWriter, Template},
    rescue::Rescuer,
};

/// Maps reads to an index. One is shared by all threads, each with a [`Scratch`] of its own.
#[derive(Clone, Debug)]
pub struct Aligner {
    index: Arc<Index>,
    options: AlignerOptions,
    hal: Hal,
}

/// Working memory of one thread, kept from batch to batch.
#[derive(Debug)]
pub struct Scratch {
    reads: PackedReads,
    placer: Placer,
    candidates: Vec<Candidate>,
    /// Whether seeds of a read were left out.
    hidden: Vec<bool>,
    extender: Extender,
    alignments: Alignments,
    rescuer: Rescuer,
    writer: RecordWriter,
}

impl Aligner {
    /// An aligner to `index` that sends its extensions to `hal`.
    pub fn new(index: Arc<Index>, options: AlignerOptions, hal: Hal) -> Self {
        Self {
            index,
            options,
            hal,
        }
    }

    /// Working memory for a thread.
    pub fn scratch(&self) -> Scratch {
        Scratch {
            reads: PackedReads::default(),
            placer: Placer::default(),
            candidates: Vec::new(),
            hidden: Vec::new(),
            extender: Extender::new(&self.options),
            alignments: Alignments::new(Arc::clone(self.index.alternates())),
            rescuer: Rescuer::default(),
            writer: RecordWriter::default(),
        }
    }

    /// Maps a batch. Every read is in the result once as a primary record, in input order; what
    /// cannot be placed is unmapped. The records are a function of the batch's reads, `model` and
    /// the options, whatever else the batch holds.
    pub fn map(
        &self,
        batch: &ReadPairBatch,
        model: &InsertSizeModel,
        read_group: &[u8],
        scratch: &mut Scratch,
    ) -> RecordBatch {
        self.align(batch, true, scratch);
        let paired = batch.is_paired();
        if paired {
            self.rescue(batch, model, scratch);
        }
        let mut out = RecordBatch {
            first_ordinal: batch.first_ordinal,
            read_group: batch.read_group,
            bytes: Vec::with_capacity(batch.first.base_count() * if paired { 5 } else { 3 }),
            template_ends: Vec::with_capacity(batch.len()),
        };
        let pair = [&batch.first, &batch.second];
        let sources: &[&Reads] = if paired { &pair } else { &pair[..1] };
        for index in 0..batch.len() {
            self.write(sources, index, model, read_group, scratch, &mut out.bytes);
            out.template_ends.push(out.bytes.len());
        }
        out
    }

    /// Looks at the fragment lengths of pairs whose reads both have one good place: unless
    /// `thorough`, one that is found at once, which takes a fraction of the time of [`Self::map`].
    pub fn observe(
        &self,
        batch: &ReadPairBatch,
        thorough: bool,
        scratch: &mut Scratch,
        observations: &mut InsertSizeObservations,
    ) {
        if !batch.is_paired() {
            return;
        }
        self.align(batch, thorough, scratch);
        for index in 0..batch.len() {
            let evidence = [0, 1].map(|end| scratch.evidence(2 * index + end));
            let places = [0, 1].map(|i| place_single(&evidence[i], &self.options));
            let [Some(a), Some(b)] = places else { continue };
            if a.quality < 20 || b.quality < 20 {
                continue;
            }
            let best = [0, 1].map(|i| &evidence[i].alignments[0]);
            // A read that spans a breakpoint shows the genome's structure, not the library's.
            let whole =
                |i: usize| 5 * (best[i].query_end - best[i].query_start) >= 4 * evidence[i].length;
            if !whole(0) || !whole(1) {
                continue;
            }
            if let Some((orientation, length)) = Orientation::of_pair(best[0], best[1]) {
                observations.add(orientation, length);
            }
        }
    }

    /// Finds the alignments of each read by itself; unless `full`, only those without gaps of reads
    /// that are easily placed.
    fn align(&self, batch: &ReadPairBatch, full: bool, scratch: &mut Scratch) {
        let reference = self.index.reference();
        let Scratch {
            reads,
            placer,
            hidden,
            extender,
            alignments,
            ..
        } = scratch;
        reads.clear();
        for index in 0..batch.len() {
            reads.push(&batch.first, index);
            if batch.is_paired() {
                reads.push(&batch.second, index);
            }
        }
        hidden.clear();
        hidden.resize(reads.len(), false);
        extender.clear();
        alignments.reset(reads.len());
        let ground = Ground {
            reference,
            table: self.index.seeds(),
            reads,
            options: &self.options,
        };
        let draw = |read| {
            let (source, index) = source_of(batch, read);
            name_hash(source.name(index))
        };
        for first in (0..reads.len()).step_by(GROUP) {
            let group = first..(first + GROUP).min(reads.len());
            let settles = |c: &Candidate| !full || self.settles(c);
            let kind = (full, batch.is_paired());
            placer.place(ground, group, kind, (settles, draw), (extender, hidden));
        }
        extender.finish(&self.hal, reference, reads, alignments);
        for read in 0..reads.len() {
            let (source, index) = source_of(batch, read);
            alignments.rank(read, name_hash(source.name(index)));
        }
    }

    /// Whether a read's only near place is all that is asked for: not where other places become
    /// records, and not on an ALT contig, whose place on the primary assembly comes first.
    fn settles(&self, candidate: &Candidate) -> bool {
        let anchor = candidate.diagonal + i64::from(candidate.start);
        self.options.records.secondary == 0 && !self.index.is_alternate_at(anchor)
    }

    /// Looks for reads near their mates, where no proper pair was found.
    fn rescue(&self, batch: &ReadPairBatch, model: &InsertSizeModel, scratch: &mut Scratch) {
        let reference = self.index.reference();
        let Scratch {
            reads,
            candidates,
            extender,
            alignments,
            rescuer,
            ..
        } = scratch;
        extender.clear();
        let mut touched = false;
        for read in 0..reads.len() {
            let mate = read ^ 1;
            if reads.length(mate) < SHORTEST_READ {
                continue;
            }
            candidates.clear();
            rescuer.near(
                reference,
                (reads, alignments),
                read,
                (model, &self.options),
                candidates,
            );
            if !candidates.is_empty() {
                extender.add(reference, reads, mate, candidates, (true, &self.options));
                touched = true;
            }
        }
        if !touched {
            return;
        }
        extender.finish(&self.hal, reference, reads, alignments);
        for read in 0..reads.len() {
            let (source, index) = source_of(batch, read);
            alignments.rank(read, name_hash(source.name(index)));
        }
    }

    fn write(
        &self,
        sources: &[&Reads],
        index: usize,
        model: &InsertSizeModel,
        read_group: &[u8],
        scratch: &mut Scratch,
        out: &mut Vec<u8>,
    ) {
        let first_read = index * sources.len();
        let first = scratch.evidence(first_read);
        let (pairing, hidden) = if sources.len() > 1 {
            let second = scratch.evidence(first_read + 1);
            (
                place_pair([&first, &second], model, &self.options),
                [first.hidden, second.hidden],
            )
        } else {
            let places = [place_single(&first, &self.options), None];
            (
                Pairing {
                    places,
                    proper: false,
                },
                [first.hidden, false],
            )
        };
        let template = Template {
            sources,
            index,
            first_read,
            pairing,
            hidden,
        };
        let context = Context {
            reference: self.index.reference(),
            reads: &scratch.reads,
            alignments: &scratch.alignments,
            read_group,
            options: &self.options,
        };
        scratch.writer.write(&template, &context, out);
    }
}

impl Scratch {
    fn evidence(&self, read: usize) -> Evidence<'_> {
        Evidence {
            alignments: self.alignments.of(read),
            length: self.reads.length(read),
            hidden: self.hidden[read],
        }
    }
}

/// Where packed read `read` came from.
fn source_of(batch: &ReadPairBatch, read: usize) -> (&Reads, usize) {
    match (batch.is_paired(), read % 2) {
        (false, _) => (&batch.first, read),
        (true, 0) => (&batch.first, read / 2),
        (true, _) => (&batch.second, read / 2),
    }
}

/// A seed for the order of equally good places: both reads of a template have the same.
fn name_hash(name: &[u8]) -> u64 {
    name.chunks(8).fold(name.len() as u64, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        scramble(hash ^ u64::from_le_bytes(word))
    })
}
