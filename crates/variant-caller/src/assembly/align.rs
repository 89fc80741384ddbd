//! A haplotype against its reference: global alignment with affine gaps (Gotoh), as events.

use crate::event::Event;

/// GATK's parameters for new haplotypes (`SmithWatermanAlignmentConstants`).
const MATCH: i32 = 200;
const MISMATCH: i32 = -150;
const GAP_OPEN: i32 = -260;
const GAP_EXTEND: i32 = -11;
const LEAST: i32 = i32::MIN / 2;
/// More cells than this are not aligned.
const MOST_CELLS: usize = 1_000_000;

/// The differences of `haplotype` from `reference`, whose first base lies at `offset`: left-aligned,
/// in order. `None` where they are too long to align.
pub(crate) fn events(reference: &[u8], haplotype: &[u8], offset: u32) -> Option<Vec<Event>> {
    let prefix = common(reference.iter(), haplotype.iter());
    let rest = reference.len().min(haplotype.len()) - prefix;
    let suffix = common(reference.iter().rev(), haplotype.iter().rev()).min(rest);
    let core = &reference[prefix..reference.len() - suffix];
    let other = &haplotype[prefix..haplotype.len() - suffix];
    let mut found = Vec::new();
    let start = offset + prefix as u32;
    if core.is_empty() && other.is_empty() {
        return Some(found);
    }
    if core.is_empty() || other.is_empty() {
        found.push(Event {
            position: start,
            deleted: core.len() as u32,
            inserted: other.to_vec(),
        });
    } else if core.len() == other.len() && substituted(core, other) {
        let pairs = core.iter().zip(other).zip(start..);
        found.extend(
            pairs
                .filter(|((from, to), _)| from != to)
                .map(|((_, &to), position)| Event::substitution(position, to)),
        );
    } else if core.len() * other.len() > MOST_CELLS {
        return None;
    } else {
        columns(core, other, start, &mut found);
    }
    // An indel moves left over matching bases only: up to the event before it.
    let mut free = offset;
    for event in &mut found {
        if event.is_indel() {
            let most = event.position.saturating_sub(free + 1);
            event.left_align(reference, offset, most);
        }
        free = event.end();
    }
    found.sort();
    Some(found)
}

fn common<'a>(a: impl Iterator<Item = &'a u8>, b: impl Iterator<Item = &'a u8>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

/// Whether sequences of one length differ by few enough substitutions to be spared gaps, which the
/// scores would put in for three in a row.
fn substituted(a: &[u8], b: &[u8]) -> bool {
    let different = a.iter().zip(b).filter(|(a, b)| a != b).count();
    different <= 3 || different * 4 <= a.len()
}

const DIAGONAL: u8 = 0;
const DELETION: u8 = 1;
const INSERTION: u8 = 2;

/// Aligns and appends substitutions and runs of gaps.
fn columns(reference: &[u8], haplotype: &[u8], start: u32, found: &mut Vec<Event>) {
    let (n, m) = (reference.len(), haplotype.len());
    let width = m + 1;
    let at = |i: usize, j: usize| i * width + j;
    // Bits 0-1: where the best state comes from; bit 2: a deletion goes on; bit 3: an insertion does.
    let mut trace = vec![0u8; (n + 1) * width];
    let mut best = vec![LEAST; width];
    let mut deletion = vec![LEAST; width];
    best[0] = 0;
    for j in 1..=m {
        best[j] = GAP_OPEN + GAP_EXTEND * (j as i32 - 1);
        trace[at(0, j)] = INSERTION | if j > 1 { 8 } else { 0 };
    }
    for i in 1..=n {
        let mut diagonal = best[0];
        best[0] = GAP_OPEN + GAP_EXTEND * (i as i32 - 1);
        trace[at(i, 0)] = DELETION | if i > 1 { 4 } else { 0 };
        let mut insertion = LEAST;
        for j in 1..=m {
            let same = reference[i - 1] == haplotype[j - 1];
            let matched = diagonal + if same { MATCH } else { MISMATCH };
            diagonal = best[j];
            let mut code = 0;
            let (open, extend) = (best[j] + GAP_OPEN, deletion[j] + GAP_EXTEND);
            if extend >= open {
                code |= 4;
            }
            deletion[j] = open.max(extend);
            let (open, extend) = (best[j - 1] + GAP_OPEN, insertion + GAP_EXTEND);
            if extend >= open {
                code |= 8;
            }
            insertion = open.max(extend);
            let mut most = matched;
            if deletion[j] > most {
                most = deletion[j];
                code |= DELETION;
            }
            if insertion > most {
                most = insertion;
                code = code & !3 | INSERTION;
            }
            best[j] = most;
            trace[at(i, j)] = code;
        }
    }
    trace_back(reference, haplotype, start, &trace, found);
}

fn trace_back(
    reference: &[u8],
    haplotype: &[u8],
    start: u32,
    trace: &[u8],
    found: &mut Vec<Event>,
) {
    let width = haplotype.len() + 1;
    let (mut i, mut j) = (reference.len(), haplotype.len());
    let first = found.len();
    while i > 0 || j > 0 {
        let state = trace[i * width + j] & 3;
        if state == DIAGONAL {
            i -= 1;
            j -= 1;
            if reference[i] != haplotype[j] {
                found.push(Event::substitution(start + i as u32, haplotype[j]));
            }
            continue;
        }
        let (end_i, end_j) = (i, j);
        loop {
            let code = trace[i * width + j];
            let goes_on = if state == DELETION {
                i -= 1;
                code & 4 != 0
            } else {
                j -= 1;
                code & 8 != 0
            };
            if !goes_on {
                break;
            }
        }
        found.push(Event {
            position: start + i as u32,
            deleted: (end_i - i) as u32,
            inserted: haplotype[j..end_j].to_vec(),
        });
    }
    found[first..].reverse();
}
