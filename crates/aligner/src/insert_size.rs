//! How the reads of a pair lie to each other, fixed before pairs are judged by it.

use crate::alignment::Alignment;

/// Directions of the reads of a pair, seen along the first read's strand; in pairs that face each
/// other or away from each other it does not matter which is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// One strand, the second read ahead of the first.
    Ff,
    /// Facing each other: paired ends.
    Fr,
    /// Facing away from each other: mate pairs.
    Rf,
    /// One strand, the second read behind the first.
    Rr,
}

/// Fragment lengths of the pairs of one orientation, in bases from 5' end to 5' end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsertSizes {
    /// Mean.
    pub mean: u32,
    /// Standard deviation, at least 1.
    pub standard_deviation: u32,
    /// Shortest length of a proper pair, at least 1.
    pub low: u32,
    /// Longest length of a proper pair.
    pub high: u32,
}

/// What makes a proper pair: fragment lengths of each orientation that the library has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsertSizeModel {
    sizes: [Option<InsertSizes>; 4],
}

/// Fragment lengths that were seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InsertSizeObservations {
    /// Number of pairs of each length, by orientation.
    histograms: [Vec<u64>; 4],
}

/// Longer fragments are not observed.
const MAX_OBSERVED: usize = 10_000;
/// Fewer pairs of an orientation than this say nothing.
const MIN_PAIRS: u64 = 10;
/// Nor does an orientation with this many times fewer pairs than the most frequent one.
const RARE: u64 = 20;

impl Orientation {
    /// All, in the order of bwa's numbers.
    pub const ALL: [Self; 4] = [Self::Ff, Self::Fr, Self::Rf, Self::Rr];

    /// `FR` and the like.
    pub fn name(self) -> &'static str {
        ["FF", "FR", "RF", "RR"][self as usize]
    }

    /// Orientation and fragment length of alignments of a pair's reads; `None` on two contigs.
    pub(crate) fn of_pair(first: &Alignment, second: &Alignment) -> Option<(Self, u32)> {
        if first.contig != second.contig {
            return None;
        }
        let mut ahead = second.five_prime() - first.five_prime();
        if first.reverse {
            ahead = -ahead;
        }
        let orientation = match (first.reverse == second.reverse, ahead > 0) {
            (true, true) => Self::Ff,
            (false, true) => Self::Fr,
            (false, false) => Self::Rf,
            (true, false) => Self::Rr,
        };
        Some((orientation, ahead.unsigned_abs() as u32))
    }

    /// Strand and span of the 5' ends where the mate of `anchor`, which is the pair's first read or
    /// not, makes a fragment of a length between two.
    pub(crate) fn mate_of(
        self,
        (anchor, is_first): (&Alignment, bool),
        (shortest, longest): (u32, u32),
    ) -> (bool, std::ops::RangeInclusive<i64>) {
        let ahead = match self {
            Self::Fr => true,
            Self::Rf => false,
            Self::Ff => is_first,
            Self::Rr => !is_first,
        };
        let turned = matches!(self, Self::Fr | Self::Rf);
        let from = anchor.five_prime();
        let (low, high) = (i64::from(shortest), i64::from(longest));
        let span = if ahead == anchor.reverse {
            from - high..=from - low
        } else {
            from + low..=from + high
        };
        (anchor.reverse ^ turned, span)
    }
}

impl std::str::FromStr for Orientation {
    type Err = String;

    /// Reads `FR`, `RF`, `FF` or `RR`, or DRAGEN's numbers of the first three, from 0.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_uppercase().as_str() {
            "0" | "FR" => Ok(Self::Fr),
            "1" | "RF" => Ok(Self::Rf),
            "2" | "FF" => Ok(Self::Ff),
            "RR" => Ok(Self::Rr),
            _ => Err("use FR, RF, FF or RR".into()),
        }
    }
}

impl InsertSizes {
    /// Sizes around a mean; bounds are four deviations away.
    pub fn around(mean: u32, standard_deviation: u32) -> Self {
        let reach = standard_deviation.saturating_mul(4);
        Self {
            mean,
            standard_deviation: standard_deviation.max(1),
            low: mean.saturating_sub(reach).max(1),
            high: mean.saturating_add(reach),
        }
    }

    /// What a pair of this fragment length loses against one of the mean length: 0.4 z^2 points of
    /// score, which is the log-likelihood ratio of the normal distribution in bwa's units.
    fn penalty(&self, length: u32) -> i32 {
        let distance = i64::from(length) - i64::from(self.mean);
        let variance = i64::from(self.standard_deviation).pow(2);
        ((2 * distance * distance + 5 * variance / 2) / (5 * variance)) as i32
    }

