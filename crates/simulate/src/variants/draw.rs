//! Drawing the variants of one chunk.

use super::{Variant, VariantOptions};
use crate::edit::Edit;
use crate::genome::tandem::{self, Tandem};
use crate::genome::{CHUNK, stream, transition};
use crate::random::{Purpose, Random, threshold};
use crate::reference::is_known;

/// No variant starts nearer than this to a contig's ends: VCF wants a base before an indel.
const MARGIN: usize = 1;

struct Drawer<'a> {
    sequence: &'a [u8],
    options: &'a VariantOptions,
    random: Random,
    variants: Vec<Variant>,
}

/// The variants that start in a chunk, neither sorted nor apart from each other.
pub(super) fn chunk(
    sequence: &[u8],
    options: &VariantOptions,
    seed: u64,
    contig: usize,
    chunk: usize,
) -> Vec<Variant> {
    let random = Random::new(seed, Purpose::Variants, stream(contig, chunk));
    let mut drawer = Drawer {
        sequence,
        options,
        random,
        variants: Vec::new(),
    };
    let start = (chunk * CHUNK).max(MARGIN);
    let end = ((chunk + 1) * CHUNK).min(sequence.len().saturating_sub(MARGIN));
    if start < end {
        drawer.scan(start, end);
        drawer.change_tandems(start, end);
    }
    drawer.variants
}

