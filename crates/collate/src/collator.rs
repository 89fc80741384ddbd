//! Gathers prepared batches, spills what is over budget, and decides duplicates at the end.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fafnir_io::bam::RecordBatch;
use rayon::prelude::*;

use crate::duplicates::{Duplicates, Found, decide, split};
use crate::error::CollateError;
use crate::metrics::{DuplicateMetrics, LibraryMetrics, Tally};
use crate::prepare::{Chunk, Prepared, Scratch, take_apart};
use crate::signature::Signature;
use crate::slot::{SLOTS, Slot};
use crate::sorted::SortedTiles;
use crate::spill::{Extent, SpillFile};

/// What a [`Collator`] needs to know beforehand.
#[derive(Clone, Debug)]
pub struct Options {
    /// Length of each contig of the reference in bases.
    pub contig_lengths: Vec<u32>,
    /// Number of the library of each read group.
    pub library_of_read_group: Vec<u16>,
    /// Bytes of records and signatures to hold before some are spilled.
    pub memory: u64,
    /// Where temporary files go.
    pub temporary_directory: PathBuf,
    /// Whether to set the duplicate flag. Where not, flags stay as they came.
    pub mark_duplicates: bool,
    /// Whether to leave duplicates out instead; only with `mark_duplicates`.
    pub remove_duplicates: bool,
}

/// Takes batches in any order, from any thread.
pub struct Collator {
    options: Options,
    held: Mutex<Held>,
}

/// What has come so far.
#[derive(Default)]
struct Held {
    bins: BTreeMap<u64, Bin>,
    /// Bytes in `bins` and on their way to the temporary file.
    memory: u64,
    spill: Option<Arc<SpillFile>>,
    /// One past the last record of each input.
    templates: BTreeMap<u16, u64>,
    tallies: Vec<Tally>,
    /// A batch or a bin was lost to an error.
    incomplete: bool,
}

/// Records and signatures of [`SLOTS`] neighbouring slots.
#[derive(Default)]
pub(crate) struct Bin {
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) spilled: Vec<(Slot, Extent)>,
    signatures: Vec<Vec<Signature>>,
    spilled_signatures: Vec<Extent>,
    /// Bytes of `chunks` and `signatures`.
    memory: u64,
}

impl Collator {
    /// Nothing gathered yet.
    pub fn new(options: Options) -> Self {
        let held = Held {
            tallies: vec![Tally::default(); options.library_of_read_group.len()],
            ..Held::default()
        };
        Self {
            options,
            held: Mutex::new(held),
        }
    }

    /// The worker's share of [`add`](Self::add), a plain function of the batch: partitions its
    /// records by tile and, where duplicates are marked, extracts a signature of each template.
    pub fn prepare(&self, batch: RecordBatch, scratch: &mut Scratch) -> Prepared {
        take_apart(batch, scratch, self.options.mark_duplicates)
    }

    /// Takes a batch in. Where that goes over the budget, the calling thread spills the largest
    /// bins before it returns, others meanwhile go on: so memory stays within the budget and about
    /// one batch for each thread.
    ///
    /// # Errors
    /// A record outside the reference, an unknown read group, a failing temporary file. The
    /// collator has lost records then: it takes no more of them and cannot be finished.
    pub fn add(&self, prepared: Prepared) -> Result<(), CollateError> {
        let result = self.try_add(prepared);
        if result.is_err() {
            self.lock().incomplete = true;
        }
        result
    }

    fn try_add(&self, prepared: Prepared) -> Result<(), CollateError> {
        self.check(&prepared)?;
        let mut held = self.lock();
        if held.incomplete {
            return Err(CollateError::Incomplete);
        }
        held.insert(prepared, self.options.mark_duplicates);
        while held.memory > self.options.memory
            && let Some((number, bin)) = held.take_largest()
        {
            let file = held.spill_file(&self.options)?;
            drop(held);
            let memory = bin.memory;
            let spilled = bin.spill(&file)?;
            held = self.lock();
            held.memory -= memory;
            held.bins.entry(number).or_default().join(spilled);
        }
        Ok(())
    }

    /// Ends the input and decides which templates are duplicates, on the threads of the current
    /// rayon pool.
    ///
    /// # Errors
    /// A failing temporary file; no memory for the duplicate bits; an earlier
    /// [`add`](Self::add) that failed.
    pub fn finish(self) -> Result<SortedTiles, CollateError> {
        let held = self.held.into_inner();
        // A thread that panicked in the middle of an addition lost its batch.
        let mut held = held.map_err(|_| CollateError::Incomplete)?;
        if held.incomplete {
            return Err(CollateError::Incomplete);
        }
        let libraries = &self.options.library_of_read_group;
        let library_count = libraries.iter().max().map_or(0, |l| usize::from(*l) + 1);
        let mut metrics = vec![LibraryMetrics::default(); library_count];
        for (tally, library) in held.tallies.iter().zip(libraries) {
            let metrics = &mut metrics[usize::from(*library)];
            metrics.unpaired_reads_examined += tally.unpaired;
            metrics.read_pairs_examined += tally.paired;
            metrics.secondary_or_supplementary_reads += tally.secondary;
            metrics.unmapped_reads += tally.unmapped;
        }
        let duplicates = if self.options.mark_duplicates {
            Duplicates::new(&held.templates)?
        } else {
            Duplicates::default()
        };
        let file = held.spill.take();
        let found = held
            .bins
            .par_iter_mut()
            .map(|(_, bin)| {
                let mut found = vec![Found::default(); library_count];
                let signatures = bin.take_signatures(file.as_deref())?;
                decide(signatures, libraries, &duplicates, &mut found);
                Ok(found)
            })
            .try_reduce(Vec::new, |a, b| Ok(add_found(a, b)))?;
        for (metrics, found) in metrics.iter_mut().zip(found) {
            metrics.unpaired_read_duplicates = found.unpaired;
            metrics.read_pair_duplicates = found.pairs;
        }
        for metrics in &mut metrics {
            metrics.read_pairs_examined /= 2;
        }
        let metrics = DuplicateMetrics { libraries: metrics };
        Ok(SortedTiles::new(
            self.options,
            held.bins,
            file,
            duplicates,
            metrics,
        ))
    }

