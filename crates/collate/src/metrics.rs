//! Picard's duplication metrics.

use fafnir_io::bam::{RecordView, flag};

/// Metrics of all libraries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DuplicateMetrics {
    /// One for each library number, from 0.
    pub libraries: Vec<LibraryMetrics>,
}

/// Counts of one library: the columns of Picard's `DuplicationMetrics` (optical duplicates are not
/// told apart).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LibraryMetrics {
    /// Mapped primary reads without a mapped mate.
    pub unpaired_reads_examined: u64,
    /// Pairs of two mapped primary reads.
    pub read_pairs_examined: u64,
    /// Secondary and supplementary records.
    pub secondary_or_supplementary_reads: u64,
    /// Unmapped records.
    pub unmapped_reads: u64,
    /// Duplicates among `unpaired_reads_examined`.
    pub unpaired_read_duplicates: u64,
    /// Duplicates among `read_pairs_examined`.
    pub read_pair_duplicates: u64,
}

impl LibraryMetrics {
    /// Share of the mapped primary reads that are duplicates, 0 to 1; `None` without any read.
    pub fn percent_duplication(&self) -> Option<f64> {
        let examined = self.unpaired_reads_examined + 2 * self.read_pairs_examined;
        let duplicates = self.unpaired_read_duplicates + 2 * self.read_pair_duplicates;
        (examined > 0).then(|| duplicates as f64 / examined as f64)
    }

    /// Estimated number of distinct molecules X, from the pairs N and the distinct pairs C:
    /// C / X = 1 - exp(-N / X) (Lander and Waterman 1988). `None` where no pair is a duplicate or
    /// all but none are.
    pub fn estimated_library_size(&self) -> Option<u64> {
        let pairs = self.read_pairs_examined as f64;
        let distinct = self
            .read_pairs_examined
            .checked_sub(self.read_pair_duplicates)
            .filter(|d| *d > 0 && self.read_pair_duplicates > 0)? as f64;
        // Falls from positive to negative as the multiple of `distinct` passes the solution.
        let excess = |multiple: f64| {
            let size = multiple * distinct;
            distinct / size - 1.0 + libm::exp(-pairs / size)
        };
        let (mut low, mut high) = (1.0, 100.0);
        while excess(high) >= 0.0 {
            high *= 10.0;
        }
        // As many halvings as Picard makes: the figures are compared with Picard's.
        for _ in 0..40 {
            let middle = (low + high) / 2.0;
            let value = excess(middle);
            if value == 0.0 {
                break;
            }
            if value > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some((distinct * (low + high) / 2.0) as u64)
    }
}

/// What is counted while records pass.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) unpaired: u64,
    /// Reads, not pairs.
    pub(crate) paired: u64,
    pub(crate) secondary: u64,
    pub(crate) unmapped: u64,
}

impl Tally {
    pub(crate) fn count(&mut self, record: &RecordView<'_>) {
        let flags = record.flag();
        if flags & flag::UNMAPPED != 0 {
            self.unmapped += 1;
        } else if flags & (flag::SECONDARY | flag::SUPPLEMENTARY) != 0 {
            self.secondary += 1;
        } else if flags & (flag::PAIRED | flag::MATE_UNMAPPED) != flag::PAIRED {
            self.unpaired += 1;
        } else {
            self.paired += 1;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.unpaired += other.unpaired;
        self.paired += other.paired;
        self.secondary += other.secondary;
        self.unmapped += other.unmapped;
    }
}
