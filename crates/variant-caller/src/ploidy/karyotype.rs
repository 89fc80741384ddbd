//! Sex chromosomes, and the regions that they have in common.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use fafnir_io::bed::Regions;
use fafnir_io::{ContigId, Reference};
use serde::{Deserialize, Serialize};

use super::CopyRegion;
use super::chromosome::Chromosome;

/// How many copies of X and Y a sample has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Karyotype {
    x: u8,
    y: u8,
}

/// Why the copies of sex chromosomes are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PloidyError {
    /// A sex chromosome of no genome that is known.
    #[error(
        "{name} has {length} bases, which is neither b37, hg19, GRCh38 nor T2T-CHM13: name its \
         pseudoautosomal regions with --par-bed"
    )]
    UnknownGenome {
        /// Name of the contig.
        name: String,
        /// Its length.
        length: u32,
    },
    /// No contig is called X or Y.
    #[error("the reference has neither X nor Y: name regions and their copies with --ploidy-bed")]
    NoSexChromosome,
}

/// A chromosome of a known genome: its length, and its pseudoautosomal regions, 0-based and half-open.
type Known = (u32, [Range<u32>; 2]);

/// b37 and hg19, GRCh38, T2T-CHM13 v2.0.
const X: [Known; 3] = [
    (155_270_560, [60_000..2_699_520, 154_931_043..155_260_560]),
    (156_040_895, [10_000..2_781_479, 155_701_382..156_030_895]),
    (154_259_566, [0..2_394_410, 153_925_834..154_259_566]),
];
const Y: [Known; 3] = [
    (59_373_566, [10_000..2_649_520, 59_034_049..59_363_566]),
    (57_227_415, [10_000..2_781_479, 56_887_902..57_217_415]),
    (62_460_029, [0..2_458_320, 62_122_809..62_460_029]),
];

impl FromStr for Karyotype {
    type Err = String;

    /// Reads `male`, `female`, or the chromosomes as in `XXY` and `X0`.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.to_ascii_uppercase();
        let of = |letter| text.matches(letter).count();
        let known = match text.as_str() {
            "FEMALE" => Some(Self::FEMALE),
            "MALE" => Some(Self::MALE),
            _ => Self::new(of('X'), of('Y')).filter(|known| known.to_string() == text),
        };
        known.ok_or_else(|| "use male, female, or chromosomes as in XXY and X0".into())
    }
}

impl TryFrom<String> for Karyotype {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Karyotype> for String {
    fn from(karyotype: Karyotype) -> Self {
        karyotype.to_string()
    }
}

impl fmt::Display for Karyotype {
    /// As `XX`, `XY` and `X0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = usize::from(self.x + self.y == 1);
        for (letter, count) in [("X", self.x), ("Y", self.y), ("0", missing as u8)] {
            f.write_str(&letter.repeat(count.into()))?;
        }
        Ok(())
    }
}

impl Karyotype {
    /// XX.
    pub const FEMALE: Self = Self { x: 2, y: 0 };
    /// XY.
    pub const MALE: Self = Self { x: 1, y: 1 };

    /// So many copies, if anybody has them: one X at the least, five chromosomes in all at most.
    pub(super) fn new(x: usize, y: usize) -> Option<Self> {
        (x >= 1 && x + y <= 5).then_some(Self {
            x: x as u8,
            y: y as u8,
        })
    }

    /// Regions whose copies are other than two, as X and Y have in males, Y in females, and the
    /// mitochondrion, which has one; more than two copies are called as two. Pseudoautosomal regions have
    /// those of both chromosomes on either: they are those in `shared`, or what is known of the genome
    /// whose chromosomes have these names and lengths.
    ///
    /// # Errors
    ///
    /// Chromosomes of unknown length without `shared`; a reference without any.
    pub fn ploidies(
        self,
        reference: &Reference,
        shared: Option<&Regions>,
    ) -> Result<Vec<CopyRegion>, PloidyError> {
        let (mut regions, mut found) = (Vec::new(), false);
        for (id, contig) in (0..).map(ContigId).zip(reference.contigs()) {
            let whole = 0..contig.length;
            let (known, copies) = match Chromosome::of(&contig.name) {
                Some(Chromosome::X) => (&X, self.x),
                Some(Chromosome::Y) => (&Y, self.y),
                Some(Chromosome::Mitochondrion) => {
                    regions.push((id, whole, 1));
                    continue;
                }
                Some(Chromosome::Autosome) | None => continue,
            };
            found = true;
            if copies != 2 {
                regions.push((id, whole, copies.min(2)));
            }
            // Without a Y all are on X.
            let together = (self.x + self.y).min(2);
            if self.y == 0 || copies.min(2) == together {
                continue;
            }
            let par: Vec<Range<u32>> = match shared {
                Some(shared) => shared.of(id).to_vec(),
                None => known
                    .iter()
                    .find(|(length, _)| *length == contig.length)
                    .ok_or_else(|| PloidyError::UnknownGenome {
                        name: contig.name.clone(),
                        length: contig.length,
                    })?
                    .1
                    .to_vec(),
            };
            regions.extend(par.into_iter().map(|region| (id, region, together)));
        }
        match found {
            true => Ok(regions),
            false => Err(PloidyError::NoSexChromosome),
        }
    }
}
