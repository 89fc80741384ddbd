//! `Top_Unknown_Barcodes.csv`: barcodes that belong to no library, counted in bounded memory.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::io::{self, Write};

use super::csv::share;
use super::write::Reports;

/// Different barcodes of a tile that are counted before rare ones are forgotten.
pub(super) const AT_ONCE: usize = 1 << 18;

/// Most different barcodes that are kept of a tile. The thousandth of a lane has dozens of reads in
/// each tile (MultiQC's 3.9.3), noise mostly one.
pub(super) const OF_TILE: usize = 1 << 17;

/// Most different barcodes that are kept of a lane.
pub(super) const OF_LANE: usize = 1 << 19;

/// Barcodes of a lane that are reported, as by BCL Convert (MultiQC's 3.9.3).
const REPORTED: usize = 1000;

/// Most bases that are kept of each index.
const BASES: usize = 42;

/// Both indexes, three bits a base below a leading 1: keys of one length sort as their texts do.
type Key = [u128; 2];

/// How often each barcode was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct UnknownBarcodes {
    counts: HashMap<Key, u64>,
}

impl UnknownBarcodes {
    #[inline]
    pub(super) fn add(&mut self, indexes: [&[u8]; 2]) {
        *self.counts.entry(indexes.map(pack)).or_default() += 1;
    }

    /// The number of different barcodes.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = ([Vec<u8>; 2], u64)> {
        self.counts.iter().map(|(key, &n)| (key.map(unpack), n))
    }

    /// Adds the counts of later tiles. Above `limit` different barcodes the rarer half is forgotten,
    /// so that which rare ones are left depends on the order of the tiles.
    pub(super) fn merge(&mut self, later: Self, limit: usize) {
        for (key, count) in later.counts {
            *self.counts.entry(key).or_default() += count;
        }
        if self.counts.len() > limit {
            self.counts = self.most_frequent(limit / 2).into_iter().collect();
        }
    }

    /// The most frequent barcodes, at most `number`: by count, then by text.
    pub(super) fn top(&self, number: usize) -> Vec<([String; 2], u64)> {
        let text = |key| String::from_utf8_lossy(&unpack(key)).into_owned();
        let mut top = self.most_frequent(number);
        top.sort_unstable_by_key(rank);
        top.into_iter()
            .map(|(key, count)| (key.map(text), count))
            .collect()
    }

    fn most_frequent(&self, number: usize) -> Vec<(Key, u64)> {
        let mut all: Vec<(Key, u64)> = self.counts.iter().map(|(&k, &n)| (k, n)).collect();
        if number < all.len() {
            all.select_nth_unstable_by_key(number, rank);
            all.truncate(number);
        }
        all
    }
}

/// Frequent ones first, then the alphabet.
fn rank(&(key, count): &(Key, u64)) -> (Reverse<u64>, Key) {
    (Reverse(count), key)
}

#[inline]
fn pack(bases: &[u8]) -> u128 {
    bases
        .iter()
        .take(BASES)
        .fold(1, |key, base| key << 3 | u128::from(code(*base)))
}

fn unpack(mut key: u128) -> Vec<u8> {
    let mut bases = Vec::new();
    while key > 1 {
        bases.push(b"ACGNT"[(key & 7) as usize]);
        key >>= 3;
    }
    bases.reverse();
    bases
}

#[inline]
fn code(base: u8) -> u8 {
    match base {
        b'A' => 0,
        b'C' => 1,
        b'G' => 2,
        b'T' => 4,
        _ => 3,
    }
}

/// The most frequent barcodes of each lane, the most frequent first.
///
/// - `index`, `index2`: as the sequencer read them ("Which orientation are the indexes in
///   Top_Unknown_Barcodes", Illumina Knowledge 5078), hopped ones too.
/// - `% of Unknown Barcodes`: the share of 1 of the lane's undetermined reads.
/// - `% of All Reads`: the share of 1 of all reads of the lane; both with six decimals, as version 4
///   prints them (BBTools' LegacyFileWriter).
pub(super) fn write(reports: &Reports<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "Lane,index,index2,# Reads,% of Unknown Barcodes,% of All Reads"
    )?;
    for (layout, counted) in reports.lanes() {
        let all = counted.clusters();
        let undetermined = counted.sum(layout.undetermined(), layout.cycles.len());
        for ([index, index2], reads) in counted.unknown.top(REPORTED) {
            writeln!(
                out,
                "{},{index},{index2},{reads},{:.6},{:.6}",
                layout.lane,
                share(reads, undetermined.total()),
                share(reads, all)
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_come_first_then_the_alphabet() {
        let mut counts = UnknownBarcodes::default();
        for indexes in [["TT", "AC"], ["AC", "NN"], ["AC", "GG"], ["TT", "AC"]] {
            counts.add(indexes.map(str::as_bytes));
        }
        let top = |[a, b]: [&str; 2], n| ([a.to_owned(), b.to_owned()], n);
        assert_eq!(
            counts.top(3),
            [
                top(["TT", "AC"], 2),
                top(["AC", "GG"], 1),
                top(["AC", "NN"], 1)
            ]
        );
        assert_eq!(counts.top(1), [top(["TT", "AC"], 2)]);
    }

    #[test]
    fn rare_ones_are_forgotten_above_the_limit() {
        let mut counts = UnknownBarcodes::default();
        for round in 0..50_u32 {
            let mut tile = UnknownBarcodes::default();
            for i in 0..20 {
                let noise: Vec<u8> = (0..12)
                    .map(|bit| b"ACGT"[((round * 20 + i) >> bit & 3) as usize])
                    .collect();
                tile.add([&noise, b""]);
            }
            tile.add([b"GGGGGGGGGGGG", b""]);
            counts.merge(tile, 100);
            assert!(counts.counts.len() <= 100);
        }
        assert_eq!(counts.top(1)[0].1, 50);
    }
}
