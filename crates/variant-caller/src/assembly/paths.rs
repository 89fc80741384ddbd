//! Pruning, and the best paths from the reference's first k-mer to its last.

use std::cmp::Reverse;

use super::graph::{Graph, NONE};

/// Edges seen in fewer reads are errors.
const LEAST_WEIGHT: u32 = 2;
/// At high depth errors repeat: an edge needs this share of the reads that pass its node.
const LEAST_WEIGHT_SHARE: f32 = 0.065;
/// A dangling branch shorter than this says nothing.
const LEAST_BRANCH: usize = 4;
/// Bases by which a dangling branch may be longer or shorter than what it replaces.
const MOST_BRANCH_SHIFT: i64 = 60;
/// Bases at a dangling branch's end that must equal the reference where it joins it again.
const LEAST_JOIN: usize = 4;
const LEAST_SHIFTED_JOIN: usize = 9;

/// One of the best ways to reach a node.
#[derive(Clone, Copy)]
struct Step {
    score: f32,
    from: u32,
    rank: u32,
}

/// The `most` best paths, then as many at most of the dangling branches on each side that can be joined
/// to the reference, those of most reads first; `None` where the graph has a cycle.
pub(super) fn best(mut graph: Graph<'_>, most: usize) -> Option<Vec<Vec<u8>>> {
    prune(&mut graph);
    let order = topological_order(&graph)?;
    let mut found = ranked_paths(&graph, &order, most);
    let reached = reachable(&graph);
    found.extend(dangling_tails(&graph, &reached, most));
    found.extend(dangling_heads(&graph, most));
    Some(found)
}

/// Removes the chains, edges without a branch between them, of which every edge has too few reads (GATK), or
/// that too few of the reads take where they begin.
fn prune(graph: &mut Graph<'_>) {
    let mut entering = vec![0u8; graph.nodes.len()];
    for node in 0..graph.nodes.len() {
        for (to, _) in successors(graph, node) {
            entering[to as usize] = entering[to as usize].saturating_add(1);
        }
    }
    // What goes on beyond the reference's ends is no part of it.
    let is_end = |node: usize, graph: &Graph<'_>| node == 0 || node + 1 == graph.reference_nodes;
    let is_inner = |node: usize, graph: &Graph<'_>| {
        entering[node] == 1 && successors(graph, node).count() == 1 && !is_end(node, graph)
    };
    // What no chain passes is a ring apart from all else.
    let mut is_kept = vec![[false; 4]; graph.nodes.len()];
    let mut chain: Vec<(usize, usize)> = Vec::new();
    for first in (0..graph.nodes.len()).filter(|&n| !is_inner(n, graph)) {
        let total: u32 = graph.nodes[first].weight.iter().sum();
        let least = (total as f32 * LEAST_WEIGHT_SHARE).ceil() as u32;
        for base in (0..4).filter(|&b| graph.nodes[first].next[b] != NONE) {
            chain.clear();
            let (mut most, mut is_reference) = (0, false);
            let mut edge = Some((first, base));
            while let Some((from, by)) = edge {
                chain.push((from, by));
                let to = graph.nodes[from].next[by];
                is_reference |= graph.is_reference(from, to);
                most = most.max(graph.nodes[from].weight[by]);
                let next = graph.nodes[to as usize]
                    .next
                    .iter()
                    .position(|&n| n != NONE);
                edge = next
                    .filter(|_| is_inner(to as usize, graph))
                    .map(|by| (to as usize, by));
            }
            let begins = graph.nodes[first].weight[base];
            if is_reference || (most >= LEAST_WEIGHT && begins >= least) {
                chain
                    .iter()
                    .for_each(|&(from, by)| is_kept[from][by] = true);
            }
        }
    }
    for (node, is_kept) in graph.nodes.iter_mut().zip(is_kept) {
        for base in (0..4).filter(|&b| !is_kept[b]) {
            node.next[base] = NONE;
        }
    }
}

