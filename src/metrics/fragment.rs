//! Lengths of sequenced fragments.

/// How often each fragment length was seen: `|TLEN|` of properly paired primary reads, each pair
/// once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FragmentLengths {
    counts: Vec<u64>,
}

/// Longer fragments count as this long, so that memory does not depend on the data.
const LONGEST: usize = 50_000;

impl FragmentLengths {
    pub(crate) fn add(&mut self, length: u32) {
        let length = (length as usize).min(LONGEST);
        if self.counts.len() <= length {
            self.counts.resize(length + 1, 0);
        }
        self.counts[length] += 1;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (sum, count) in self.counts.iter_mut().zip(&other.counts) {
            *sum += count;
        }
    }

    /// Number of pairs.
    pub fn pairs(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Mean length; `None` without pairs.
    pub fn mean(&self) -> Option<f64> {
        let pairs = self.pairs();
        let sum: u64 = self.seen().map(|(length, count)| length * count).sum();
        (pairs > 0).then(|| sum as f64 / pairs as f64)
    }

    /// Median length (the lower one of an even number); `None` without pairs.
    pub fn median(&self) -> Option<u64> {
        let half = self.pairs().div_ceil(2);
        let mut below = 0;
        self.seen()
            .find(|(_, count)| {
                below += count;
                below >= half
            })
            .map(|(length, _)| length)
    }

    /// Standard deviation of the population; `None` without pairs.
    pub fn standard_deviation(&self) -> Option<f64> {
        let mean = self.mean()?;
        let squares: f64 = self
            .seen()
            .map(|(length, count)| (length as f64 - mean) * (length as f64 - mean) * count as f64)
            .sum();
        Some((squares / self.pairs() as f64).sqrt())
    }

    /// `PREFIX.fragment_length_hist.csv`.
    pub fn to_csv(&self, sample: &str) -> String {
        let mut out = format!("#Sample: {sample}\nFragmentLength,Count\n");
        for (length, count) in self.seen() {
            out += &format!("{length},{count}\n");
        }
        out
    }

    fn seen(&self) -> impl Iterator<Item = (u64, u64)> {
        let counts = self.counts.iter().enumerate();
        counts
            .filter(|(_, count)| **count > 0)
            .map(|(length, count)| (length as u64, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_known_lengths() {
        let mut lengths = FragmentLengths::default();
        assert_eq!((lengths.mean(), lengths.median()), (None, None));
        let mut more = FragmentLengths::default();
        for length in [2, 4, 4, 4] {
            lengths.add(length);
        }
        for length in [5, 5, 7, 9] {
            more.add(length);
        }
        lengths.merge(&more);
        assert_eq!(lengths.mean(), Some(5.0));
        assert_eq!(lengths.median(), Some(4));
        assert_eq!(lengths.standard_deviation(), Some(2.0));
        lengths.add(u32::MAX);
        assert!(lengths.to_csv("s").ends_with("9,1\n50000,1\n"));
    }
}
