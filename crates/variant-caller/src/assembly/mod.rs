//! Local assembly: haplotypes from the reads of a window by de Bruijn graphs of several k.
//!
//! After GATK's `ReadThreadingAssembler`: the smallest k of the schedule that leaves no cycle is
//! used; a small and a middle k are tried both, since each finds what the other loses.

mod align;
mod graph;
mod paths;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use crate::reads::RegionRead;

pub(crate) use align::events;
use graph::Graph;

/// Both are used where they leave no cycle; the longer's haplotypes are the more certain.
const USUAL_K: [usize; 2] = [25, 10];
/// More haplotypes than this are mostly combinations that no read shows.
const CROWD: usize = 10;
/// Tried where there is a crowd: longer k-mers keep together what the reads show together.
const LINKING_K: [usize; 2] = [45, 63];
/// Tried in turn where neither of the usual could be used.
const REPEAT_K: [usize; 4] = [35, 45, 55, 63];
/// Most paths taken from a graph, and most of its dangling branches on each side.
const MOST_PATHS: usize = 64;
/// Most haplotypes that are aligned with the reference.
const MOST_HAPLOTYPES: usize = 128;

/// The haplotypes, other than the reference's own, that the reads spell, best supported first and at
/// most [`MOST_HAPLOTYPES`]. Each begins and ends with the reference's ends.
pub(crate) fn assemble(reference: &[u8], reads: &[RegionRead], min_quality: u8) -> Vec<Vec<u8>> {
    let mut found: VecDeque<Vec<u8>> = VecDeque::new();
    let mut seen: FxHashSet<Vec<u8>> = FxHashSet::default();
    seen.insert(reference.to_vec());
    let paths = |k: usize| {
        Graph::build(reference, reads, k, min_quality)
            .and_then(|graph| paths::best(graph, MOST_PATHS))
    };
    let mut usual = false;
    for paths in USUAL_K.into_iter().filter_map(paths) {
        usual = true;
        found.extend(paths.into_iter().filter(|p| seen.insert(p.clone())));
    }
    if !usual {
        let paths = REPEAT_K.into_iter().find_map(paths).unwrap_or_default();
        found.extend(paths.into_iter().filter(|p| seen.insert(p.clone())));
    }
    if found.len() > CROWD {
        for linked in LINKING_K.into_iter().filter_map(paths) {
            found.retain(|p| !linked.contains(p));
            for path in linked.into_iter().rev().filter(|p| p != reference) {
                found.push_front(path);
            }
        }
    }
    found.truncate(MOST_HAPLOTYPES);
    found.into()
}
