//! Compares designs of seeds on one reference, by what a mapper gets from them before it looks at any
//! base: `cargo run --release -p fafnir-aligner --example seed_designs -- REF.fa`.
//! The figures are in `docs/design/seeds.md`.

use std::{collections::BTreeSet, env, error::Error, fs::File, time::Instant};

use fafnir_io::{ContigId, fasta};

/// Bases of a seed.
const K: usize = 21;
/// s-mers of a k-mer that decide whether it is an open syncmer: one in so many is.
const WINDOW: usize = 5;
/// Syncmers downstream among which a randstrobe's second strobe is chosen (strobealign: 1 to 7).
const STROBES: usize = 7;
/// Seeds with more places than this say nothing at first.
const RARE: usize = 8;
const READS: usize = 100_000;
const LENGTH: usize = 150;
/// Reads that are looked up together.
const GROUP: usize = 32;

/// What is looked up, and where.
#[derive(Clone, Copy, PartialEq)]
enum Design {
    /// Open syncmers, one k-mer in five.
    Syncmers,
    /// Every second k-mer of the reference, every k-mer of a read (DRAGEN's default density).
    Every,
    /// Pairs of syncmers; where a pair has no place, its first syncmer alone.
    Randstrobes,
}

/// A seed: its key, first base, and strand.
#[derive(Clone, Copy)]
struct Seed {
    key: u64,
    position: u32,
    reverse: bool,
}

/// Sorted seeds behind a directory of their keys' first bits.
struct Table {
    keys: Vec<u64>,
    places: Vec<u32>,
    directory: Vec<u32>,
    shift: u32,
}

fn mix(mut x: u64) -> u64 {
    x = (x ^ x >> 31).wrapping_mul(0x7fb5_d329_728e_a185);
    x = (x ^ x >> 27).wrapping_mul(0x81da_def4_bc2d_d44d);
    x ^ x >> 33
}

