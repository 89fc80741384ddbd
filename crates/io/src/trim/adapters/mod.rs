//! Finds adapters in reads, as bcl2fastq2 does with its sliding window.

mod search;

use self::search::Sieve;

/// Sequences that are looked for in reads, each on its own.
#[derive(Clone, Debug, Default)]
pub struct Adapters(Vec<Adapter>);

#[derive(Clone, Debug)]
struct Adapter {
    bases: Vec<u8>,
    /// By number of bases compared: the most mismatches that the stringency allows, if any.
    allowed: Vec<Option<usize>>,
    sieve: Sieve,
}

impl Adapters {
    /// Adapters of upper-case bases; empty ones are left out. `stringency` is the least share of
    /// matches among the bases compared.
    pub fn new(adapters: &[Vec<u8>], stringency: f32) -> Self {
        let adapters = adapters.iter().filter(|bases| !bases.is_empty());
        Self(
            adapters
                .map(|bases| Adapter::new(bases, stringency))
                .collect(),
        )
    }

    /// Whether there is anything to look for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where the first adapter of a read starts; the read's length where there is none.
    ///
    /// At each start the adapter is laid along the read as far as both go. It is found where at
    /// least `minimum_overlap` bases match and matches are at least the stringency's share of all
    /// bases compared. `N` is neither match nor mismatch. A start is given up as soon as there are
    /// two mismatches or more, and more of them than matches.
    ///
    /// # Complexity
    /// Linear in the read's length for each adapter, but for starts that look like it.
    pub fn find(&self, bases: &[u8], minimum_overlap: usize) -> usize {
        let mut start = bases.len();
        for adapter in &self.0 {
            // Only an earlier start than another adapter's matters.
            start = adapter.find(bases, start, minimum_overlap);
        }
        start
    }
}

impl Adapter {
    fn new(bases: &[u8], stringency: f32) -> Self {
        let allowed: Vec<Option<usize>> = (0..=bases.len())
            .map(|compared| {
                let share = |matches| matches as f32 / compared as f32;
                (0..compared)
                    .rev()
                    .find(|mismatches| share(compared - mismatches) >= stringency)
            })
            .collect();
        Self {
            bases: bases.to_vec(),
            sieve: Sieve::new(bases, &allowed),
            allowed,
        }
    }

    /// The first start before `limit`, or `limit`.
    fn find(&self, bases: &[u8], limit: usize, minimum_overlap: usize) -> usize {
        let too_late = (bases.len() + 1).saturating_sub(minimum_overlap);
        let matches = |start| self.matches(&bases[start..], minimum_overlap);
        self.sieve
            .find(bases, limit.min(too_late), matches)
            .unwrap_or(limit)
    }

    fn matches(&self, bases: &[u8], minimum_overlap: usize) -> bool {
        let (mut matches, mut mismatches) = (0, 0);
        for (&base, &expected) in bases.iter().zip(&self.bases) {
            if base == b'N' {
                continue;
            }
            if base == expected {
                matches += 1;
            } else {
                mismatches += 1;
            }
            if mismatches > 1 && mismatches > matches {
                return false;
            }
        }
        matches >= minimum_overlap.max(1)
            && self.allowed[matches + mismatches].is_some_and(|allowed| mismatches <= allowed)
    }
}