fn successors(graph: &Graph<'_>, node: usize) -> impl Iterator<Item = (u32, u32)> {
    let node = graph.nodes[node];
    node.next
        .into_iter()
        .zip(node.weight)
        .filter(|(to, _)| *to != NONE)
}

/// All nodes after their predecessors (Kahn); `None` where there is a cycle.
fn topological_order(graph: &Graph<'_>) -> Option<Vec<u32>> {
    let count = graph.nodes.len();
    let mut waiting = vec![0u32; count];
    for node in 0..count {
        for (to, _) in successors(graph, node) {
            waiting[to as usize] += 1;
        }
    }
    let mut order: Vec<u32> = (0..count as u32)
        .filter(|&n| waiting[n as usize] == 0)
        .collect();
    let mut next = 0;
    while next < order.len() {
        for (to, _) in successors(graph, order[next] as usize) {
            waiting[to as usize] -= 1;
            if waiting[to as usize] == 0 {
                order.push(to);
            }
        }
        next += 1;
    }
    (order.len() == count).then_some(order)
}

fn ranked_paths(graph: &Graph<'_>, order: &[u32], most: usize) -> Vec<Vec<u8>> {
    let mut steps: Vec<Vec<Step>> = vec![Vec::new(); graph.nodes.len()];
    steps[0].push(Step {
        score: 0.0,
        from: NONE,
        rank: 0,
    });
    for &node in order {
        if steps[node as usize].is_empty() {
            continue;
        }
        let here = &mut steps[node as usize];
        here.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then((a.from, a.rank).cmp(&(b.from, b.rank)))
        });
        here.truncate(most);
        let here = here.clone();
        let total: u32 = successors(graph, node as usize)
            .map(|(_, w)| w.max(1))
            .sum();
        for (to, weight) in successors(graph, node as usize) {
            let share = libm::logf(weight.max(1) as f32 / total as f32);
            steps[to as usize].extend(here.iter().enumerate().map(|(rank, step)| Step {
                score: step.score + share,
                from: node,
                rank: rank as u32,
            }));
        }
    }
    let sink = graph.reference_nodes - 1;
    (0..steps[sink].len())
        .map(|rank| {
            let (mut node, mut rank) = (sink as u32, rank as u32);
            let mut path = Vec::with_capacity(graph.reference.len() + 32);
            while node != 0 {
                path.push(graph.nodes[node as usize].base);
                let step = steps[node as usize][rank as usize];
                (node, rank) = (step.from, step.rank);
            }
            path.extend(graph.reference[..graph.k].iter().rev());
            path.reverse();
            path
        })
        .collect()
}

fn reachable(graph: &Graph<'_>) -> Vec<bool> {
    let mut reached = vec![false; graph.nodes.len()];
    let mut stack: Vec<u32> = (0..graph.reference_nodes as u32).collect();
    while let Some(node) = stack.pop() {
        if !std::mem::replace(&mut reached[node as usize], true) {
            stack.extend(successors(graph, node as usize).map(|(to, _)| to));
        }
    }
    reached
}

/// The heaviest edge into each node, from reached nodes.
fn heaviest_into(graph: &Graph<'_>, reached: &[bool]) -> Vec<(u32, u32)> {
    let mut into = vec![(0u32, NONE); graph.nodes.len()];
    for from in (0..graph.nodes.len()).filter(|&n| reached[n]) {
        for (to, weight) in successors(graph, from) {
            if into[to as usize].1 == NONE || weight > into[to as usize].0 {
                into[to as usize] = (weight, from as u32);
            }
        }
    }
    into
}

