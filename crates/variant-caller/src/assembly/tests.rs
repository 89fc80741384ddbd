use proptest::prelude::*;

use super::graph::Graph;
use super::{MOST_HAPLOTYPES, MOST_PATHS, assemble, events, paths};
use crate::event::Event;
use crate::haplotype::sequence;
use crate::reads::RegionRead;

/// Base codes, the same for a seed everywhere (a linear congruential generator).
fn random(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 61 & 3) as u8
        })
        .collect()
}

fn read(bases: &[u8]) -> RegionRead {
    RegionRead {
        bases: bases.to_vec(),
        qualities: vec![37; bases.len()],
        ..RegionRead::default()
    }
}

/// `copies` of each stretch of 100 bases, one every 5.
fn tiled(haplotype: &[u8], copies: usize) -> Vec<RegionRead> {
    (0..haplotype.len() - 99)
        .step_by(5)
        .flat_map(|at| vec![read(&haplotype[at..at + 100]); copies])
        .collect()
}

#[test]
fn the_haplotypes_of_the_reads_come_by_support() {
    let reference = random(300, 1);
    let mut snv = reference.clone();
    snv[150] = (snv[150] + 1) % 4;
    let mut deletion = reference.clone();
    deletion.drain(140..160);
    let mut reads = tiled(&snv, 3);
    reads.extend(tiled(&deletion, 1));
    reads.extend(tiled(&reference, 3));
    let graph = Graph::build(&reference, reads.iter(), 25, 10).expect("no repeat");
    let found = paths::best(graph, MOST_PATHS).expect("no cycle");
    let rank = |wanted: &[u8]| found.iter().position(|p| p == wanted).expect("spelt");
    assert!(rank(&snv) < rank(&deletion), "{}", found.len());
    // One path alone is the best.
    let graph = Graph::build(&reference, tiled(&snv, 2).iter(), 25, 10).expect("no repeat");
    assert_eq!(paths::best(graph, 1).expect("no cycle")[0], snv);
}

/// Where errors fill a graph, a part of the reads spells the haplotype all the same.
#[test]
fn more_errors_than_a_graph_holds_hide_no_haplotype() {
    let reference = random(300, 1);
    let mut deletion = reference.clone();
    deletion.drain(140..160);
    let mut reads = tiled(&deletion, 60);
    let few = assemble(&reference, &reads, 10);
    assert!(!few.is_limited && few.haplotypes.contains(&deletion));
    let noise = random(4 * reads.len(), 7);
    for (number, read) in reads.iter_mut().enumerate() {
        for (i, error) in noise[4 * number..4 * number + 4].iter().enumerate() {
            read.bases[(number * 7 + 26 * i) % 100] = *error;
        }
    }
    let many = assemble(&reference, &reads, 10);
    assert!(many.is_limited && many.haplotypes.contains(&deletion));
}

#[test]
fn a_cycle_is_no_path() {
    let reference = random(200, 2);
    // The read returns to where it was.
    let turning = [
        &reference[50..100],
        &reference[50..100],
        &reference[50..100],
    ]
    .concat();
    let reads = vec![read(&turning); 3];
    let graph = Graph::build(&reference, reads.iter(), 10, 10).expect("no repeat");
    assert!(paths::best(graph, MOST_PATHS).is_none());
}

/// Where k is long, single reads may join what several show.
#[test]
fn a_chain_stays_for_its_best_edge_and_goes_without_one() {
    let reference = random(400, 4);
    let mut snv = reference.clone();
    snv[200] = (snv[200] + 1) % 4;
    let mut error = reference.clone();
    error[250] = (error[250] + 1) % 4;
    // Two reads begin the chain, two others end it, one holds the middle.
    let mut reads = vec![read(&snv[100..240]), read(&snv[105..245])];
    reads.extend([read(&snv[165..305]), read(&snv[160..300])]);
    reads.push(read(&snv[120..290]));
    reads.push(read(&error[180..320]));
    let graph = Graph::build(&reference, reads.iter(), 65, 10).expect("no repeat");
    let found = paths::best(graph, MOST_PATHS).expect("no cycle");
    assert!(found.contains(&snv) && !found.contains(&error));
    // Nor does one read beyond the reference's end stay for the reference's sake: it would close a ring.
    let beyond = [&reference[330..], &reference[10..100]].concat();
    let graph = Graph::build(&reference, [read(&beyond)].iter(), 25, 10).expect("no repeat");
    assert_eq!(
        paths::best(graph, MOST_PATHS).expect("no cycle"),
        [reference]
    );
}