/// All k-mers that `keep` keeps of the hashes of their s-mers, canonical.
fn k_mers(codes: &[u8], keep: impl Fn(usize, &[u64]) -> bool) -> Vec<Seed> {
    let (mask, s) = ((1u64 << (2 * K)) - 1, K - WINDOW + 1);
    let (mut forward, mut backward, mut run) = (0u64, 0u64, 0);
    let (mut hashes, mut seeds) = (Vec::with_capacity(codes.len()), Vec::new());
    for (i, &code) in codes.iter().enumerate() {
        if code > 3 {
            run = 0;
            hashes.push(0);
            continue;
        }
        forward = (forward << 2 | u64::from(code)) & mask;
        backward = backward >> 2 | u64::from(3 - code) << (2 * K - 2);
        run += 1;
        let s_mer = (forward & ((1 << (2 * s)) - 1)).min(backward >> (2 * (K - s)));
        hashes.push(s_mer.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        if run >= K && keep(i + 1 - K, &hashes[i + 1 - WINDOW..=i]) {
            seeds.push(Seed {
                key: mix(forward.min(backward)),
                position: (i + 1 - K) as u32,
                reverse: backward < forward,
            });
        }
    }
    seeds
}

fn syncmers(codes: &[u8]) -> Vec<Seed> {
    k_mers(codes, |_, h| h.iter().all(|x| h[WINDOW / 2] <= *x))
}

/// The second strobe of each syncmer gives the low half of the key, its own hash the high half.
fn randstrobes(syncmers: &[Seed]) -> Vec<Seed> {
    let partner = |i: usize, first: &Seed| {
        let next = &syncmers[(i + 1).min(syncmers.len())..syncmers.len().min(i + 1 + STROBES)];
        next.iter().map(|s| mix(s.key ^ first.key)).min()
    };
    let pairs = syncmers.iter().enumerate();
    pairs
        .map(|(i, first)| Seed {
            key: first.key >> 32 << 32 | partner(i, first).unwrap_or(0) >> 32,
            ..*first
        })
        .collect()
}

fn reverse_complement(codes: &[u8]) -> Vec<u8> {
    codes
        .iter()
        .rev()
        .map(|&c| if c > 3 { c } else { 3 - c })
        .collect()
}

impl Design {
    fn of_reference(self, codes: &[u8]) -> Vec<Seed> {
        match self {
            Self::Syncmers => syncmers(codes),
            Self::Every => k_mers(codes, |start, _| start % 2 == 0),
            Self::Randstrobes => randstrobes(&syncmers(codes)),
        }
    }

    /// Seeds of a read; a randstrobe has a direction, so those of both strands.
    fn of_read(self, codes: &[u8]) -> Vec<(Seed, bool)> {
        let plain = |seeds: Vec<Seed>, flipped| seeds.into_iter().map(move |s| (s, flipped));
        match self {
            Self::Syncmers => plain(syncmers(codes), false).collect(),
            Self::Every => plain(k_mers(codes, |_, _| true), false).collect(),
            Self::Randstrobes => {
                let back = reverse_complement(codes);
                plain(randstrobes(&syncmers(codes)), false)
                    .chain(plain(randstrobes(&syncmers(&back)), true))
                    .collect()
            }
        }
    }
}

impl Table {
    fn new(mut seeds: Vec<Seed>) -> Self {
        seeds.sort_unstable_by_key(|s| (s.key, s.position));
        let bits = (seeds.len() / 4).max(2).ilog2();
        let shift = 64 - bits;
        let mut directory = vec![0u32; (1 << bits) + 1];
        for seed in &seeds {
            directory[(seed.key >> shift) as usize + 1] += 1;
        }
        for i in 1..directory.len() {
            directory[i] += directory[i - 1];
        }
        Self {
            keys: seeds.iter().map(|s| s.key).collect(),
            places: seeds
                .iter()
                .map(|s| s.position << 1 | u32::from(s.reverse))
                .collect(),
            directory,
            shift,
        }
    }

    /// Bytes with entries of eight bytes, as the index packs them.
    fn bytes(&self) -> usize {
        8 * self.keys.len() + 4 * self.directory.len()
    }

    /// The places of keys that agree with `key` but for its `free` low bits.
    fn find(&self, key: u64, free: u32) -> &[u32] {
        let bucket = (key >> self.shift) as usize;
        let (from, to) = (
            self.directory[bucket] as usize,
            self.directory[bucket + 1] as usize,
        );
        let keys = &self.keys[from..to];
        let start = keys.partition_point(|k| k >> free < key >> free);
        let length = keys[start..].partition_point(|k| k >> free == key >> free);
        &self.places[from + start..from + start + length]
    }
}

/// A generator of numbers (xorshift64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn chance(&mut self, of_million: u64) -> bool {
        self.next() % 1_000_000 < of_million
    }
}

/// A read of `genome` and the diagonal of its first base; one difference in seven is a gap of 1 to 3.
fn read(genome: &[u8], of_million: u64, random: &mut Random) -> (Vec<u8>, i64) {
    loop {
        let start = random.next() as usize % (genome.len() - 2 * LENGTH);
        if genome[start..start + 2 * LENGTH].iter().any(|&c| c > 3) {
            continue;
        }
        let (mut codes, mut at) = (Vec::with_capacity(LENGTH), start);
        while codes.len() < LENGTH {
            if !random.chance(of_million) {
                codes.push(genome[at]);
                at += 1;
                continue;
            }
            let (kind, length) = (random.next() % 14, random.next() as usize % 3 + 1);
            match kind {
                0 => at += length,
                1 => codes.extend((0..length).map(|_| (random.next() % 4) as u8)),
                _ => {
                    codes.push((genome[at] + 1 + (random.next() % 3) as u8) % 4);
                    at += 1;
                }
            }
        }
        codes.truncate(LENGTH);
        return (codes, start as i64);
    }
}

