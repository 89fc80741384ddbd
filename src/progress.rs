//! What a pipeline tells while it works.

/// A part of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Simulating. Counted in templates.
    Simulate,
    /// Building an index. Counted in bases.
    Index,
    /// Converting base calls to reads. Counted in clusters.
    Convert,
    /// Reading, mapping and gathering reads. Counted in reads.
    Map,
    /// Sorting, marking duplicates, writing and calling. Counted in bases of the reference.
    Call,
    /// Reading gVCF files and genotyping their samples together. Counted in bases of the reference.
    Genotype,
}

impl Stage {
    /// Name in reports and in the time metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Simulate => "simulate",
            Self::Index => "index",
            Self::Convert => "convert",
            Self::Map => "map",
            Self::Call => "sort and call",
            Self::Genotype => "genotype",
        }
    }
}

/// Hears how the work goes on. Called from several threads, some times a second.
pub trait Progress: Sync {
    /// A stage begins; `total` is its length in its own unit, where that is known.
    fn begin(&self, stage: Stage, total: Option<u64>);
    /// `amount` more of the stage is done.
    fn advance(&self, stage: Stage, amount: u64);
    /// The stage is done.
    fn end(&self, stage: Stage);
    /// Something that the user should know, without sample names.
    fn warn(&self, message: &str);
    /// Something for the log, without sample names.
    fn note(&self, _message: &str) {}
}

/// Hears nothing.
impl Progress for () {
    fn begin(&self, _: Stage, _: Option<u64>) {}
    fn advance(&self, _: Stage, _: u64) {}
    fn end(&self, _: Stage) {}
    fn warn(&self, _: &str) {}
}
