//! The distribution of fragment lengths, fixed before pairs are judged by it.

/// Fragment lengths of proper pairs (forward-reverse), in bases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsertSizeModel {
    /// Mean.
    pub mean: u32,
    /// Standard deviation, at least 1.
    pub standard_deviation: u32,
    /// Shortest length of a proper pair.
    pub low: u32,
    /// Longest length of a proper pair.
    pub high: u32,
}

/// Lengths that were seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InsertSizeObservations {
    /// Number of pairs of each length.
    histogram: Vec<u64>,
}

/// Longer fragments are not observed.
const MAX_OBSERVED: usize = 10_000;
/// Fewer pairs than this say nothing.
const MIN_PAIRS: u64 = 25;

impl Default for InsertSizeModel {
    /// What a PCR-free library looks like: 400 +- 100, 1 to 1000.
    fn default() -> Self {
        Self {
            mean: 400,
            standard_deviation: 100,
            low: 1,
            high: 1000,
        }
    }
}

impl InsertSizeModel {
    /// What a pair of this fragment length loses against one of the mean length: 0.4 z^2 points of
    /// score, which is the log-likelihood ratio of the normal distribution in bwa's units.
    pub(crate) fn penalty(&self, length: u32) -> i32 {
        let distance = i64::from(length) - i64::from(self.mean);
        let variance = i64::from(self.standard_deviation).pow(2);
        ((2 * distance * distance + 5 * variance / 2) / (5 * variance)) as i32
    }

    /// Whether a fragment of this length is a proper pair's.
    pub(crate) fn is_proper(&self, length: i64) -> bool {
        (i64::from(self.low)..=i64::from(self.high)).contains(&length)
    }
}

impl InsertSizeObservations {
    pub(crate) fn add(&mut self, length: i64) {
        let Some(length) = usize::try_from(length)
            .ok()
            .filter(|l| (1..MAX_OBSERVED).contains(l))
        else {
            return;
        };
        if self.histogram.len() <= length {
            self.histogram.resize(length + 1, 0);
        }
        self.histogram[length] += 1;
    }

    /// Adds the observations of another part of the input.
    pub fn merge(&mut self, other: &Self) {
        if self.histogram.len() < other.histogram.len() {
            self.histogram.resize(other.histogram.len(), 0);
        }
        for (mine, theirs) in self.histogram.iter_mut().zip(&other.histogram) {
            *mine += theirs;
        }
    }

    /// Number of pairs that were observed.
    pub fn pairs(&self) -> u64 {
        self.histogram.iter().sum()
    }

    /// The model; `None` where too few pairs were seen.
    ///
    /// As bwa mem: mean and deviation of what lies within two interquartile ranges of the quartiles,
    /// bounds at three of them or four deviations, whichever is wider.
    pub fn model(&self) -> Option<InsertSizeModel> {
        let pairs = self.pairs();
        if pairs < MIN_PAIRS {
            return None;
        }
        let (q1, q3) = (self.quantile(pairs / 4), self.quantile(pairs * 3 / 4));
        let range = (q3 - q1).max(1);
        let inside = q1.saturating_sub(2 * range)..=q3 + 2 * range;
        let kept = || {
            let all = self
                .histogram
                .iter()
                .enumerate()
                .map(|(l, n)| (l as u64, *n));
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
        Some(InsertSizeModel {
            mean: mean as u32,
            standard_deviation: deviation as u32,
            low: low as u32,
            high: high as u32,
        })
    }

    fn quantile(&self, rank: u64) -> u64 {
        let mut seen = 0;
        let at = self.histogram.iter().position(|n| {
            seen += n;
            seen > rank
        });
        at.unwrap_or(0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_follow_the_quartiles() {
        // DRAGEN's printed example: quartiles 398, 410, 421 give 329-490 (3 interquartile ranges).
        let mut seen = InsertSizeObservations::default();
        for (length, pairs) in [(398, 50), (410, 50), (421, 50)] {
            (0..pairs).for_each(|_| seen.add(length));
        }
        seen.add(5000);
        let model = seen.model().expect("enough pairs");
        assert_eq!((model.low, model.high), (329, 490));
        assert_eq!(model.mean, 410);
    }

    #[test]
    fn few_pairs_give_no_model() {
        let mut seen = InsertSizeObservations::default();
        (0..24).for_each(|_| seen.add(300));
        assert_eq!(seen.model(), None);
        seen.add(300);
        assert!(seen.model().is_some());
    }

    #[test]
    fn the_mean_costs_nothing_and_four_deviations_cost_six() {
        let model = InsertSizeModel {
            mean: 400,
            standard_deviation: 50,
            low: 1,
            high: 600,
        };
        assert_eq!(model.penalty(400), 0);
        assert_eq!(model.penalty(600), 6);
        assert_eq!(model.penalty(200), 6);
    }
}