fn measure(design: Design, table: &Table, genome: &[u8], of_million: u64) {
    let mut random = Random(0x5eed);
    let reads: Vec<_> = (0..READS)
        .map(|_| read(genome, of_million, &mut random))
        .collect();
    let free = |partial: bool| if partial { 32 } else { 0 };
    let (mut look_ups, mut places, mut found, mut unique, mut settled) = (0, 0, 0, 0, 0);
    let mut seconds = 0.0;
    for group in reads.chunks(GROUP) {
        let seeds: Vec<_> = group
            .iter()
            .map(|(codes, _)| design.of_read(codes))
            .collect();
        let start = Instant::now();
        // The directory first, then the entries, so that the misses of a group overlap.
        let warm: u64 = seeds
            .iter()
            .flatten()
            .map(|(s, _)| u64::from(table.directory[(s.key >> table.shift) as usize]))
            .sum();
        std::hint::black_box(warm);
        let hits: Vec<Vec<_>> = seeds
            .iter()
            .map(|seeds| {
                let full = |s: &Seed| table.find(s.key, free(false));
                let one = |s: &Seed| match (design, full(s)) {
                    (Design::Randstrobes, []) => table.find(s.key, free(true)),
                    (_, hit) => hit,
                };
                seeds
                    .iter()
                    .map(|(s, flipped)| (*s, *flipped, one(s)))
                    .collect()
            })
            .collect();
        seconds += start.elapsed().as_secs_f64();
        for ((_, truth), hits) in group.iter().zip(&hits) {
            look_ups += hits.len();
            let true_place = |place: &u32, s: &Seed, flipped: bool| {
                let (position, reverse) = (i64::from(place >> 1), place & 1 == 1);
                let diagonal = position - i64::from(s.position);
                // A seed of the other strand of the read never leads to where the read came from.
                !flipped && reverse == s.reverse && (diagonal - truth).abs() <= 20
            };
            let rare = || {
                hits.iter()
                    .filter(|(_, _, p)| (1..=RARE).contains(&p.len()))
            };
            places += rare().map(|(_, _, p)| p.len()).sum::<usize>();
            found +=
                usize::from(rare().any(|(s, f, p)| p.iter().any(|place| true_place(place, s, *f))));
            let lone: BTreeSet<_> = rare()
                .filter(|(s, f, p)| p.len() == 1 && true_place(&p[0], s, *f))
                .map(|(s, _, _)| s.position as usize / K)
                .collect();
            unique += usize::from(!lone.is_empty());
            settled += usize::from(lone.len() >= 3);
        }
    }
    let per_read = |n: usize| n as f64 / READS as f64;
    println!(
        "| {:.1} | {:.1} | {:.0} | {:.1} | {:.2} | {:.2} | {:.2} |",
        of_million as f64 / 1e4,
        per_read(look_ups),
        seconds / READS as f64 * 1e9,
        per_read(places),
        100.0 * per_read(found),
        100.0 * per_read(unique),
        100.0 * per_read(settled),
    );
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("give a FASTA file")?;
    let reference = fasta::read(&path, File::open(&path)?)?;
    let mut genome = Vec::new();
    for (i, contig) in reference.contigs().iter().enumerate() {
        reference.bases(ContigId(i as u32), 0..contig.length, &mut genome);
        genome.extend([4; K]);
    }
    for (name, design) in [
        ("syncmers", Design::Syncmers),
        ("every second k-mer", Design::Every),
        ("randstrobes", Design::Randstrobes),
    ] {
        let table = Table::new(design.of_reference(&genome));
        let per_base = table.bytes() as f64 / genome.len() as f64;
        println!(
            "{name}: {} seeds, {per_base:.2} bytes a base",
            table.keys.len()
        );
        println!("| divergence % | look-ups | ns | places | found % | alone % | thrice alone % |");
        for of_million in [1_000, 10_000, 30_000, 50_000, 100_000] {
            measure(design, &table, &genome, of_million);
        }
    }
    Ok(())
}
