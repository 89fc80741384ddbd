//! Finds adapters in reads, and says what to trim or mask.
//!
//! The rules are those of BCL Convert's settings `AdapterRead1`/`2`, `AdapterStringency`,
//! `MinimumAdapterOverlap`, `MinimumTrimmedReadLength` and `MaskShortReads` (BCL Convert, "Sample
//! Sheet"), which finds adapters as bcl2fastq2 does with its sliding window.

mod search;

use self::search::Sieve;

/// Quality of a masked base: `#`, Phred 2.
pub const MASKED_QUALITY: u8 = 2;

/// What happens to a read from the start of its adapter on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdapterBehavior {
    /// The bases are removed. BCL Convert's default.
    #[default]
    Trim,
    /// The bases become `N` with quality 2.
    Mask,
}

/// How adapters are found and handled in one read of a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct TrimOptions {
    /// Trim or mask.
    pub behavior: AdapterBehavior,
    /// Least share of matches among the bases compared: 0.9 is BCL Convert's default.
    pub stringency: f32,
    /// Least number of matching bases: 1 is BCL Convert's default.
    pub minimum_overlap: usize,
    /// A read is not trimmed to less than this; what would go beyond it is masked.
    pub minimum_length: usize,
    /// A read with an adapter and fewer bases `A`, `C`, `G` or `T` left is masked altogether.
    pub mask_below: usize,
}

impl TrimOptions {
    /// BCL Convert's defaults for a run whose shortest sequencing read has `shortest` cycles.
    ///
    /// `MinimumTrimmedReadLength` is 35 or the shortest read's length, whichever is less, and
    /// `MaskShortReads` 22 or `MinimumTrimmedReadLength`, whichever is less.
    pub fn for_shortest_read(shortest: usize) -> Self {
        let minimum_length = shortest.min(35);
        Self {
            behavior: AdapterBehavior::Trim,
            stringency: 0.9,
            minimum_overlap: 1,
            minimum_length,
            mask_below: minimum_length.min(22),
        }
    }
}

/// What is left of a read: `bases[..unmasked]` as they are, `bases[unmasked..length]` as `N` of
/// [`MASKED_QUALITY`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trimmed {
    /// Start of the adapter; the read's length where there is none.
    pub adapter_start: usize,
    /// Bases to write.
    pub length: usize,
    /// Bases that are not masked.
    pub unmasked: usize,
}

/// Finds the adapters of one read.
///
/// ```
/// use fafnir_io::bcl::adapters::{AdapterTrimmer, TrimOptions};
///
/// let mut options = TrimOptions::for_shortest_read(151);
/// options.minimum_length = 4;
/// let trimmer = AdapterTrimmer::new(&[b"AGATCGGAAGAGC".to_vec()], options);
/// assert_eq!(trimmer.trim(b"TTTTTTTTTTTTTTTTTTTTTTTTAGATCGGAAGAGCACAC").length, 24);
/// ```
#[derive(Clone, Debug)]
pub struct AdapterTrimmer {
    adapters: Vec<Adapter>,
    options: TrimOptions,
}

#[derive(Clone, Debug)]
struct Adapter {
    bases: Vec<u8>,
    /// By number of bases compared: the most mismatches that the stringency allows, if any.
    allowed: Vec<Option<usize>>,
    sieve: Sieve,
}

impl AdapterTrimmer {
    /// A trimmer of `adapters`, each looked for on its own. Without adapters it trims nothing.
    pub fn new(adapters: &[Vec<u8>], options: TrimOptions) -> Self {
        let adapters = adapters
            .iter()
            .filter(|bases| !bases.is_empty())
            .map(|bases| Adapter::new(bases, options.stringency))
            .collect();
        Self { adapters, options }
    }

    /// Whether there is anything to look for.
    pub fn is_empty(&self) -> bool {
        self.adapters.is_empty()
    }

    /// Where the first adapter of a read starts; the read's length where there is none.
    ///
    /// At each start the adapter is laid along the read as far as both go. It is found where at
    /// least the minimum overlap matches and matches are at least the stringency's share of all
    /// bases compared. `N` is neither match nor mismatch. A start is given up as soon as there are
    /// two mismatches or more, and more of them than matches.
    ///
    /// # Complexity
    /// Linear in the read's length for each adapter, but for starts that look like it.
    pub fn find(&self, bases: &[u8]) -> usize {
        let mut start = bases.len();
        for adapter in &self.adapters {
            // Only an earlier start than another adapter's matters.
            start = adapter.find(bases, start, self.options.minimum_overlap);
        }
        start
    }

    /// What to write of a read.
    pub fn trim(&self, bases: &[u8]) -> Trimmed {
        let start = self.find(bases);
        if start == bases.len() {
            return Trimmed {
                adapter_start: start,
                length: start,
                unmasked: start,
            };
        }
        let length = match self.options.behavior {
            AdapterBehavior::Trim => start.max(self.options.minimum_length.min(bases.len())),
            AdapterBehavior::Mask => bases.len(),
        };
        let called = bases[..start].iter().filter(|&&base| base != b'N').count();
        let unmasked = if called < self.options.mask_below {
            0
        } else {
            start
        };
        Trimmed {
            adapter_start: start,
            length,
            unmasked,
        }
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