impl Drawer<'_> {
    fn base(&self, position: usize) -> u8 {
        self.sequence[position].to_ascii_uppercase()
    }

    fn is_cpg(&self, position: usize) -> bool {
        match self.base(position) {
            b'C' => self.base(position + 1) == b'G',
            b'G' => self.base(position - 1) == b'C',
            _ => false,
        }
    }

    /// Substitutions, and indels outside tandem repeats.
    fn scan(&mut self, start: usize, end: usize) {
        let cpg = (start..end).filter(|&at| self.is_cpg(at)).count() as f64 / (end - start) as f64;
        let rate = self.options.snv_rate / (1.0 + cpg * (self.options.cpg - 1.0));
        let indel =
            self.options.snv_rate * self.options.indel_ratio * (1.0 - self.options.indel_in_tandem);
        let indel_below = threshold(indel);
        let usual_below = threshold(indel + rate);
        let cpg_below = threshold(indel + rate * self.options.cpg);
        for at in start..end {
            let draw = self.random.word();
            if draw >= cpg_below.max(usual_below) {
                continue;
            }
            if draw < indel_below {
                self.indel(at);
            } else if draw
                < if self.is_cpg(at) {
                    cpg_below
                } else {
                    usual_below
                }
            {
                self.substitution(at);
            }
        }
    }

    fn genotype(&mut self) -> [u8; 2] {
        if self.random.chance(1.0 / (1.0 + self.options.het_hom)) {
            [1, 1]
        } else if self.random.chance(0.5) {
            [0, 1]
        } else {
            [1, 0]
        }
    }

    fn mutated(&mut self, base: u8) -> u8 {
        let ratio = self.options.transitions;
        let changed = transition(base);
        if self.random.chance(ratio / (1.0 + ratio)) {
            return changed;
        }
        loop {
            let other = self.random.other_base(base);
            if other != changed {
                return other;
            }
        }
    }

    fn substitution(&mut self, at: usize) {
        let genotype = self.genotype();
        let length = if self.random.chance(self.options.mnp) {
            2 + self.random.geometric(0.8, 1) as usize
        } else {
            1
        };
        self.replace(at, length, genotype);
        if self.random.chance(self.options.clustered) {
            let next = at + length + self.random.between(1, 19) as usize;
            self.replace(next, 1, genotype);
        }
    }

    fn replace(&mut self, at: usize, length: usize, genotype: [u8; 2]) {
        if at + length + MARGIN > self.sequence.len() {
            return;
        }
        let bases = (at..at + length).map(|at| {
            let base = self.base(at);
            self.mutated(base)
        });
        let bases = bases.collect();
        self.add(
            &[Edit {
                start: at as u32,
                end: (at + length) as u32,
                bases,
            }],
            genotype,
        );
    }

    fn indel(&mut self, at: usize) {
        let most = self.options.longest_indel;
        // Most are short; one in twelve is of any length.
        let length = if self.random.chance(1.0 / 12.0) {
            self.random.between(1, most)
        } else {
            (1 + self.random.geometric(0.45, 30)).min(most)
        } as usize;
        let genotype = self.genotype();
        let edit = if self.random.chance(0.5) {
            if at + length + MARGIN > self.sequence.len() {
                return;
            }
            Edit {
                start: at as u32,
                end: (at + length) as u32,
                bases: Vec::new(),
            }
        } else {
            // Half of human insertions repeat what stands before them.
            let bases = if at >= length && self.random.chance(0.5) {
                self.sequence[at - length..at].to_ascii_uppercase()
            } else {
                (0..length).map(|_| self.random.base()).collect()
            };
            Edit {
                start: at as u32,
                end: at as u32,
                bases,
            }
        };
        self.add(&[edit], genotype);
    }

    /// Adds or takes units of tandem repeats: the longer, the likelier.
    fn change_tandems(&mut self, start: usize, end: usize) {
        let tandems = tandem::find(&self.sequence[start..end]);
        let weight = |tandem: &Tandem| {
            let units = tandem.units() as f64;
            units * units * if tandem.period == 1 { 0.3 } else { 1.0 }
        };
        let sum: f64 = tandems.iter().map(weight).sum();
        let rate = self.options.snv_rate * self.options.indel_ratio * self.options.indel_in_tandem;
        let expected = rate * (end - start) as f64;
        for tandem in &tandems {
            if self
                .random
                .chance((expected * weight(tandem) / sum).min(0.4))
            {
                self.change_tandem(start + tandem.start, tandem);
            }
        }
    }

    fn change_tandem(&mut self, at: usize, tandem: &Tandem) {
        let first = self.unit_change(at, tandem);
        // Some loci differ from the reference on both haplotypes.
        if self.random.chance(0.06) {
            let second = self.unit_change(at, tandem);
            if first != second && first.start == second.start {
                let genotype = if self.random.chance(0.5) {
                    [1, 2]
                } else {
                    [2, 1]
                };
                return self.add(&[first, second], genotype);
            }
        }
        let genotype = self.genotype();
        self.add(&[first], genotype);
    }

    fn unit_change(&mut self, at: usize, tandem: &Tandem) -> Edit {
        let units = 1 + self.random.geometric(0.7, 5) as usize;
        let mut edit = if self.random.chance(0.5) {
            let length = tandem.period * units.min(tandem.units() - 1);
            Edit {
                start: at as u32,
                end: (at + length) as u32,
                bases: Vec::new(),
            }
        } else {
            let unit = self.sequence[at..at + tandem.period].to_ascii_uppercase();
            Edit {
                start: at as u32,
                end: at as u32,
                bases: unit.repeat(units),
            }
        };
        edit.left_align(self.sequence);
        edit
    }

    /// Adds alleles as one left-aligned record, unless they touch an N or a contig's end.
    fn add(&mut self, edits: &[Edit], genotype: [u8; 2]) {
        let mut edits = edits.to_vec();
        edits
            .iter_mut()
            .for_each(|edit| edit.left_align(self.sequence));
        let Some(start) = edits.iter().map(|edit| edit.start).min() else {
            return;
        };
        let end = edits.iter().map(|edit| edit.end).fold(start, u32::max);
        let anchored = edits
            .iter()
            .any(|edit| edit.is_insertion() || edit.is_deletion());
        let Some(start) = start.checked_sub(u32::from(anchored)) else {
            return;
        };
        let around = start.saturating_sub(1) as usize..(end as usize + 1).min(self.sequence.len());
        if start == 0 || !self.sequence[around].iter().all(|&base| is_known(base)) {
            return;
        }
        let reference = self.sequence[start as usize..end as usize].to_ascii_uppercase();
        let alternate = |edit: &Edit| {
            let (from, to) = ((edit.start - start) as usize, (edit.end - start) as usize);
            [&reference[..from], &edit.bases, &reference[to..]].concat()
        };
        let alternates: Vec<_> = edits.iter().map(alternate).collect();
        if alternates.iter().all(|alternate| *alternate != reference) {
            self.variants.push(Variant {
                position: start,
                reference,
                alternates,
                genotype,
            });
        }
    }
}
