//! Haplotypes from the pileup's candidates: which of them the reads show together.
//!
//! Assembly loses a cluster of variants where a repeat nearby makes cycles, or where too few reads span it.
//! The reads' own alignments still tell which candidates stand together.

use std::ops::Range;

use crate::event::Event;
use crate::evidence::read_events;
use crate::haplotype::Haplotype;
use crate::reads::{ReadIndex, Usable, chosen};

/// Most haplotypes kept at each step.
const BEAM: usize = 16;
/// Most haplotypes given.
const MOST_LINKED: usize = 8;
/// A read that agrees with this many candidates before one belongs to their haplotype.
const MEMORY: usize = 4;
/// Reads that each choice is taken to have beside those seen.
const PSEUDOCOUNT: f64 = 0.1;
/// Haplotypes this far (log10) below the best are errors of reads.
const LEAST_LOG_SHARE: f64 = -3.0;

/// What a read shows at a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Unknown,
    Absent,
    Present,
}

/// A haplotype over the candidates so far.
#[derive(Clone, Debug)]
struct Path {
    log_share: f64,
    present: Vec<bool>,
}

/// The likeliest haplotypes over `candidates`, which are sorted, best first; none of them the
/// reference. `extents` are the bases that a read must cover to lack a candidate, `bases` the
/// reference's codes from `offset` on. Looks at `most` reads.
pub(crate) fn linked(
    index: &ReadIndex<'_>,
    candidates: &[Event],
    extents: &[Range<u32>],
    bases: &[u8],
    offset: u32,
    most: usize,
) -> Vec<Haplotype> {
    let (Some(first), Some(last)) = (candidates.first(), candidates.last()) else {
        return Vec::new();
    };
    let window = first.anchor()..last.end().max(last.anchor() + 1);
    let (reads, _) = chosen(index, &window, most);
    let rows: Vec<Vec<Shown>> = reads
        .into_iter()
        .map(|read| row(read, candidates, extents, bases, offset))
        .collect();
    let mut beam = vec![Path {
        log_share: 0.0,
        present: Vec::new(),
    }];
    for (at, candidate) in candidates.iter().enumerate() {
        let mut longer = Vec::with_capacity(2 * beam.len());
        for path in beam {
            let (absent, present) = choices(&rows, &path, at);
            let before = path.present.iter().rposition(|&p| p);
            let fits = before.is_none_or(|b| candidates[b].precedes(candidate));
            if fits {
                let mut with = path.clone();
                with.log_share += libm::log10(present / (absent + present));
                with.present.push(true);
                longer.push(with);
            }
            let mut without = path;
            if fits {
                without.log_share += libm::log10(absent / (absent + present));
            }
            without.present.push(false);
            longer.push(without);
        }
        longer.sort_by(|a, b| {
            b.log_share
                .total_cmp(&a.log_share)
                .then_with(|| a.present.cmp(&b.present))
        });
        longer.truncate(BEAM);
        beam = longer;
    }
    let least = beam[0].log_share + LEAST_LOG_SHARE;
    beam.iter()
        .filter(|path| path.log_share >= least && path.present.contains(&true))
        .take(MOST_LINKED)
        .map(|path| {
            let chosen = candidates.iter().zip(&path.present);
            chosen
                .filter(|(_, present)| **present)
                .map(|(event, _)| event.clone())
                .collect()
        })
        .collect()
}

/// Reads of the path's haplotype that lack candidate `at`, and that have it.
fn choices(rows: &[Vec<Shown>], path: &Path, at: usize) -> (f64, f64) {
    let (mut absent, mut present) = (PSEUDOCOUNT, PSEUDOCOUNT);
    for row in rows {
        let agrees = (at.saturating_sub(MEMORY)..at).all(|i| match row[i] {
            Shown::Unknown => true,
            Shown::Present => path.present[i],
            Shown::Absent => !path.present[i],
        });
        match row[at] {
            Shown::Present if agrees => present += 1.0,
            Shown::Absent if agrees => absent += 1.0,
            _ => {}
        }
    }
    (absent, present)
}

fn row(
    read: &Usable<'_>,
    candidates: &[Event],
    extents: &[Range<u32>],
    bases: &[u8],
    offset: u32,
) -> Vec<Shown> {
    let shown = read_events(read, candidates, bases, offset);
    candidates
        .iter()
        .zip(extents)
        .zip(shown)
        .map(|((event, extent), shown)| {
            if shown {
                Shown::Present
            } else if read.start <= event.anchor() && read.end >= extent.end {
                Shown::Absent
            } else {
                Shown::Unknown
            }
        })
        .collect()
}