    /// Of a histogram, as bwa mem and DRAGEN: mean and deviation of what lies within two
    /// interquartile ranges of the quartiles, bounds at three of them or four deviations, whichever
    /// is wider.
    fn measure(histogram: &[u64]) -> Self {
        let pairs: u64 = histogram.iter().sum();
        let (q1, q3) = (
            quantile(histogram, pairs / 4),
            quantile(histogram, pairs * 3 / 4),
        );
        let range = (q3 - q1).max(1);
        let inside = q1.saturating_sub(2 * range)..=q3 + 2 * range;
        let kept = || {
            let all = histogram.iter().enumerate().map(|(l, n)| (l as u64, *n));
            all.filter(|(l, _)| inside.contains(l))
        };
        let count: u64 = kept().map(|(_, n)| n).sum();
        let sum: u64 = kept().map(|(l, n)| l * n).sum();
        let mean = (sum + count / 2) / count;
        let squares: u64 = kept().map(|(l, n)| l.abs_diff(mean).pow(2) * n).sum();
        let deviation = (squares / count).isqrt().max(1);
        let low = q1
            .saturating_sub(3 * range)
            .min(mean.saturating_sub(4 * deviation))
            .max(1);
        let high = (q3 + 3 * range).max(mean + 4 * deviation);
        Self {
            mean: mean as u32,
            standard_deviation: deviation as u32,
            low: low as u32,
            high: high as u32,
        }
    }
}

impl std::fmt::Display for InsertSizes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            mean,
            standard_deviation,
            low,
            high,
        } = self;
        write!(
            f,
            "{mean} +- {standard_deviation}, proper pairs from {low} to {high}"
        )
    }
}

impl Default for InsertSizes {
    /// What a PCR-free library of paired ends looks like: 400 +- 100, 1 to 1000.
    fn default() -> Self {
        Self {
            low: 1,
            high: 1000,
            ..Self::around(400, 100)
        }
    }
}

impl Default for InsertSizeModel {
    /// Paired ends.
    fn default() -> Self {
        Self::of(Orientation::Fr, InsertSizes::default())
    }
}

impl InsertSizeModel {
    /// A library of one orientation.
    pub fn of(orientation: Orientation, sizes: InsertSizes) -> Self {
        let mut model = Self { sizes: [None; 4] };
        model.sizes[orientation as usize] = Some(sizes);
        model
    }

    /// The library's orientations and their fragment lengths.
    pub fn iter(&self) -> impl Iterator<Item = (Orientation, &InsertSizes)> {
        let all = Orientation::ALL.into_iter().zip(&self.sizes);
        all.filter_map(|(orientation, sizes)| Some((orientation, sizes.as_ref()?)))
    }

    /// What a pair loses for its fragment length against the most likely one; `None` if it is not a
    /// proper pair.
    pub(crate) fn penalty(&self, first: &Alignment, second: &Alignment) -> Option<i32> {
        let (sizes, length) = self.sizes_of(first, second)?;
        Some(sizes.penalty(length))
    }

    /// Whether alignments of a pair's reads make a proper pair.
    pub(crate) fn is_proper(&self, first: &Alignment, second: &Alignment) -> bool {
        self.sizes_of(first, second).is_some()
    }

    fn sizes_of(&self, first: &Alignment, second: &Alignment) -> Option<(&InsertSizes, u32)> {
        let (orientation, length) = Orientation::of_pair(first, second)?;
        let sizes = self.sizes[orientation as usize].as_ref()?;
        (sizes.low..=sizes.high)
            .contains(&length)
            .then_some((sizes, length))
    }
}

impl InsertSizeObservations {
    pub(crate) fn add(&mut self, orientation: Orientation, length: u32) {
        let length = length as usize;
        if !(1..MAX_OBSERVED).contains(&length) {
            return;
        }
        let histogram = &mut self.histograms[orientation as usize];
        if histogram.len() <= length {
            histogram.resize(length + 1, 0);
        }
        histogram[length] += 1;
    }

    /// Adds the observations of another part of the input.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.histograms.iter_mut().zip(&other.histograms) {
            if mine.len() < theirs.len() {
                mine.resize(theirs.len(), 0);
            }
            for (sum, count) in mine.iter_mut().zip(theirs) {
                *sum += count;
            }
        }
    }

    /// Forgets the pairs of other orientations.
    pub fn keep(&mut self, orientation: Orientation) {
        for other in Orientation::ALL {
            if other != orientation {
                self.histograms[other as usize].clear();
            }
        }
    }

    /// Number of pairs of an orientation that were observed.
    pub fn pairs(&self, orientation: Orientation) -> u64 {
        self.histograms[orientation as usize].iter().sum()
    }

    /// The model; `None` where too few pairs of each orientation were seen. An orientation counts
    /// with at least 10 pairs and 5% of the most frequent one's (bwa mem's rule).
    pub fn model(&self) -> Option<InsertSizeModel> {
        let most = Orientation::ALL.map(|o| self.pairs(o)).into_iter().max()?;
        let counts = |pairs: u64| pairs >= MIN_PAIRS && pairs * RARE >= most;
        let sizes = Orientation::ALL.map(|orientation| {
            counts(self.pairs(orientation))
                .then(|| InsertSizes::measure(&self.histograms[orientation as usize]))
        });
        sizes
            .iter()
            .any(Option::is_some)
            .then_some(InsertSizeModel { sizes })
    }
}

