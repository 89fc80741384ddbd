//! How often the limits on a region's work were reached.

/// Regions of which something was left out, by what. A region is counted where it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capped {
    /// Regions that reached any of the limits below.
    pub regions: u64,
    /// With more reads than [`CallerOptions::max_region_reads`](crate::CallerOptions), or than their
    /// PairHMM cells allow.
    pub reads: u64,
    /// With more candidates of the pileup than are weighed.
    pub candidates: u64,
    /// With more haplotypes than [`CallerOptions::max_haplotypes`](crate::CallerOptions), or than the
    /// cells allow, or longer ones than are aligned.
    pub haplotypes: u64,
    /// Assembled from a part of the reads or paths.
    pub assembly: u64,
    /// Where no assembly was possible, for repeats or unknown bases: what the pileup shows stands for it.
    /// This is no limit.
    pub unassembled: u64,
    /// Phase sets that ended because too many were open.
    pub phase_sets: u64,
}

impl Capped {
    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Self) {
        for (sum, count) in [
            (&mut self.regions, other.regions),
            (&mut self.reads, other.reads),
            (&mut self.candidates, other.candidates),
            (&mut self.haplotypes, other.haplotypes),
            (&mut self.assembly, other.assembly),
            (&mut self.unassembled, other.unassembled),
            (&mut self.phase_sets, other.phase_sets),
        ] {
            *sum += count;
        }
    }

    /// That of one region, whose fields are 0 or 1.
    pub(crate) fn of_region(self) -> Self {
        Self {
            regions: self.reads | self.candidates | self.haplotypes | self.assembly,
            ..self
        }
    }
}
