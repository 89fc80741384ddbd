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
        }
    }
}