/// Branches that leave the reference and end: joined to it again where their last bases fit.
fn dangling_tails(graph: &Graph<'_>, reached: &[bool], most: usize) -> Vec<Vec<u8>> {
    let into = heaviest_into(graph, reached);
    let mut ends: Vec<usize> = (graph.reference_nodes..graph.nodes.len())
        .filter(|&node| reached[node] && successors(graph, node).next().is_none())
        .collect();
    ends.sort_by_key(|&node| Reverse(into[node].0));
    let mut found = Vec::new();
    for end in ends {
        if found.len() == most {
            break;
        }
        let mut branch = Vec::new();
        let mut node = end;
        while node >= graph.reference_nodes && into[node].1 != NONE {
            branch.push(graph.nodes[node].base);
            node = into[node].1 as usize;
        }
        branch.reverse();
        if node >= graph.reference_nodes || branch.len() < LEAST_BRANCH {
            continue;
        }
        let left = node + graph.k;
        let after = |shift: i64| left as i64 + branch.len() as i64 + shift;
        if let Some(shift) = joining_shift(|shift| {
            let end = usize::try_from(after(shift)).ok()?;
            let reference = graph.reference.get(left..end)?;
            Some(common(branch.iter().rev(), reference.iter().rev()))
        }) {
            let mut path = graph.reference[..left].to_vec();
            path.extend_from_slice(&branch);
            path.extend_from_slice(&graph.reference[after(shift) as usize..]);
            found.push(path);
        }
    }
    found
}

/// Branches that begin outside the reference and run into it.
fn dangling_heads(graph: &Graph<'_>, most: usize) -> Vec<Vec<u8>> {
    let mut entered = vec![false; graph.nodes.len()];
    for node in 0..graph.nodes.len() {
        for (to, _) in successors(graph, node) {
            entered[to as usize] = true;
        }
    }
    let heaviest = |node: usize| successors(graph, node).map(|(_, weight)| weight).max();
    let mut starts: Vec<usize> = (graph.reference_nodes..graph.nodes.len())
        .filter(|&node| !entered[node])
        .collect();
    starts.sort_by_key(|&node| Reverse(heaviest(node)));
    let mut found = Vec::new();
    for start in starts {
        if found.len() == most {
            break;
        }
        let mut bases = Vec::new();
        let mut node = start;
        while node >= graph.reference_nodes {
            bases.push(graph.nodes[node].base);
            let Some((to, _)) =
                successors(graph, node).max_by_key(|&(to, weight)| (weight, Reverse(to)))
            else {
                break;
            };
            node = to as usize;
        }
        // The last k - 1 bases are the reference's already.
        if node >= graph.reference_nodes || bases.len() < graph.k + LEAST_BRANCH {
            continue;
        }
        // Of the first k-mer only the last base is at hand: what lies before joins unseen.
        let right = node;
        let branch = &bases[..bases.len() + 1 - graph.k];
        let first = |shift: i64| right as i64 - branch.len() as i64 - shift;
        if let Some(shift) = joining_shift(|shift| {
            let from = usize::try_from(first(shift)).ok()?;
            let reference = graph.reference.get(from..right)?;
            Some(common(branch.iter(), reference.iter()))
        }) {
            let mut path = graph.reference[..first(shift) as usize].to_vec();
            path.extend_from_slice(branch);
            path.extend_from_slice(&graph.reference[right..]);
            found.push(path);
        }
    }
    found
}

/// The difference in length under which most bases of the branch's loose end agree with the
/// reference; the smallest difference among equals.
fn joining_shift(agreeing: impl Fn(i64) -> Option<usize>) -> Option<i64> {
    let mut best: Option<(usize, i64)> = None;
    for distance in 0..=MOST_BRANCH_SHIFT {
        for shift in [distance, -distance] {
            let least = if shift == 0 {
                LEAST_JOIN
            } else {
                LEAST_SHIFTED_JOIN
            };
            if let Some(bases) = agreeing(shift)
                && bases >= least
                && best.is_none_or(|(most, _)| bases > most)
            {
                best = Some((bases, shift));
            }
        }
    }
    best.map(|(_, shift)| shift)
}

fn common<'a>(a: impl Iterator<Item = &'a u8>, b: impl Iterator<Item = &'a u8>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}
