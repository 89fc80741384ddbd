//! Says what to trim or mask of reads with adapters.
//!
//! The rules are those of BCL Convert's settings `AdapterRead1`/`2`, `AdapterStringency`,
//! `MinimumAdapterOverlap`, `MinimumTrimmedReadLength` and `MaskShortReads` (BCL Convert, "Sample
//! Sheet").

use crate::trim::Adapters;

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
    adapters: Adapters,
    options: TrimOptions,
}

impl AdapterTrimmer {
    /// A trimmer of `adapters`, each looked for on its own. Without adapters it trims nothing.
    pub fn new(adapters: &[Vec<u8>], options: TrimOptions) -> Self {
        Self {
            adapters: Adapters::new(adapters, options.stringency),
            options,
        }
    }

    /// Whether there is anything to look for.
    pub fn is_empty(&self) -> bool {
        self.adapters.is_empty()
    }

    /// Where the first adapter of a read starts; the read's length where there is none.
    pub fn find(&self, bases: &[u8]) -> usize {
        self.adapters.find(bases, self.options.minimum_overlap)
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
