//! Collects the seeds of a reference into the sorted table and its directory.
//!
//! Two passes over the reference, by partitions of the hash: the first counts, so that the second lays each seed where
//! its partition lies in the table, which is then sorted partition by partition, in place. So the table is held
//! once and little besides.

use fafnir_io::{Reference, reference::ContigId};
use rayon::prelude::*;

use super::table::{REMAINDER_BITS, entry};
use crate::syncmer::{HASH_BITS, K, Syncmer, for_each_syncmer};

/// Partitions by the hash's top bits, so that what is left of hash, strand and position fits a word.
const PARTITIONS: usize = 1 << (HASH_BITS - REMAINDER_BITS);
/// Bases that one task looks at.
const PIECE: u32 = 1 << 20;
/// Tasks a thread whose seeds are held before they are laid into the table.
const AHEAD: usize = 4;

/// All entries, sorted by hash, strand and position.
pub(super) struct Collected {
    pub(super) entries: Vec<u64>,
    /// Entries of each partition.
    counts: Vec<usize>,
}

/// Seeds of one task, by partition.
struct Found {
    entries: Vec<u64>,
    /// Where each partition starts in `entries`, and the end of the last.
    starts: Vec<u32>,
}

impl Collected {
    pub(super) fn new(reference: &Reference) -> Self {
        let tasks = tasks(reference);
        let counts = count(reference, &tasks);
        let mut entries = vec![0; counts.iter().sum()];
        let mut free = partitions(&mut entries, &counts);
        for tasks in tasks.chunks(AHEAD * rayon::current_num_threads()) {
            let found: Vec<Found> = tasks
                .par_iter()
                .map(|task| Found::new(reference, task))
                .collect();
            free.par_iter_mut()
                .enumerate()
                .for_each(|(partition, free)| {
                    for found in &found {
                        let entries = found.partition(partition);
                        let (here, rest) = std::mem::take(free).split_at_mut(entries.len());
                        here.copy_from_slice(entries);
                        *free = rest;
                    }
                });
        }
        partitions(&mut entries, &counts)
            .into_par_iter()
            .for_each(<[u64]>::sort_unstable);
        Self { entries, counts }
    }

    /// Start of each of `2^bits` buckets, the number of all entries at the end, padded to whole words.
    pub(super) fn directory(&self, bits: u32) -> Vec<u32> {
        let shift = HASH_BITS - bits;
        let buckets = 1 << bits;
        // No entry is lost: there are fewer than positions, which have 32 bits.
        let total = self.entries.len() as u32;
        let mut directory = vec![total; buckets + 2];
        let mut starts = Vec::with_capacity(PARTITIONS);
        let mut rest = &self.entries[..];
        for count in &self.counts {
            let (partition, after) = rest.split_at(*count);
            starts.push((self.entries.len() - rest.len(), partition));
            rest = after;
        }
        directory[..buckets]
            .par_chunks_mut(buckets / PARTITIONS)
            .zip(starts)
            .enumerate()
            .for_each(|(number, (directory, (start, partition)))| {
                let first = number * directory.len();
                let mut before = 0;
                for (bucket, slot) in directory.iter_mut().enumerate() {
                    *slot = (start + before) as u32;
                    let is_here = |entry: &&u64| {
                        let hash = (number as u64) << REMAINDER_BITS | *entry >> 33;
                        (hash >> shift) as usize == first + bucket
                    };
                    before += partition[before..].iter().take_while(is_here).count();
                }
            });
        directory
    }
}

/// Pieces of contigs, together up to about [`PIECE`] bases a task: there may be a million contigs.
fn tasks(reference: &Reference) -> Vec<Vec<(ContigId, u32)>> {
    let mut tasks = vec![Vec::new()];
    let mut bases = 0;
    for (id, contig) in reference.contigs().iter().enumerate() {
        for start in (0..contig.length).step_by(PIECE as usize) {
            if bases >= PIECE {
                tasks.push(Vec::new());
                bases = 0;
            }
            bases += (contig.length - start).min(PIECE);
            if let Some(task) = tasks.last_mut() {
                task.push((ContigId(id as u32), start));
            }
        }
    }
    tasks
}

/// Seeds of each partition.
fn count(reference: &Reference, tasks: &[Vec<(ContigId, u32)>]) -> Vec<usize> {
    let add = |mut sums: Vec<usize>, counts: Vec<usize>| {
        sums.iter_mut()
            .zip(counts)
            .for_each(|(sum, count)| *sum += count);
        sums
    };
    tasks
        .par_iter()
        .fold(
            || vec![0; PARTITIONS],
            |mut counts, task| {
                for_each_seed(reference, task, |_, seed| counts[partition_of(&seed)] += 1);
                counts
            },
        )
        .reduce(|| vec![0; PARTITIONS], add)
}

/// Calls `emit` with the place of the piece in concatenated coordinates and each of its seeds.
fn for_each_seed(
    reference: &Reference,
    task: &[(ContigId, u32)],
    mut emit: impl FnMut(u64, Syncmer),
) {
    let mut codes = Vec::new();
    for &(contig, start) in task {
        codes.clear();
        let end = start.saturating_add(PIECE + K as u32 - 1);
        reference.bases(contig, start..end, &mut codes);
        let offset = reference.contig(contig).offset + u64::from(start);
        for_each_syncmer(&codes, |seed| emit(offset, seed));
    }
}

fn partition_of(seed: &Syncmer) -> usize {
    (seed.hash >> REMAINDER_BITS) as usize
}

/// The parts of the table that belong to each partition.
fn partitions<'a>(mut entries: &'a mut [u64], counts: &[usize]) -> Vec<&'a mut [u64]> {
    let part = |count: &usize| {
        let (part, rest) = std::mem::take(&mut entries).split_at_mut(*count);
        entries = rest;
        part
    };
    counts.iter().map(part).collect()
}

impl Found {
    fn new(reference: &Reference, task: &[(ContigId, u32)]) -> Self {
        let mut seeds = Vec::new();
        let mut starts = vec![0; PARTITIONS + 1];
        for_each_seed(reference, task, |offset, seed| {
            let position = (offset + u64::from(seed.position)) as u32;
            let partition = partition_of(&seed);
            starts[partition + 1] += 1;
            seeds.push((partition as u32, entry(seed.hash, seed.reverse, position)));
        });
        for partition in 0..PARTITIONS {
            starts[partition + 1] += starts[partition];
        }
        let mut free = starts.clone();
        let mut entries = vec![0; seeds.len()];
        for (partition, entry) in seeds {
            let free = &mut free[partition as usize];
            entries[*free as usize] = entry;
            *free += 1;
        }
        Self { entries, starts }
    }

    fn partition(&self, partition: usize) -> &[u64] {
        &self.entries[self.starts[partition] as usize..self.starts[partition + 1] as usize]
    }
}
