//! How sure the reads are, base by base, that there is no variant: GATK's reference confidence model.

mod informative;
mod walk;

use std::ops::Range;
use std::sync::LazyLock;

pub(crate) use walk::walk;

/// Bases beside a window that the walk looks at.
pub(crate) const REACH: Range<u32> = walk::BEFORE..informative::LOOK_AHEAD + walk::AFTER;

/// Likelihoods are summed in this part of a phred, as whole numbers: order and threads cannot show.
const SCALE: u32 = 64;
/// Bases of this quality or less tell nothing (GATK).
const LEAST_QUALITY: u8 = 6;
const MOST_QUALITY: u8 = 60;
/// Quality of a deleted base, and at most that of a base beside an indel (GATK).
const INDEL_QUALITY: u8 = 30;
/// Fragments that could not hide an indel count up to this many, each with the quality that follows
/// (GATK).
const MOST_INFORMATIVE: u32 = 40;
const INFORMATIVE_QUALITY: u8 = 45;
/// What one of them says of an indel: it is asked at every base.
static INDEL_COSTS: LazyLock<[i32; 3]> = LazyLock::new(|| walk::costs(INFORMATIVE_QUALITY));
/// Reads of a lower MAPQ are not asked whether they would show an indel.
const SURE_MAPPING: u8 = 20;
/// Further fragments at a base are not counted.
const MOST_FRAGMENTS: u32 = 32_767;
/// Bit of an observation that is not the reference; the others are its quality, 0 for none.
const OTHER: u8 = 128;

/// What the reads say of one base of the reference. Fragments count once, however many of their reads
/// cover it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confidence {
    /// Costs of no copy, one copy and two copies of something else, in 1/[`SCALE`] phred.
    costs: [i32; 3],
    /// Fragments that show the reference, and something else.
    fragments: [u16; 2],
    /// Fragments that would show an indel of up to ten bases.
    informative: u16,
}

impl Confidence {
    /// Fragments with a usable base.
    pub fn depth(&self) -> u32 {
        self.fragments.iter().map(|&n| u32::from(n)).sum()
    }

    /// Fragments that show the reference, and something else.
    pub fn by_allele(&self) -> [u32; 2] {
        self.fragments.map(u32::from)
    }

    /// PL of reference alone, of both, and of something else alone: by bases or by indels, whichever are
    /// less sure of the reference.
    pub fn diploid(&self) -> [u32; 3] {
        weaker([self.costs, self.indel_costs()].map(phred))
    }

    /// The same of a haploid genotype.
    pub fn haploid(&self) -> [u32; 2] {
        weaker([self.costs, self.indel_costs()].map(|[none, _, both]| phred([none, both])))
    }

    fn indel_costs(&self) -> [i32; 3] {
        let count = u32::from(self.informative).min(MOST_INFORMATIVE) as i32;
        INDEL_COSTS.map(|cost| count * cost)
    }
}

/// GQ of the reference's genotype, the first: 0 where another is likelier.
pub(crate) fn quality(likelihoods: &[u32]) -> u32 {
    let others = likelihoods[1..].iter().copied().min().unwrap_or(0);
    others.saturating_sub(likelihoods[0]).min(99)
}

fn phred<const N: usize>(costs: [i32; N]) -> [u32; N] {
    let least = costs.iter().copied().min().unwrap_or(0);
    costs.map(|cost| (cost.abs_diff(least) + SCALE / 2) / SCALE)
}

fn weaker<const N: usize>([bases, indels]: [[u32; N]; 2]) -> [u32; N] {
    if quality(&indels) < quality(&bases) {
        indels
    } else {
        bases
    }
}

/// The bases around `window` that [`walk`] needs of a contig of `length` bases.
pub(crate) fn around(window: &Range<u32>, length: u32) -> Range<u32> {
    window.start.saturating_sub(REACH.start)..window.end.saturating_add(REACH.end).min(length)
}

#[cfg(test)]
mod tests;
