//! Scores and limits of the aligner.

use fafnir_fpga_hal::extend::Scoring;

/// Options of [`crate::Aligner`]. The defaults are bwa mem's where it has the option.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AlignerOptions {
    /// Scores of bases and gaps. The default is 1, 4, 6, 1.
    pub scoring: Scoring,
    /// Taken off for an alignment that does not reach a read's end. The default is 5.
    pub clip_penalty: i16,
    /// Taken off for a pair that is not a proper one. The default is 17.
    pub unpaired_penalty: i32,
    /// Alignments below this score are not reported. The default is 30, or the read's length less
    /// two mismatches where that is lower.
    pub min_score: i32,
    /// Longest gap that extension finds. The default is 100.
    pub band: u16,
    /// Extension stops this far below its best score. The default is 100.
    pub z_drop: u16,
    /// Seeds with more places than this are looked at only when the others fail. The default is 48.
    pub max_seed_places: u32,
    /// Which alignments of a read are written.
    pub records: RecordOptions,
}

/// Which alignments of a read are written beside its primary one, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordOptions {
    /// Most supplementary records of a read: alignments of bases that no other record has. The
    /// default is 4.
    pub supplementary: u32,
    /// Most secondary records of a read: other places of bases that another record has. The default
    /// is 0; then `XA` lists them, and else does not.
    pub secondary: u32,
    /// How far the score of a secondary record may lie below that of the record whose bases it
    /// places elsewhere. `None`, the default, is half of that score.
    pub secondary_delta: Option<u32>,
    /// Whether supplementary and secondary records are clipped softly: supplementary ones have all
    /// bases of the read then.
    pub soft_clip: bool,
    /// `XA` lists other places of a record's bases with at least 80% of its score, if they are no
    /// more than this. The default is 5.
    pub xa_hits: u32,
}

impl Default for RecordOptions {
    fn default() -> Self {
        Self {
            supplementary: 4,
            secondary: 0,
            secondary_delta: None,
            soft_clip: false,
            xa_hits: 5,
        }
    }
}

impl Default for AlignerOptions {
    fn default() -> Self {
        Self {
            scoring: Scoring::default(),
            clip_penalty: 5,
            unpaired_penalty: 17,
            min_score: 30,
            band: 100,
            z_drop: 100,
            max_seed_places: 48,
            records: RecordOptions::default(),
        }
    }
}
