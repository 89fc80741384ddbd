//! Local assembly: haplotypes from the reads of a window by de Bruijn graphs of several k.
//!
//! After GATK's `ReadThreadingAssembler`: the smallest k of the schedule that leaves no cycle is
//! used; a small and a middle k are tried both, since each finds what the other loses.

mod align;
mod graph;
mod paths;

use rustc_hash::FxHashSet;

use crate::reads::RegionRead;

pub(crate) use align::events;
use graph::Graph;

/// Both are used where they leave no cycle.
const USUAL_K: [usize; 2] = [10, 25];
/// Tried in turn where neither of the usual could be used.
const REPEAT_K: [usize; 4] = [35, 45, 55, 63];
/// Edges seen in fewer reads are errors.
const LEAST_WEIGHT: u32 = 2;
/// At high depth errors repeat: an edge needs this share of the mean depth.
const LEAST_WEIGHT_SHARE: f64 = 0.03;
/// Most paths taken from a graph.
const MOST_PATHS: usize = 64;

/// The haplotypes, other than the reference's own, that the reads spell, best supported first. Each
/// begins and ends with the reference's ends.
pub(crate) fn assemble(reference: &[u8], reads: &[RegionRead], min_quality: u8) -> Vec<Vec<u8>> {
    let total: usize = reads.iter().map(|r| r.bases.len()).sum();
    let depth = total as f64 / reference.len().max(1) as f64;
    let least = LEAST_WEIGHT.max((depth * LEAST_WEIGHT_SHARE).ceil() as u32);
    let mut found: Vec<Vec<u8>> = Vec::new();
    let mut seen: FxHashSet<Vec<u8>> = FxHashSet::default();
    seen.insert(reference.to_vec());
    let mut take = |k: usize| -> bool {
        let Some(paths) = Graph::build(reference, reads, k, min_quality)
            .and_then(|graph| paths::best(graph, least, MOST_PATHS))
        else {
            return false;
        };
        for path in paths {
            if seen.insert(path.clone()) {
                found.push(path);
            }
        }
        true
    };
    // The longer k first: its haplotypes are the more certain.
    let usual = USUAL_K.iter().rev().fold(false, |any, &k| take(k) || any);
    if !usual {
        for k in REPEAT_K {
            if take(k) {
                break;
            }
        }
    }
    found
}
