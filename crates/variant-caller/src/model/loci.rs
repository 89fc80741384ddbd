//! Which tracts of the reference the stage *Model* looks at: a function of the reference and of places
//! alone.

use std::ops::Range;

use crate::repeats::{Tract, tracts_of_length};

use super::MAX_REPEATS;

/// Bases on both sides of a tract that a read must be aligned to: enough that an aligner opens a gap for
/// them rather than clip them or bear their mismatches.
pub(super) const FLANK: u32 = 10;
/// Shorter tracts slip no more often than other bases do.
const LEAST_TRACT: usize = 6;
/// A tract beside another one of so many bases is left out: their changes are not told apart.
const NEIGHBOUR: usize = 8;
/// Tracts of a class that are looked at in a span.
const MOST_PER_CLASS: usize = 64;

/// Period, and number of whole units, which stands for more where it is [`MAX_REPEATS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Class {
    pub(crate) period: u8,
    pub(crate) repeats: u8,
}

impl Class {
    fn of(tract: &Tract) -> Self {
        Self {
            period: tract.period as u8,
            repeats: tract.repeats().min(MAX_REPEATS) as u8,
        }
    }
}

/// A tract to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Locus {
    pub(super) class: Class,
    /// 0-based half-open bases of the reference.
    pub(super) span: Range<u32>,
}

impl Locus {
    /// What a read must be aligned to.
    pub(super) fn with_flanks(&self) -> Range<u32> {
        self.span.start - FLANK..self.span.end + FLANK
    }
}

/// The loci among `bases`, which are the reference's codes from `offset` on, by position: at most
/// [`MOST_PER_CLASS`] of a class, which a hash of their places chooses.
pub(super) fn loci(bases: &[u8], offset: u32) -> Vec<Locus> {
    const FLANK: usize = self::FLANK as usize;
    let mut found = Vec::new();
    tracts_of_length(bases, LEAST_TRACT, &mut found);
    let mut is_repeat = vec![false; bases.len()];
    for tract in found.iter().filter(|t| t.end - t.start >= NEIGHBOUR) {
        is_repeat[tract.start..tract.end].fill(true);
    }
    let stands_alone = |t: &&Tract| {
        t.start >= FLANK
            && t.end + FLANK <= bases.len()
            && !is_repeat[t.start - FLANK..t.start].contains(&true)
            && !is_repeat[t.end..t.end + FLANK].contains(&true)
    };
    let mut all: Vec<(Class, u64, Locus)> = found
        .iter()
        .filter(stands_alone)
        .map(|tract| {
            let class = Class::of(tract);
            let span = offset + tract.start as u32..offset + tract.end as u32;
            (class, stir(span.start), Locus { class, span })
        })
        .collect();
    all.sort_unstable_by_key(|(class, hash, _)| (*class, *hash));
    let mut chosen: Vec<Locus> = all
        .chunk_by(|a, b| a.0 == b.0)
        .flat_map(|of_class| of_class.iter().take(MOST_PER_CLASS))
        .map(|(_, _, locus)| locus.clone())
        .collect();
    chosen.sort_unstable_by_key(|locus| (locus.span.start, locus.class));
    chosen
}

/// SplitMix64's last step. Models rest on it, so it stays as it is.
fn stir(position: u32) -> u64 {
    let mut x = u64::from(position).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

#[cfg(test)]
mod tests {
    use super::{Class, FLANK, LEAST_TRACT, Locus, MOST_PER_CLASS, loci};

    /// No tract of five bases or more: a de Bruijn-like sequence by a multiplicative step.
    fn plain(length: usize) -> Vec<u8> {
        let mut x = 1u32;
        let mut bases: Vec<u8> = Vec::new();
        while bases.len() < length {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let base = (x >> 30) as u8;
            let repeats = |period: usize| {
                let n = bases.len();
                n >= 4
                    && (0..4).all(|i| {
                        let at = n - i;
                        let of = |j: usize| if j == n { base } else { bases[j] };
                        at >= period && of(at) == of(at - period)
                    })
            };
            if !(1..=8).any(repeats) {
                bases.push(base);
            }
        }
        bases
    }

    fn with(mut bases: Vec<u8>, at: usize, unit: &[u8], repeats: usize) -> Vec<u8> {
        let tract = unit.iter().copied().cycle().take(unit.len() * repeats);
        bases.splice(at..at, tract);
        bases
    }

    #[test]
    fn a_tract_that_stands_alone_is_a_locus() {
        let bases = with(plain(3_000), 1_195, &[0, 1], 9);
        let found = loci(&bases, 5_000);
        let long: Vec<&Locus> = found.iter().filter(|l| l.span.len() >= 16).collect();
        let [locus] = long.as_slice() else {
            panic!("{found:?}")
        };
        let class = Class {
            period: 2,
            repeats: 9,
        };
        assert_eq!(locus.class, class);
        assert!(locus.span.start <= 6_195 && locus.span.end >= 6_213);
        assert!(locus.span.len() >= 18 && locus.span.len() < 24);
        assert_eq!(
            locus.with_flanks().len(),
            locus.span.len() + 2 * FLANK as usize
        );
        assert!(found.iter().all(|l| l.span.len() >= LEAST_TRACT));
    }

    #[test]
    fn tracts_beside_each_other_are_left_out() {
        let bases = with(plain(3_000), 1_500, &[0, 1], 9);
        let beside = with(bases, 1_512 + 18, &[3], 12);
        let found = loci(&beside, 0);
        assert!(
            found
                .iter()
                .all(|l| l.span.end + FLANK < 1_500 || l.span.start > 1_530 + 12)
        );
    }

    #[test]
    fn a_class_has_so_many_loci_and_no_more() {
        let mut bases = plain(100_000);
        for at in (0..100_000).step_by(1_000) {
            bases = with(bases, at + 500, &[2], 11);
        }
        let found = loci(&bases, 0);
        let class = |repeats| Class { period: 1, repeats };
        let of = |c: Class| found.iter().filter(|l| l.class == c).count();
        assert!(of(class(11)) + of(class(12)) >= MOST_PER_CLASS);
        assert!((1..=20).all(|r| of(class(r)) <= MOST_PER_CLASS));
        assert!(found.is_sorted_by_key(|l| l.span.start));
    }
}
