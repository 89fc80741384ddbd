//! Which templates are duplicates, decided once all are known.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::FxHashMap;

use crate::error::CollateError;
use crate::signature::{End, Signature};

/// Ordinals: number of the input above, number of the record in it below.
const RECORD_BITS: u32 = 48;

/// Number of the input and of the record in it.
pub(crate) fn split(ordinal: u64) -> (u16, u64) {
    let record = ordinal & ((1 << RECORD_BITS) - 1);
    ((ordinal >> RECORD_BITS) as u16, record)
}

/// One bit a template.
#[derive(Debug, Default)]
pub struct Duplicates {
    /// By number of the input. Atomic so that partitions can be decided at the same time.
    inputs: BTreeMap<u16, Vec<AtomicU64>>,
}

impl Duplicates {
    /// Bits for so many templates of each input, all clear.
    pub(crate) fn new(templates: &BTreeMap<u16, u64>) -> Result<Self, CollateError> {
        let mut inputs = BTreeMap::new();
        for (&input, &templates) in templates {
            let words = templates.div_ceil(64) as usize;
            let mut bits = Vec::new();
            bits.try_reserve_exact(words)
                .map_err(|_| CollateError::OutOfMemory { input, templates })?;
            bits.resize_with(words, || AtomicU64::new(0));
            inputs.insert(input, bits);
        }
        Ok(Self { inputs })
    }

    /// Whether the template with this ordinal is a duplicate.
    pub fn contains(&self, ordinal: u64) -> bool {
        let (input, record) = split(ordinal);
        self.inputs
            .get(&input)
            .and_then(|bits| bits.get((record / 64) as usize))
            .is_some_and(|word| word.load(Ordering::Relaxed) >> (record % 64) & 1 != 0)
    }

    fn insert(&self, ordinal: u64) {
        let (input, record) = split(ordinal);
        if let Some(word) = self
            .inputs
            .get(&input)
            .and_then(|bits| bits.get((record / 64) as usize))
        {
            word.fetch_or(1 << (record % 64), Ordering::Relaxed);
        }
    }
}

/// Duplicates found in one library.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) unpaired: u64,
    pub(crate) pairs: u64,
}

/// Decides the templates of one partition, and counts by library.
pub(crate) fn decide(
    mut signatures: Vec<Signature>,
    libraries: &[u16],
    duplicates: &Duplicates,
    found: &mut [Found],
) {
    let library = |s: &Signature| libraries[s.read_group as usize];
    // Alike templates lie together, the best first.
    signatures.sort_unstable_by(|a, b| {
        (End::pair(a.left, a.right).cmp(&End::pair(b.left, b.right)))
            .then_with(|| library(a).cmp(&library(b)))
            .then_with(|| b.score.cmp(&a.score))
            .then_with(|| a.ordinal.cmp(&b.ordinal))
    });
    let alike = |a: &Signature, b: &Signature| {
        (a.left, a.right, library(a)) == (b.left, b.right, library(b))
    };
    // Fragment sets by end and library; true once an end of a pair lies there.
    let mut fragments: FxHashMap<(End, u16), bool> = signatures
        .iter()
        .filter(|s| s.right == End::FRAGMENT)
        .map(|s| ((s.left, library(s)), false))
        .collect();
    if !fragments.is_empty() {
        for pair in signatures.iter().filter(|s| s.right != End::FRAGMENT) {
            for end in [pair.left, pair.right] {
                if let Some(paired) = fragments.get_mut(&(end, library(pair))) {
                    *paired = true;
                }
            }
        }
    }
    for set in signatures.chunk_by(alike) {
        let best = &set[0];
        let found = &mut found[usize::from(library(best))];
        let (kept, count) = match best.right {
            End::ELSEWHERE => continue,
            End::FRAGMENT if fragments[&(best.left, library(best))] => (0, &mut found.unpaired),
            End::FRAGMENT => (1, &mut found.unpaired),
            _ => (1, &mut found.pairs),
        };
        for duplicate in &set[kept..] {
            duplicates.insert(duplicate.ordinal);
        }
        *count += (set.len() - kept) as u64;
    }
}
