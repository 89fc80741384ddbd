//! Sex chromosomes, and the regions that they have in common.

use std::ops::Range;
use std::str::FromStr;

use fafnir_io::bed::Regions;
use fafnir_io::{ContigId, Reference};

/// Sex of a sample, as far as its chromosomes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// XX.
    Female,
    /// XY.
    Male,
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

impl FromStr for Sex {
    type Err = String;

    /// Reads `male` or `female`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "female" => Ok(Self::Female),
            "male" => Ok(Self::Male),
            _ => Err("use male or female".into()),
        }
    }
}

impl Sex {
    /// `male` or `female`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
        }
    }

    /// Regions whose copies are other than two: one of X and Y in males, none of Y in females, one of
    /// the mitochondrion. Pseudoautosomal regions have two on either chromosome: those in `shared`, or
    /// what is known of the genome whose chromosomes have these names and lengths.
    ///
    /// # Errors
    ///
    /// Chromosomes of unknown length without `shared`; a reference without any.
    pub fn ploidies(
        self,
        reference: &Reference,
        shared: Option<&Regions>,
    ) -> Result<Vec<(ContigId, Range<u32>, u8)>, PloidyError> {
        let (mut regions, mut found) = (Vec::new(), false);
        for (id, contig) in (0..).map(ContigId).zip(reference.contigs()) {
            let whole = 0..contig.length;
            let (known, copies) = match contig.name.as_str() {
                "X" | "chrX" => (&X, [2, 1]),
                "Y" | "chrY" => (&Y, [0, 1]),
                "M" | "MT" | "chrM" | "chrMT" => {
                    regions.push((id, whole, 1));
                    continue;
                }
                _ => continue,
            };
            found = true;
            let copies = copies[usize::from(self == Self::Male)];
            if copies == 2 {
                continue;
            }
            regions.push((id, whole, copies));
            // A female's are all on X.
            if self == Self::Female {
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
            regions.extend(par.into_iter().map(|region| (id, region, 2)));
        }
        match found {
            true => Ok(regions),
            false => Err(PloidyError::NoSexChromosome),
        }
    }
}
