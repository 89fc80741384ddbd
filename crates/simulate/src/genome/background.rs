//! Unique sequence: a Markov chain of order 5, whose GC content drifts as isochores do.

use super::{CHUNK, stream};
use crate::random::{Purpose, Random};

/// GC contents with a table each, beside the one of CpG islands.
const LEVELS: usize = 12;
const CONTEXTS: usize = 1 << 10;
/// Bases between changes of the table.
const WINDOW: usize = 1024;
const ISLAND_GC: f64 = 0.66;
/// Windows that are CpG islands, beside isochores: about one in 100 kb.
const ISLANDS: f64 = 0.01;

/// How often a base follows another in human DNA, beside what its frequency says: rows are the first base, A C G T.
const DINUCLEOTIDES: [[f64; 4]; 4] = [
    [1.12, 0.84, 1.16, 0.86],
    [1.20, 1.19, 0.21, 1.16],
    [1.02, 1.00, 1.19, 0.84],
    [0.72, 1.02, 1.20, 1.12],
];

/// Upper bounds of A, of A or C, and of A, C or G in 65,536ths.
type Row = [u16; 3];

pub(super) struct Background {
    tables: Vec<Vec<Row>>,
    gc: (f64, f64),
}

impl Background {
    pub(super) fn new(gc: (f64, f64)) -> Self {
        let step = |level: usize| gc.0 + (gc.1 - gc.0) * level as f64 / (LEVELS - 1) as f64;
        let mut tables: Vec<_> = (0..LEVELS)
            .map(|level| table(step(level), &DINUCLEOTIDES))
            .collect();
        let mut island = DINUCLEOTIDES;
        island[1][2] = 0.85;
        tables.push(table(ISLAND_GC, &island));
        Self { tables, gc }
    }

    pub(super) fn fill(
        &self,
        seed: u64,
        contig: usize,
        chunk: usize,
        random: &mut Random,
        bases: &mut [u8],
    ) {
        let (left, right) = (
            self.isochore(seed, contig, chunk),
            self.isochore(seed, contig, chunk + 1),
        );
        let mut context = random.below(CONTEXTS as u32) as usize;
        for (window, bases) in bases.chunks_mut(WINDOW).enumerate() {
            let share = window as f64 * WINDOW as f64 / CHUNK as f64;
            let level = left + (right - left) * share + random.range(-0.12, 0.12);
            let level = (level.clamp(0.0, 1.0) * (LEVELS - 1) as f64 + 0.5) as usize;
            let table = &self.tables[if random.chance(ISLANDS) {
                LEVELS
            } else {
                level
            }];
            for pair in bases.chunks_mut(2) {
                let word = random.word();
                for (base, draw) in pair.iter_mut().zip([word as u16, (word >> 16) as u16]) {
                    let row = &table[context];
                    let code = row
                        .iter()
                        .map(|&bound| usize::from(draw >= bound))
                        .sum::<usize>();
                    *base = b"ACGT"[code];
                    context = (context << 2 | code) & (CONTEXTS - 1);
                }
            }
        }
    }

    /// Where between least and greatest GC content the isochores stand at the start of a chunk: most stand low.
    fn isochore(&self, seed: u64, contig: usize, chunk: usize) -> f64 {
        if self.gc.0 >= self.gc.1 {
            return 0.0;
        }
        let mut random = Random::new(seed, Purpose::Isochores, stream(contig, chunk));
        random.unit() * (0.4 + 0.6 * random.unit())
    }
}

fn table(gc: f64, dinucleotides: &[[f64; 4]; 4]) -> Vec<Row> {
    let frequencies = [(1.0 - gc) / 2.0, gc / 2.0, gc / 2.0, (1.0 - gc) / 2.0];
    let row = |context: usize| {
        let weight = |base: usize| {
            frequencies[base] * dinucleotides[context & 3][base] * preference(context << 2 | base)
        };
        let sum: f64 = (0..4).map(weight).sum();
        let mut below = 0.0;
        [0, 1, 2].map(|base| {
            below += weight(base);
            (below / sum * 65_535.0) as u16
        })
    };
    (0..CONTEXTS).map(row).collect()
}

/// A fixed preference for each hexamer, the same on both strands, so that 6-mers are not all equally frequent.
fn preference(hexamer: usize) -> f64 {
    let reverse = (0..6).fold(0, |reverse, base| {
        reverse << 2 | (3 - (hexamer >> (2 * base) & 3))
    });
    let mut hash = (hexamer.min(reverse) as u64)
        .wrapping_add(1)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    hash ^= hash >> 31;
    0.8 + 0.4 * (hash.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as f64 / f64::from(1 << 24)
}
