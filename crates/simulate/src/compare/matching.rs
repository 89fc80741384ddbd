//! Which records of a cluster match.

use std::collections::BTreeMap;

use super::record::{Phase, Record, Side};
use crate::edit::Edit;

/// Choices of phase that are tried for a whole cluster: two to the number of free heterozygous records.
const MOST_PHASES: u32 = 10;
/// Records a side whose subsets are tried, three choices each.
const MOST_SUBSETS: usize = 8;
/// Bases of haplotypes that a trial may spell.
const MOST_BASES: usize = 1 << 26;

/// Both haplotypes of a stretch, the lesser first.
type Pair = [Vec<u8>; 2];

/// Which haplotype a record's first edit is on; `None` leaves the record out.
type Choice = Option<bool>;

/// For each record, whether the other side spells it too.
pub(super) fn matched(sequence: &[u8], cluster: &[Record]) -> Vec<bool> {
    let side = |side| -> Vec<usize> {
        (0..cluster.len())
            .filter(|&index| cluster[index].side == side)
            .collect()
    };
    let (truth, calls) = (side(Side::Truth), side(Side::Calls));
    let mut matched = vec![false; cluster.len()];
    if truth.is_empty() || calls.is_empty() {
        return matched;
    }
    let same = |(&a, &b): (&usize, &usize)| cluster[a].normal == cluster[b].normal;
    // The usual case, before anything is spelled: one variant on each side.
    let whole = truth.len() == 1 && calls.len() == 1 && same((&truth[0], &calls[0]));
    if whole || Stretch::new(sequence, cluster).all_match(&truth, &calls) {
        matched.fill(true);
        return matched;
    }
    if truth.len().max(calls.len()) <= MOST_SUBSETS {
        best_subsets(sequence, cluster, &truth, &calls, &mut matched);
        return matched;
    }
    // Too many to try: equal records match, and only the others are spelled.
    let mut open = calls;
    let (mut truth_left, mut taken) = (Vec::new(), Vec::new());
    for &index in &truth {
        match open.iter().position(|call| same((&index, call))) {
            Some(found) => taken.extend([index, open.remove(found)]),
            None => truth_left.push(index),
        }
    }
    taken.iter().for_each(|&index| matched[index] = true);
    if truth_left.len().max(open.len()) <= MOST_SUBSETS {
        best_subsets(sequence, cluster, &truth_left, &open, &mut matched);
    }
    matched
}

fn best_subsets(
    sequence: &[u8],
    cluster: &[Record],
    truth: &[usize],
    calls: &[usize],
    matched: &mut [bool],
) {
    for index in Stretch::new(sequence, cluster).best_subsets(truth, calls) {
        matched[index] = true;
    }
}

/// The stretch of the reference that a cluster's records can change.
struct Stretch<'a> {
    bases: &'a [u8],
    start: u32,
    cluster: &'a [Record],
}

impl<'a> Stretch<'a> {
    fn new(sequence: &'a [u8], cluster: &'a [Record]) -> Self {
        let start = cluster
            .iter()
            .map(|record| record.reach.start)
            .min()
            .unwrap_or(0);
        let end = cluster
            .iter()
            .map(|record| record.reach.end)
            .fold(start, u32::max);
        Self {
            bases: &sequence[start as usize..end as usize],
            start,
            cluster,
        }
    }

    /// All records of both sides spell the same pair, for some choice of the phases that are free.
    fn all_match(&self, truth: &[usize], calls: &[usize]) -> bool {
        let few = |records: &[usize]| {
            let free = self.free(records);
            free <= MOST_PHASES && (2 * self.bases.len()) << free <= MOST_BASES
        };
        if !few(truth) || !few(calls) {
            return false;
        }
        let mut pairs = BTreeMap::new();
        self.spell_all(truth, false, &mut |_, pair| {
            pairs.insert(pair, ());
        });
        let mut found = false;
        self.spell_all(calls, false, &mut |_, pair| {
            found |= pairs.contains_key(&pair)
        });
        found
    }

