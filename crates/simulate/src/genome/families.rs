//! Families of interspersed repeats, and the satellite's monomers.

use super::{GenomeOptions, RepeatFamily};
use crate::random::{Purpose, Random};
use crate::reference::reverse_complement;

pub(super) const MONOMER: usize = 171;
/// Monomers of a higher-order unit of the satellite.
const UNIT: usize = 8;

struct Family {
    subfamilies: Vec<Vec<u8>>,
    options: RepeatFamily,
}

pub(super) struct Families {
    families: Vec<Family>,
    /// One higher-order unit.
    pub(super) satellite: Vec<u8>,
}

impl Families {
    pub(super) fn new(options: &GenomeOptions, seed: u64) -> Self {
        let mut random = Random::new(seed, Purpose::Families, 0);
        let roots: Vec<_> = options
            .families
            .iter()
            .map(|family| root(&mut random, family.length, family.gc))
            .collect();
        let families = options
            .families
            .iter()
            .zip(&roots)
            .map(|(family, root)| Family {
                subfamilies: diverged(
                    &mut random,
                    root,
                    family.subfamilies as usize,
                    family.subfamily_divergence,
                ),
                options: family.clone(),
            })
            .collect();
        let monomer = root(&mut random, MONOMER as u32, 0.38);
        let satellite = diverged(&mut random, &monomer, UNIT, 0.25).concat();
        Self {
            families,
            satellite,
        }
    }

    /// Lays copies over a chunk, in lower case.
    pub(super) fn scatter(&self, random: &mut Random, bases: &mut [u8]) {
        // Copies follow each other with gaps, so a share s of all bases leaves 1 - s between them.
        let options = || self.families.iter().map(|family| &family.options);
        let covered: f64 = options().map(|family| family.share).sum();
        let rates: Vec<f64> = options()
            .map(|family| family.share / family.mean_length / (1.0 - covered))
            .collect();
        let rate: f64 = rates.iter().sum();
        if rate <= 0.0 {
            return;
        }
        let mut copy = Vec::new();
        let mut position = 0;
        loop {
            // Gaps in steps of eight bases: geometric draws a base at a time would cost as much as the background.
            position += random.geometric((8.0 * rate).min(1.0), 1 << 13) as usize * 8
                + random.below(8) as usize;
            if position >= bases.len() {
                return;
            }
            let mut chosen = random.range(0.0, rate);
            let family = self.families.iter().zip(&rates).find(|(_, rate)| {
                chosen -= **rate;
                chosen < 0.0
            });
            let Some((family, _)) = family else { continue };
            family.copy(random, &mut copy);
            let length = copy.len().min(bases.len() - position);
            bases[position..position + length].copy_from_slice(&copy[..length]);
            position += length;
        }
    }
}

impl Family {
    fn copy(&self, random: &mut Random, copy: &mut Vec<u8>) {
        let options = &self.options;
        let consensus = &self.subfamilies[random.below(self.subfamilies.len() as u32) as usize];
        let length = consensus.len() as f64;
        let start = if random.chance(options.whole) {
            0
        } else {
            // Short copies are the rule, as of L1 in human DNA.
            let kept = random.unit();
            (length * (1.0 - kept * kept * kept) * 0.97) as usize
        };
        let divergence = random.range(options.divergence.0, options.divergence.1);
        copy.clear();
        mutate(
            random,
            &consensus[start..],
            divergence,
            divergence / 10.0,
            copy,
        );
        if options.tail > 0 {
            let tail = random.between(6, options.tail) as usize;
            copy.resize(copy.len() + tail, b'A');
        }
        if random.chance(0.5) {
            reverse_complement(copy);
        }
        copy.make_ascii_lowercase();
    }
}

/// Appends `source` with substitutions and short indels of the given rates a base; case is kept.
pub(super) fn mutate(
    random: &mut Random,
    source: &[u8],
    substitution: f64,
    indel: f64,
    out: &mut Vec<u8>,
) {
    let mut skipped = 0;
    for &base in source {
        let draw = random.unit();
        if skipped > 0 {
            skipped -= 1;
        } else if draw < substitution {
            let other = if random.chance(0.6) {
                transition(base)
            } else {
                random.other_base(base)
            };
            out.push(if base.is_ascii_lowercase() {
                other.to_ascii_lowercase()
            } else {
                other
            });
        } else if draw < substitution + indel / 2.0 {
            skipped = random.geometric(0.5, 10);
        } else {
            out.push(base);
            if draw < substitution + indel {
                for _ in 0..=random.geometric(0.5, 10) {
                    let inserted = random.base();
                    out.push(if base.is_ascii_lowercase() {
                        inserted.to_ascii_lowercase()
                    } else {
                        inserted
                    });
                }
            }
        }
    }
}

pub(crate) fn transition(base: u8) -> u8 {
    match base.to_ascii_uppercase() {
        b'A' => b'G',
        b'G' => b'A',
        b'C' => b'T',
        _ => b'C',
    }
}

/// A random consensus, in which most CpG have decayed to TpG or CpA.
fn root(random: &mut Random, length: u32, gc: f64) -> Vec<u8> {
    let mut bases: Vec<u8> = (0..length)
        .map(|_| if random.chance(gc) { b"CG" } else { b"AT" }[random.below(2) as usize])
        .collect();
    for at in 1..bases.len() {
        if bases[at - 1..=at] == *b"CG" && random.chance(0.75) {
            if random.chance(0.5) {
                bases[at - 1] = b'T';
            } else {
                bases[at] = b'A';
            }
        }
    }
    bases
}

fn diverged(random: &mut Random, root: &[u8], count: usize, divergence: f64) -> Vec<Vec<u8>> {
    (0..count)
        .map(|_| {
            let mut copy = Vec::with_capacity(root.len());
            mutate(random, root, divergence, 0.0, &mut copy);
            copy
        })
        .collect()
}
