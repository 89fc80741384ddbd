//! Local assembly: haplotypes from the reads of a window by de Bruijn graphs of several k.
//!
//! After GATK's `ReadThreadingAssembler`: the smallest k of the schedule that leaves no cycle is
//! used; a small and a middle k are tried both, since each finds what the other loses. Repeats that get longer
//! than any k are taken from the reads that hold them.

mod align;
mod graph;
mod paths;
mod spanning;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use crate::reads::RegionRead;

pub(crate) use align::events;
use graph::{Graph, NoGraph};

/// Both are used where they leave no cycle; the longer's haplotypes are the more certain.
const USUAL_K: [usize; 2] = [25, 10];
/// More haplotypes than this are mostly combinations that no read shows.
const CROWD: usize = 10;
/// Tried where there is a crowd: longer k-mers keep together what the reads show together.
const LINKING_K: [usize; 2] = [45, 63];
/// Tried in turn where neither of the usual could be used.
const REPEAT_K: [usize; 9] = [35, 45, 55, 63, 75, 85, 95, 105, 115];
/// Most paths taken from a graph, and most of its dangling branches on each side.
const MOST_PATHS: usize = 64;
/// Where all reads have too many k-mers, one in so many is taken: the errors of a pile grow with its
/// depth, the haplotypes do not.
const THINNING: [usize; 3] = [1, 4, 16];
/// Most haplotypes that are aligned with the reference.
const MOST_HAPLOTYPES: usize = 128;

/// What [`assemble`] gives.
#[derive(Debug, Default)]
pub(crate) struct Assembled {
    /// Other than the reference's own, best supported first; each begins and ends with its ends.
    pub(crate) haplotypes: Vec<Vec<u8>>,
    /// Whether some reads or haplotypes were left out.
    pub(crate) is_limited: bool,
    /// Whether no k could be used, for repeats or unknown bases.
    pub(crate) is_impossible: bool,
}

/// The haplotypes that the reads spell, at most [`MOST_HAPLOTYPES`].
pub(crate) fn assemble(reference: &[u8], reads: &[RegionRead], min_quality: u8) -> Assembled {
    let mut found: VecDeque<Vec<u8>> = VecDeque::new();
    let mut seen: FxHashSet<Vec<u8>> = FxHashSet::default();
    seen.insert(reference.to_vec());
    let mut is_limited = false;
    let mut paths = |k: usize| {
        for share in THINNING {
            match Graph::build(reference, reads.iter().step_by(share), k, min_quality) {
                Ok(graph) => return paths::best(graph, MOST_PATHS),
                Err(NoGraph::Crowd) => is_limited = true,
                Err(NoGraph::Reference) => return None,
            }
        }
        None
    };
    let mut is_impossible = true;
    for paths in USUAL_K.into_iter().filter_map(&mut paths) {
        is_impossible = false;
        found.extend(paths.into_iter().filter(|p| seen.insert(p.clone())));
    }
    if is_impossible {
        let paths = REPEAT_K.into_iter().find_map(&mut paths);
        is_impossible = paths.is_none();
        let paths = paths.unwrap_or_default();
        found.extend(paths.into_iter().filter(|p| seen.insert(p.clone())));
    }
    if found.len() > CROWD {
        for linked in LINKING_K.into_iter().filter_map(&mut paths) {
            found.retain(|p| !linked.contains(p));
            for path in linked.into_iter().rev().filter(|p| p != reference) {
                found.push_front(path);
            }
        }
    }
    let spanning = spanning::spanning(reference, reads, min_quality);
    for path in spanning
        .into_iter()
        .rev()
        .filter(|p| seen.insert(p.clone()))
    {
        found.push_front(path);
    }
    is_limited |= found.len() > MOST_HAPLOTYPES;
    found.truncate(MOST_HAPLOTYPES);
    Assembled {
        haplotypes: found.into(),
        is_limited,
        is_impossible,
    }
}