    /// The most records of both sides that spell the same pair.
    fn best_subsets(&self, truth: &[usize], calls: &[usize]) -> Vec<usize> {
        let choices = 3usize.pow(truth.len().max(calls.len()) as u32);
        if truth.is_empty() || calls.is_empty() || choices * 2 * self.bases.len() > MOST_BASES {
            return Vec::new();
        }
        let mut best_truth: BTreeMap<Pair, Vec<usize>> = BTreeMap::new();
        self.spell_all(truth, true, &mut |chosen, pair| {
            let best = best_truth.entry(pair).or_default();
            if chosen.len() > best.len() {
                *best = chosen;
            }
        });
        let mut best = Vec::new();
        self.spell_all(calls, true, &mut |chosen, pair| {
            let Some(truth) = best_truth.get(&pair) else {
                return;
            };
            // Calls that undo each other spell the reference; that is no match of anything.
            if !truth.is_empty() && !chosen.is_empty() && truth.len() + chosen.len() > best.len() {
                best = [truth.as_slice(), &chosen].concat();
            }
        });
        best
    }

    fn free(&self, records: &[usize]) -> u32 {
        let mut groups: Vec<Option<Phase>> = Vec::new();
        for record in records
            .iter()
            .map(|&index| &self.cluster[index])
            .filter(|record| record.is_heterozygous())
        {
            if record.phase.is_none() || !groups.contains(&record.phase) {
                groups.push(record.phase);
            }
        }
        groups.len() as u32
    }

    /// Visits every choice of phases, and of subsets where wanted, that spells something.
    fn spell_all(&self, records: &[usize], subsets: bool, visit: &mut dyn FnMut(Vec<usize>, Pair)) {
        self.choose(
            records,
            subsets,
            &mut Vec::with_capacity(records.len()),
            visit,
        );
    }

    fn choose(
        &self,
        records: &[usize],
        subsets: bool,
        choices: &mut Vec<Choice>,
        visit: &mut dyn FnMut(Vec<usize>, Pair),
    ) {
        let Some(&index) = records.get(choices.len()) else {
            if let Some(pair) = self.spell(records, choices) {
                let chosen = records
                    .iter()
                    .zip(&*choices)
                    .filter(|(_, choice)| choice.is_some());
                visit(chosen.map(|(&index, _)| index).collect(), pair);
            }
            return;
        };
        let record = &self.cluster[index];
        // A phase that an earlier record of the group has chosen binds this one.
        let bound = record.phase.and_then(|phase| {
            let earlier = records.iter().zip(&*choices).find(|(other, choice)| {
                let other = &self.cluster[**other];
                other.phase == Some(phase) && other.is_heterozygous() && choice.is_some()
            });
            earlier.and_then(|(_, choice)| *choice)
        });
        let leave_out: &[Choice] = if subsets { &[None] } else { &[] };
        let include: &[Choice] = match bound {
            _ if !record.is_heterozygous() => &[Some(false)],
            Some(true) => &[Some(true)],
            Some(false) => &[Some(false)],
            None => &[Some(false), Some(true)],
        };
        for &choice in include.iter().chain(leave_out) {
            choices.push(choice);
            self.choose(records, subsets, choices, visit);
            choices.pop();
        }
    }

    /// `None` where edits of one haplotype overlap.
    fn spell(&self, records: &[usize], choices: &[Choice]) -> Option<Pair> {
        let haplotype = |number: usize| {
            let mut edits: Vec<&Edit> = Vec::new();
            for (&index, choice) in records.iter().zip(choices) {
                if let Some(turned) = choice {
                    edits.extend(&self.cluster[index].edits[number ^ usize::from(*turned)]);
                }
            }
            self.apply(edits)
        };
        let mut pair = [haplotype(0)?, haplotype(1)?];
        pair.sort();
        Some(pair)
    }

    fn apply(&self, mut edits: Vec<&Edit>) -> Option<Vec<u8>> {
        edits.sort();
        let mut spelled = Vec::with_capacity(self.bases.len() + 16);
        let (mut at, mut inserted_at) = (self.start, None);
        for edit in edits {
            // Two insertions at one place have no order.
            if edit.start < at || (edit.is_insertion() && inserted_at == Some(edit.start)) {
                return None;
            }
            self.copy(at..edit.start, &mut spelled);
            spelled.extend_from_slice(&edit.bases);
            at = edit.end;
            inserted_at = edit.is_insertion().then_some(edit.start);
        }
        self.copy(at..self.start + self.bases.len() as u32, &mut spelled);
        Some(spelled)
    }

    fn copy(&self, range: std::ops::Range<u32>, out: &mut Vec<u8>) {
        let bases =
            &self.bases[(range.start - self.start) as usize..(range.end - self.start) as usize];
        out.extend(bases.iter().map(u8::to_ascii_uppercase));
    }
}