/// Heads and tails: each branch loses its way, or finds the reference late.
#[test]
fn dangling_branches_are_bounded_and_the_heaviest_stay() {
    let reference = random(700, 3);
    let at = |i: usize| 60 + 20 * i;
    let tail = |i: usize| {
        let own = random(30, i as u64 + 10);
        let at = at(i);
        [&reference[at..at + 60], &own, &reference[at + 90..at + 102]].concat()
    };
    // A head joins by the bases after its first k-mer, which no k-mer of the reference may hold.
    let head = |i: usize| {
        let own = random(30, i as u64 + 100);
        let at = at(i);
        let mut bases = [&reference[at..at + 32], &own, &reference[at + 62..at + 102]].concat();
        bases[23] = (bases[23] + 1) % 4;
        bases
    };
    let mut reads = Vec::new();
    for i in 0..25 {
        // Those farthest to the right have most reads.
        let copies = if i == 24 { 4 } else { 2 };
        reads.extend(vec![read(&tail(i)); copies]);
        reads.extend(vec![read(&head(i)); copies]);
    }
    let found = |most: usize| {
        let graph = Graph::build(&reference, reads.iter(), 25, 10).expect("no repeat");
        paths::best(graph, most).expect("no cycle")
    };
    assert!(found(1_000).len() > 40, "{}", found(1_000).len());
    let few = found(8);
    assert!(few.len() <= 3 * 8, "{}", few.len());
    // Of each branch what is its own.
    for own in [random(30, 34), random(30, 124)] {
        let kept = few.iter().any(|p| p.windows(own.len()).any(|w| w == own));
        assert!(kept, "the best supported branch was left out");
    }
    let all = assemble(&reference, &reads, 10).haplotypes;
    assert!(!all.is_empty() && all.len() <= MOST_HAPLOTYPES);
}

#[test]
fn gaps_stand_leftmost_and_substitutions_apart() {
    // TTACACACGG without one AC, and with its last G as T.
    let reference = [3, 3, 0, 1, 0, 1, 0, 1, 2, 2];
    let found = events(&reference, &[3, 3, 0, 1, 0, 1, 2, 2], 50);
    let deletion = Event {
        position: 52,
        deleted: 2,
        inserted: Vec::new(),
    };
    assert_eq!(found, Some(vec![deletion]));
    let found = events(&reference, &[3, 3, 0, 1, 0, 1, 0, 1, 2, 3], 50);
    assert_eq!(found, Some(vec![Event::substitution(59, 3)]));
    assert_eq!(events(&reference, &reference, 50), Some(Vec::new()));
}

#[test]
fn what_is_too_long_to_align_is_refused() {
    let (a, b) = (random(1_200, 5), random(1_300, 6));
    assert_eq!(events(&a, &b, 0), None);
}

proptest! {
    /// K-mers of one word and of two.
    #[test]
    fn a_graph_has_a_node_for_each_k_mer(
        seed in 0u64..1_000,
        k in prop_oneof![Just(10usize), Just(63), Just(65), Just(75), Just(115), Just(127)],
        period in 1usize..150,
    ) {
        let reference = random(300, seed);
        let other = random(period, seed + 1).repeat(300 / period + 1);
        let distinct: std::collections::BTreeSet<&[u8]> =
            reference.windows(k).chain(other.windows(k)).collect();
        let graph = Graph::build(&reference, [read(&other)].iter(), k, 10);
        match graph {
            Ok(graph) => prop_assert_eq!(graph.nodes.len(), distinct.len()),
            Err(_) => prop_assert!(k == 10, "random bases repeat no longer k-mer"),
        }
    }

    /// The events turn the reference into the haplotype, and lie in order.
    #[test]
    fn events_spell_the_haplotype(
        reference in proptest::collection::vec(0u8..4, 2..90),
        changes in proptest::collection::vec((0usize..90, 0usize..8, proptest::collection::vec(0u8..2, 0..8)), 0..5),
    ) {
        let mut haplotype = reference.clone();
        for (at, deleted, inserted) in changes {
            let from = at.min(haplotype.len());
            let to = (from + deleted).min(haplotype.len());
            haplotype.splice(from..to, inserted);
        }
        let offset = 1_000;
        let found = events(&reference, &haplotype, offset).expect("short enough");
        let mut spelt = Vec::new();
        let whole = offset..offset + reference.len() as u32;
        sequence(&found, &reference, offset, &whole, &mut spelt);
        prop_assert_eq!(spelt, haplotype);
        prop_assert!(found.windows(2).all(|w| w[0].end() <= w[1].position), "{:?}", found);
    }
}