    fn check(&self, prepared: &Prepared) -> Result<(), CollateError> {
        let groups = self.options.library_of_read_group.len();
        if usize::from(prepared.read_group) >= groups {
            return Err(CollateError::UnknownReadGroup {
                read_group: prepared.read_group,
                count: groups,
            });
        }
        let runs = prepared.chunks.iter().flat_map(|(_, chunk)| &chunk.runs);
        for (slot, _) in runs.filter(|(slot, _)| slot.is_placed()) {
            let (contig, position) = slot.start();
            let length = self.options.contig_lengths.get(contig as usize);
            if length.is_none_or(|length| position >= u64::from(*length)) {
                return Err(CollateError::OutsideReference {
                    first_ordinal: prepared.first_ordinal,
                    contig,
                    position,
                });
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn insert(&mut self, prepared: Prepared, signatures: bool) {
        self.tallies[usize::from(prepared.read_group)].add(&prepared.tally);
        let (input, record) = split(prepared.first_ordinal);
        let templates = self.templates.entry(input).or_default();
        *templates = (*templates).max(record + prepared.templates);
        for (number, chunk) in prepared.chunks {
            let bin = self.bins.entry(number).or_default();
            bin.memory += chunk.memory();
            self.memory += chunk.memory();
            bin.chunks.push(chunk);
        }
        if signatures {
            for (number, signatures) in prepared.signatures {
                let memory = size_of_val(signatures.as_slice()) as u64;
                let bin = self.bins.entry(number).or_default();
                bin.memory += memory;
                self.memory += memory;
                bin.signatures.push(signatures);
            }
        }
    }

    /// Takes what the largest bin holds in memory.
    fn take_largest(&mut self) -> Option<(u64, Bin)> {
        let (number, bin) = self.bins.iter_mut().max_by_key(|(_, bin)| bin.memory)?;
        let taken = Bin {
            chunks: std::mem::take(&mut bin.chunks),
            signatures: std::mem::take(&mut bin.signatures),
            memory: std::mem::take(&mut bin.memory),
            ..Bin::default()
        };
        (taken.memory > 0).then_some((*number, taken))
    }

    fn spill_file(&mut self, options: &Options) -> Result<Arc<SpillFile>, CollateError> {
        if let Some(file) = &self.spill {
            return Ok(file.clone());
        }
        let file = Arc::new(SpillFile::create(&options.temporary_directory)?);
        self.spill = Some(file.clone());
        Ok(file)
    }
}

impl Bin {
    /// Writes records and signatures out; what is left knows where they are.
    fn spill(self, file: &SpillFile) -> Result<Self, CollateError> {
        let mut compressor = file.compressor()?;
        let mut spilled = Self::default();
        let mut bytes = Vec::new();
        for (slot, slices) in self.slots() {
            bytes.clear();
            slices.iter().for_each(|s| bytes.extend_from_slice(s));
            spilled
                .spilled
                .push((slot, file.write(&mut compressor, &bytes)?));
        }
        bytes.clear();
        for signature in self.signatures.iter().flatten() {
            signature.encode(&mut bytes);
        }
        if !bytes.is_empty() {
            spilled
                .spilled_signatures
                .push(file.write(&mut compressor, &bytes)?);
        }
        Ok(spilled)
    }

    /// The slices of each slot that has records in memory.
    fn slots(&self) -> impl Iterator<Item = (Slot, Vec<&[u8]>)> {
        let mut slots = [const { None }; SLOTS];
        for chunk in &self.chunks {
            for (slot, range) in chunk.slots() {
                slots[slot.within_bin()]
                    .get_or_insert_with(|| (slot, Vec::<&[u8]>::new()))
                    .1
                    .push(&chunk.bytes[range]);
            }
        }
        slots.into_iter().flatten()
    }

    fn join(&mut self, spilled: Self) {
        self.spilled.extend(spilled.spilled);
        self.spilled_signatures.extend(spilled.spilled_signatures);
    }

    fn take_signatures(
        &mut self,
        file: Option<&SpillFile>,
    ) -> Result<Vec<Signature>, CollateError> {
        let held = std::mem::take(&mut self.signatures);
        let mut signatures = held.concat();
        if let (Some(file), false) = (file, self.spilled_signatures.is_empty()) {
            let mut decompressor = file.decompressor()?;
            for extent in std::mem::take(&mut self.spilled_signatures) {
                let bytes = file.read(&mut decompressor, &extent)?;
                signatures.extend(bytes.as_chunks().0.iter().map(Signature::decode));
            }
        }
        Ok(signatures)
    }
}

fn add_found(mut a: Vec<Found>, b: Vec<Found>) -> Vec<Found> {
    if a.is_empty() {
        return b;
    }
    for (a, b) in a.iter_mut().zip(b) {
        a.unpaired += b.unpaired;
        a.pairs += b.pairs;
    }
    a
}
