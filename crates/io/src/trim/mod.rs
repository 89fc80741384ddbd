//! Cuts off reads what is not the sample's: adapters, poly-G, bad ends.
//!
//! A tool cuts in one of two ways. Hard: the bases are gone. Soft: the read is mapped without them,
//! and [`TrimmedBatch::restore`] puts them back as soft clips, so that nothing is lost. Tools work in
//! the order of [`Tool`], each on what the one before has left; the hard ones before the soft.

mod adapters;
mod counts;
mod cut;
mod restore;
#[cfg(test)]
mod tests;

pub use adapters::Adapters;
pub use counts::{CutCounts, TrimCounts};

use crate::reads::{ReadPairBatch, Reads};
use cut::{Cuts, Window};

/// What cuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// A fixed number of bases off either end.
    FixedLength,
    /// Gs at the 3' end: what sequencers of two colours read beyond a fragment's end.
    PolyG,
    /// Bases of low quality at the 3' end.
    Quality,
    /// Adapters, with all that follows them.
    Adapter,
}

impl Tool {
    /// All, in the order in which they work.
    pub const ALL: [Self; 4] = [Self::FixedLength, Self::PolyG, Self::Quality, Self::Adapter];
}

/// What is cut off reads. Pairs of values are for first (or only) and for second reads.
#[derive(Clone, Debug, PartialEq)]
pub struct TrimmerOptions {
    /// Tools that cut hard.
    pub hard: Vec<Tool>,
    /// Tools that cut softly.
    pub soft: Vec<Tool>,
    /// Bases that [`Tool::FixedLength`] takes off the 5' end.
    pub five_prime: [usize; 2],
    /// Bases that it takes off the 3' end.
    pub three_prime: [usize; 2],
    /// [`Tool::Quality`] takes bases below this quality off the 3' end.
    pub minimum_quality: u8,
    /// Sequences that [`Tool::Adapter`] looks for, upper-case.
    pub adapters: [Vec<Vec<u8>>; 2],
    /// Least number of an adapter's bases that must be there.
    pub minimum_overlap: usize,
    /// A read that hard cuts leave with fewer bases is filtered: it becomes ten `N`.
    pub minimum_length: usize,
    /// Whether reads that nothing cuts are filtered too when they are short.
    pub filter_short: bool,
}

impl Default for TrimmerOptions {
    /// No tool; otherwise as DRAGEN: an adapter of 4 bases at least, reads of 20.
    fn default() -> Self {
        Self {
            hard: Vec::new(),
            soft: Vec::new(),
            five_prime: [0; 2],
            three_prime: [0; 2],
            minimum_quality: 0,
            adapters: Default::default(),
            minimum_overlap: 4,
            minimum_length: 20,
            filter_short: false,
        }
    }
}

impl TrimmerOptions {
    /// Whether nothing is ever cut or filtered.
    pub fn is_empty(&self) -> bool {
        self.hard.is_empty() && self.soft.is_empty() && !self.filter_short
    }
}

/// Least share of matches in an adapter, as in BCL Convert.
const STRINGENCY: f32 = 0.9;
/// What a filtered read becomes, as in DRAGEN.
const FILTERED: ([u8; 10], [u8; 10]) = ([b'N'; 10], [2; 10]);

/// Trims reads.
#[derive(Clone, Debug)]
pub struct Trimmer {
    options: TrimmerOptions,
    adapters: [Adapters; 2],
}

/// A batch as it is to be mapped.
#[derive(Clone, Debug)]
pub struct TrimmedBatch {
    /// The reads without what was cut off.
    pub batch: ReadPairBatch,
    /// What was done.
    pub counts: TrimCounts,
    /// By end of the template.
    ends: [TrimmedEnd; 2],
}

/// Of the reads of one end, what their records get back.
#[derive(Clone, Debug, Default)]
struct TrimmedEnd {
    /// The reads without hard cuts; empty where there are no soft ones.
    kept: Reads,
    hidden: Vec<Hidden>,
    filtered: Vec<bool>,
}

/// Bases of a read that soft cuts hide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hidden {
    five_prime: u32,
    three_prime: u32,
}

impl Trimmer {
    /// A trimmer with these options.
    pub fn new(options: TrimmerOptions) -> Self {
        let adapters = options.adapters.each_ref();
        Self {
            adapters: adapters.map(|sequences| Adapters::new(sequences, STRINGENCY)),
            options,
        }
    }

    /// The options.
    pub fn options(&self) -> &TrimmerOptions {
        &self.options
    }

    /// Trims every read of a batch.
    pub fn trim(&self, batch: &ReadPairBatch) -> TrimmedBatch {
        let mut counts = TrimCounts::default();
        let mut trimmed = ReadPairBatch {
            first_ordinal: batch.first_ordinal,
            read_group: batch.read_group,
            ..ReadPairBatch::default()
        };
        let ends = [
            self.trim_end(0, &batch.first, &mut trimmed.first, &mut counts),
            self.trim_end(1, &batch.second, &mut trimmed.second, &mut counts),
        ];
        TrimmedBatch {
            batch: trimmed,
            counts,
            ends,
        }
    }

    fn trim_end(
        &self,
        end: usize,
        reads: &Reads,
        out: &mut Reads,
        counts: &mut TrimCounts,
    ) -> TrimmedEnd {
        let options = &self.options;
        let mut trimmed = TrimmedEnd::default();
        for i in 0..reads.len() {
            let (name, bases, qualities) = (reads.name(i), reads.bases(i), reads.qualities(i));
            let mut cuts = Cuts::default();
            let whole = Window {
                start: 0,
                end: bases.len(),
            };
            let hard = self.cut(
                end,
                &options.hard,
                (bases, qualities),
                whole,
                &mut cuts.hard,
            );
            let is_short = hard.len() < options.minimum_length;
            let filtered = is_short && (hard != whole || options.filter_short);
            let shown = if filtered {
                hard
            } else {
                self.cut(end, &options.soft, (bases, qualities), hard, &mut cuts.soft)
            };
            counts.add(end, bases.len(), &cuts, filtered);
            let slice = |window: Window| (&bases[window.range()], &qualities[window.range()]);
            let (bases, qualities) = match filtered {
                true => (&FILTERED.0[..], &FILTERED.1[..]),
                false => slice(shown),
            };
            out.push(name, bases, qualities);
            trimmed.filtered.push(filtered);
            if !options.soft.is_empty() {
                let (bases, qualities) = if filtered {
                    (bases, qualities)
                } else {
                    slice(hard)
                };
                trimmed.kept.push(&[], bases, qualities);
                trimmed.hidden.push(Hidden {
                    five_prime: (shown.start - hard.start) as u32,
                    three_prime: (hard.end - shown.end) as u32,
                });
            }
        }
        trimmed
    }
}
