//! What a gVCF file has beside a VCF file: how much is told of bases without a variant, and the blocks
//! that tell it.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use fafnir_io::ContigId;
use fafnir_io::vcf::{Block, Depths, Likelihoods};

use crate::confidence::{Confidence, quality};

/// Whether a gVCF file is written, and how fine it is (DRAGEN's and GATK's names).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReferenceConfidence {
    /// No gVCF file.
    #[default]
    None,
    /// Neighbouring bases of like quality are one block.
    Gvcf,
    /// A record for each base.
    BasePair,
}

impl fmt::Display for ReferenceConfidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "NONE",
            Self::Gvcf => "GVCF",
            Self::BasePair => "BP_RESOLUTION",
        })
    }
}

impl FromStr for ReferenceConfidence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::None, Self::Gvcf, Self::BasePair]
            .into_iter()
            .find(|mode| mode.to_string().eq_ignore_ascii_case(text))
            .ok_or_else(|| "use NONE, GVCF or BP_RESOLUTION".to_owned())
    }
}

/// The bands of GQ by which bases are gathered into blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GqBands(Vec<u8>);

/// GATK's: 1 to 60 one by one, 70, 80, 90, 99.
impl Default for GqBands {
    fn default() -> Self {
        Self((1..=60).chain([70, 80, 90, 99]).collect())
    }
}

impl GqBands {
    /// GQ at which the bands after the first begin: the first one holds what is below.
    pub fn starts(&self) -> &[u8] {
        &self.0
    }

    fn of(&self, quality: u32) -> usize {
        self.0.partition_point(|&start| u32::from(start) <= quality)
    }

    /// The `##GVCFBlock` lines of GATK, as keys and values.
    pub fn header_lines(&self) -> Vec<(String, String)> {
        let starts = [0].iter().chain(&self.0);
        let ends = self.0.iter().chain(&[100]);
        starts
            .zip(ends)
            .map(|(start, end)| {
                let key = format!("GVCFBlock{start}-{end}");
                (
                    key,
                    format!("minGQ={start}(inclusive),maxGQ={end}(exclusive)"),
                )
            })
            .collect()
    }
}

impl FromStr for GqBands {
    type Err = String;

    /// Reads numbers from 1 to 99 between spaces or commas.
    fn from_str(text: &str) -> Result<Self, String> {
        let words = text.split([' ', ',']).filter(|word| !word.is_empty());
        words
            .map(|word| match word.parse() {
                Ok(start @ 1..=99) => Ok(Self(vec![start])),
                _ => Err(format!("{word} is no GQ from 1 to 99")),
            })
            .collect()
    }
}

impl FromIterator<Self> for GqBands {
    fn from_iter<I: IntoIterator<Item = Self>>(bands: I) -> Self {
        let mut starts: Vec<u8> = bands.into_iter().flat_map(|bands| bands.0).collect();
        starts.sort_unstable();
        starts.dedup();
        Self(starts)
    }
}

impl fmt::Display for GqBands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let starts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&starts.join(" "))
    }
}

/// What of the 0-based half-open `span` none of `covered` covers; they are sorted by start.
pub fn uncovered(
    span: &Range<u32>,
    covered: impl IntoIterator<Item = Range<u32>>,
) -> Vec<Range<u32>> {
    let mut gaps = Vec::new();
    let mut from = span.start;
    for one in covered {
        if one.start > from {
            gaps.push(from..one.start.min(span.end));
        }
        from = from.max(one.end);
        if from >= span.end {
            return gaps;
        }
    }
    gaps.push(from..span.end);
    gaps
}

/// How blocks are made.
#[derive(Clone, Copy, Debug)]
pub struct Blocks<'a> {
    /// Their contig.
    pub contig: ContigId,
    /// Whether each base is one.
    pub single: bool,
    /// The bands that bases of a block share.
    pub bands: &'a GqBands,
    /// Copies of the contig there: 1 or 2, or 0, where nothing is called.
    pub ploidy: u8,
}

