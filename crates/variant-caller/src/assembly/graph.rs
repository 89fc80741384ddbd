//! The de Bruijn graph: k-mers as nodes, one edge for each base that follows.

use std::hash::Hash;

use rustc_hash::FxHashMap;

use crate::reads::RegionRead;

/// No node.
pub(super) const NONE: u32 = u32::MAX;
/// More nodes than this are errors for the most part, and cost more than they tell.
const MOST_NODES: usize = 30_000;

/// The last bases of a sequence, two bits each.
trait Kmer: Copy + Default + Eq + Hash {
    /// Takes in a base after the others and keeps the last `k`.
    fn push(&mut self, base: u8, k: usize);
}

/// Up to 63 bases.
impl Kmer for u128 {
    fn push(&mut self, base: u8, k: usize) {
        *self = (*self << 2 | Self::from(base)) & ((1 << (2 * k)) - 1);
    }
}

/// 65 to 127 bases: the earlier of them first.
impl Kmer for (u128, u128) {
    fn push(&mut self, base: u8, k: usize) {
        self.0 = (self.0 << 2 | self.1 >> 126) & ((1 << (2 * k - 128)) - 1);
        self.1 = self.1 << 2 | u128::from(base);
    }
}

/// Why there is no graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoGraph {
    /// The reference repeats a k-mer, is shorter than one, or holds other bases than A, C, G, T.
    Reference,
    /// The reads have too many k-mers.
    Crowd,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Where each following base leads.
    pub(super) next: [u32; 4],
    /// Reads that take that edge.
    pub(super) weight: [u32; 4],
    /// Last base of the k-mer.
    pub(super) base: u8,
}

/// Nodes `0..reference_nodes` are the reference's k-mers in order.
#[derive(Debug)]
pub(super) struct Graph<'a> {
    pub(super) k: usize,
    pub(super) reference: &'a [u8],
    pub(super) nodes: Vec<Node>,
    pub(super) reference_nodes: usize,
}

impl<'a> Graph<'a> {
    /// Threads reference and reads; `k` is below 128, and not 64.
    pub(super) fn build<'r>(
        reference: &'a [u8],
        reads: impl Iterator<Item = &'r RegionRead>,
        k: usize,
        min_quality: u8,
    ) -> Result<Self, NoGraph> {
        if k < 64 {
            Self::thread::<u128>(reference, reads, k, min_quality)
        } else {
            Self::thread::<(u128, u128)>(reference, reads, k, min_quality)
        }
    }

    fn thread<'r, K: Kmer>(
        reference: &'a [u8],
        reads: impl Iterator<Item = &'r RegionRead>,
        k: usize,
        min_quality: u8,
    ) -> Result<Self, NoGraph> {
        if reference.len() <= k || reference.contains(&4) {
            return Err(NoGraph::Reference);
        }
        let mut numbers: FxHashMap<K, u32> = FxHashMap::default();
        numbers.reserve(2 * reference.len());
        let mut nodes: Vec<Node> = Vec::with_capacity(2 * reference.len());
        let mut kmer = K::default();
        for (i, &base) in reference.iter().enumerate() {
            kmer.push(base, k);
            if i + 1 < k {
                continue;
            }
            let number = nodes.len() as u32;
            if numbers.insert(kmer, number).is_some() {
                return Err(NoGraph::Reference);
            }
            if let Some(before) = nodes.last_mut() {
                before.next[base as usize] = number;
            }
            nodes.push(node(base));
        }
        let reference_nodes = nodes.len();
        for read in reads {
            let mut length = 0;
            let mut before = NONE;
            for (&base, &quality) in read.bases.iter().zip(&read.qualities) {
                if base > 3 || quality < min_quality {
                    (length, before) = (0, NONE);
                    continue;
                }
                kmer.push(base, k);
                length += 1;
                if length < k {
                    continue;
                }
                let number = *numbers.entry(kmer).or_insert_with(|| {
                    nodes.push(node(base));
                    nodes.len() as u32 - 1
                });
                if before != NONE {
                    let edge = &mut nodes[before as usize];
                    edge.next[base as usize] = number;
                    edge.weight[base as usize] += 1;
                }
                before = number;
            }
            if nodes.len() > MOST_NODES {
                return Err(NoGraph::Crowd);
            }
        }
        Ok(Self {
            k,
            reference,
            nodes,
            reference_nodes,
        })
    }

    /// Whether the edge is the reference's own.
    pub(super) fn is_reference(&self, from: usize, to: u32) -> bool {
        from + 1 < self.reference_nodes && to as usize == from + 1
    }
}

fn node(base: u8) -> Node {
    Node {
        next: [NONE; 4],
        weight: [0; 4],
        base,
    }
}