fn quantile(histogram: &[u64], rank: u64) -> u64 {
    let mut seen = 0;
    let at = histogram.iter().position(|n| {
        seen += n;
        seen > rank
    });
    at.unwrap_or(0) as u64
}

#[cfg(test)]
mod tests {
    use fafnir_io::ContigId;

    use super::*;
    use crate::alignment;

    fn seen(orientation: Orientation, lengths: &[(u32, u32)]) -> InsertSizeObservations {
        let mut seen = InsertSizeObservations::default();
        for (length, pairs) in lengths {
            (0..*pairs).for_each(|_| seen.add(orientation, *length));
        }
        seen
    }

    fn only(model: &InsertSizeModel) -> (Orientation, InsertSizes) {
        let all: Vec<_> = model.iter().map(|(o, s)| (o, *s)).collect();
        assert_eq!(all.len(), 1);
        all[0]
    }

    #[test]
    fn bounds_follow_the_quartiles() {
        // DRAGEN's printed example: quartiles 398, 410, 421 give 329-490 (3 interquartile ranges).
        let seen = seen(
            Orientation::Fr,
            &[(398, 50), (410, 50), (421, 50), (5000, 1)],
        );
        let (orientation, sizes) = only(&seen.model().expect("enough pairs"));
        assert_eq!(orientation, Orientation::Fr);
        assert_eq!((sizes.low, sizes.high), (329, 490));
        assert_eq!(sizes.mean, 410);
    }

    #[test]
    fn few_pairs_give_no_model() {
        assert_eq!(seen(Orientation::Fr, &[(300, 9)]).model(), None);
        assert!(seen(Orientation::Fr, &[(300, 10)]).model().is_some());
    }

    #[test]
    fn an_orientation_counts_with_a_twentieth_of_the_largest() {
        let mut both = seen(Orientation::Rf, &[(3000, 1000)]);
        both.merge(&seen(Orientation::Fr, &[(300, 49)]));
        assert_eq!(only(&both.model().expect("pairs")).0, Orientation::Rf);
        both.merge(&seen(Orientation::Fr, &[(300, 1)]));
        assert_eq!(both.model().expect("pairs").iter().count(), 2);
        both.keep(Orientation::Fr);
        assert_eq!(only(&both.model().expect("pairs")).0, Orientation::Fr);
    }

    #[test]
    fn the_mean_costs_nothing_and_four_deviations_cost_six() {
        let sizes = InsertSizes::around(400, 50);
        assert_eq!((sizes.low, sizes.high), (200, 600));
        assert_eq!([400, 600, 200].map(|l| sizes.penalty(l)), [0, 6, 6]);
    }

    #[test]
    fn mates_lie_where_they_are_looked_for() {
        let at = |reverse, five_prime: u32| {
            let start = if reverse {
                five_prime - 100
            } else {
                five_prime
            };
            let span = (start, start + 100);
            alignment::new(reverse, ContigId(0), span, (0, 100), 100, 1)
        };
        let sizes = InsertSizes::around(1000, 100);
        for orientation in Orientation::ALL {
            let model = InsertSizeModel::of(orientation, sizes);
            for (reverse, is_first) in [(false, false), (false, true), (true, false), (true, true)]
            {
                let anchor = at(reverse, 5000);
                let (strand, span) =
                    orientation.mate_of((&anchor, is_first), (sizes.low, sizes.high));
                for (place, proper) in [
                    (*span.start(), true),
                    (*span.end(), true),
                    (span.start() - 1, false),
                    (span.end() + 1, false),
                ] {
                    let mate = at(strand, place as u32);
                    let pair = if is_first {
                        [anchor, mate]
                    } else {
                        [mate, anchor]
                    };
                    assert_eq!(
                        model.is_proper(&pair[0], &pair[1]),
                        proper,
                        "{orientation:?}"
                    );
                    let turned = at(!strand, place as u32);
                    let pair = if is_first {
                        [anchor, turned]
                    } else {
                        [turned, anchor]
                    };
                    assert!(!model.is_proper(&pair[0], &pair[1]));
                }
            }
        }
    }
}