impl Blocks<'_> {
    /// Appends the blocks of `confidence`, whose first base is `start`; `bases` are its reference codes.
    pub fn append(
        &self,
        start: u32,
        bases: &[u8],
        confidence: &[Confidence],
        out: &mut Vec<Block>,
    ) {
        let mut from = 0;
        let mut depths = Vec::new();
        while from < confidence.len() {
            let first = self.kind(&confidence[from]);
            let rest = &confidence[from..];
            let length = if self.single || first.is_unlikely {
                1
            } else {
                let same = rest.iter().take_while(|c| self.kind(c) == first);
                same.count()
            };
            let span = start + from as u32..start + (from + length) as u32;
            out.push(self.block(span, bases[from], &rest[..length], &mut depths));
            from += length;
        }
    }

    fn kind(&self, confidence: &Confidence) -> Kind {
        let likelihoods = self.likelihoods(confidence);
        Kind {
            is_called: self.ploidy > 0 && confidence.depth() > 0,
            is_unlikely: likelihoods[0] > 0,
            band: self.bands.of(quality(&likelihoods)),
        }
    }

    /// PL; of haploid genotypes the second stands for both others.
    fn likelihoods(&self, confidence: &Confidence) -> [u32; 3] {
        match self.ploidy {
            0 => [0; 3],
            1 => {
                let [reference, other] = confidence.haploid();
                [reference, other, other]
            }
            _ => confidence.diploid(),
        }
    }

    fn block(
        &self,
        span: Range<u32>,
        base: u8,
        members: &[Confidence],
        depths: &mut Vec<u32>,
    ) -> Block {
        let least = members
            .iter()
            .map(|c| self.likelihoods(c))
            .reduce(|a, b| std::array::from_fn(|i| a[i].min(b[i])))
            .unwrap_or_default();
        depths.clear();
        depths.extend(members.iter().map(Confidence::depth));
        let middle = depths.len() / 2;
        let (_, median, _) = depths.select_nth_unstable(middle);
        let depth = *median;
        let [a, b, c] = least;
        Block {
            contig: self.contig,
            span,
            reference: b"ACGTN"[usize::from(base.min(4))],
            is_called: self.ploidy > 0 && depth > 0,
            depth,
            depths: if self.single {
                Depths::ByAllele(members[0].by_allele())
            } else {
                Depths::Least(depths.iter().copied().min().unwrap_or(0))
            },
            quality: quality(&least),
            likelihoods: match self.ploidy {
                0 | 1 => Likelihoods::Haploid([a, b]),
                _ => Likelihoods::Diploid([a, b, c]),
            },
        }
    }
}

/// What the bases of a block have in common.
#[derive(PartialEq, Eq)]
struct Kind {
    is_called: bool,
    /// Whether something else is likelier than the reference: such a base stands alone, so that its PL
    /// are its own.
    is_unlikely: bool,
    band: usize,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn bands_are_read_and_told() {
        let bands: GqBands = "30,10 20 10".parse().unwrap();
        assert_eq!(bands.starts(), [10, 20, 30]);
        assert_eq!(bands.to_string().parse::<GqBands>(), Ok(bands.clone()));
        assert_eq!(
            [0, 9, 10, 29, 30, 99].map(|q| bands.of(q)),
            [0, 0, 1, 2, 3, 3]
        );
        let lines = bands.header_lines();
        assert_eq!(lines[0].0, "GVCFBlock0-10");
        assert_eq!(lines[3].1, "minGQ=30(inclusive),maxGQ=100(exclusive)");
        for wrong in ["0", "100", "x", "5 -1"] {
            assert!(wrong.parse::<GqBands>().is_err(), "{wrong}");
        }
        assert_eq!(GqBands::default().starts().len(), 64);
    }

    #[test]
    #[allow(clippy::single_range_in_vec_init)]
    fn what_is_not_covered() {
        let gaps = |covered: &[Range<u32>]| uncovered(&(10..20), covered.iter().cloned());
        assert_eq!(gaps(&[]), [10..20]);
        assert_eq!(gaps(&[5..12, 11..12, 14..18, 15..16]), [12..14, 18..20]);
        assert_eq!(gaps(&[0..5, 12..30, 25..26]), [10..12]);
        assert_eq!(gaps(&[10..20]), []);
        assert_eq!(gaps(&[22..30]), [10..20]);
    }

    #[test]
    fn modes_are_read_in_any_case() {
        for mode in [
            ReferenceConfidence::None,
            ReferenceConfidence::Gvcf,
            ReferenceConfidence::BasePair,
        ] {
            assert_eq!(mode.to_string().to_lowercase().parse(), Ok(mode));
        }
        assert!("BP".parse::<ReferenceConfidence>().is_err());
    }
}
