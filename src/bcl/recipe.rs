//! How the reads of a library are made of a cluster's calls.

use std::ops::Range;

use fafnir_io::bcl::adapters::{AdapterTrimmer, TrimOptions};
use fafnir_io::bcl::override_cycles::{CyclePlan, ReadPlan};
use fafnir_io::bcl::sample_sheet::{SampleSettings, Settings};

/// Where the calls of cycles are in a row: those that were asked for, ascending.
pub(super) struct Columns<'a>(pub(super) &'a [usize]);

/// Columns of some of a read's cycles.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) columns: Vec<Range<usize>>,
    /// Whether its reverse complement is written: BCL Convert does so of index reads that the
    /// run reads as such (Illumina Knowledge 7945).
    pub(super) turned: bool,
}

/// A read that is written.
#[derive(Clone, Debug)]
pub(super) struct OutputRead {
    /// Place of its file among the lane's.
    pub(super) file: usize,
    /// The number in names of reads.
    pub(super) number: u8,
    /// Place among the sequencing reads, 0 for R1; none of index reads.
    pub(super) sequencing: Option<usize>,
    pub(super) piece: Piece,
    pub(super) trimmer: Option<AdapterTrimmer>,
}

/// What is written of each cluster of a library.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    /// Of the sample; 0 for what no sample claims.
    pub(super) sample_number: usize,
    pub(super) reads: Vec<OutputRead>,
    pub(super) umis: Vec<Piece>,
    pub(super) indexes: Vec<Piece>,
}

impl Columns<'_> {
    /// The columns of ranges of cycles, all of which were asked for.
    pub(super) fn of(&self, cycles: &[Range<usize>]) -> Vec<Range<usize>> {
        let place = |cycle: usize| self.0.partition_point(|&asked| asked < cycle);
        let columns = cycles.iter().map(|range| {
            let start = place(range.start);
            start..start + range.len()
        });
        columns.collect()
    }

    pub(super) fn piece(&self, cycles: &[Range<usize>], turned: bool) -> Piece {
        Piece {
            columns: self.of(cycles),
            turned,
        }
    }
}

impl Piece {
    /// Appends what a row has in these columns, in the order of the cycles.
    pub(super) fn push(&self, row: &[u8], out: &mut Vec<u8>) {
        for columns in &self.columns {
            out.extend_from_slice(&row[columns.clone()]);
        }
    }
}

/// Cycles of a read that go into its FASTQ file.
pub(super) fn written<'a>(read: &'a ReadPlan, settings: &Settings) -> &'a [Range<usize>] {
    if settings.trim_umi {
        &read.kept
    } else {
        &read.kept_and_umi
    }
}

/// Reads of a plan that get files.
pub(super) fn files_of<'a>(
    plan: &'a CyclePlan,
    settings: &Settings,
) -> impl Iterator<Item = &'a ReadPlan> {
    let index_reads = settings.create_fastq_for_index_reads;
    let indexes = plan
        .index_reads()
        .filter(move |read| index_reads && !read.kept.is_empty());
    plan.output_reads().chain(indexes)
}

impl Recipe {
    /// The recipe of a library, or of reads that none claims. `file` gives the place of a read's
    /// file.
    pub(super) fn new(
        sample_number: usize,
        plan: &CyclePlan,
        own: &SampleSettings,
        settings: &Settings,
        columns: &Columns<'_>,
        mut file: impl FnMut(&ReadPlan) -> usize,
    ) -> Self {
        let shortest = plan.output_reads().map(|read| read.span.len()).min();
        let mut options = TrimOptions::for_shortest_read(shortest.unwrap_or(0));
        options.behavior = own.adapter_behavior;
        options.stringency = own.adapter_stringency;
        options.minimum_overlap = settings.minimum_adapter_overlap;
        if let Some(length) = settings.minimum_trimmed_read_length {
            options.minimum_length = length;
            options.mask_below = length.min(22);
        }
        if let Some(length) = settings.mask_short_reads {
            options.mask_below = length;
        }
        let reads = files_of(plan, settings).map(|read| {
            let adapters = own.adapters.get(read.number - 1).filter(|_| !read.is_index);
            let trimmer = adapters.map(|all| AdapterTrimmer::new(all, options.clone()));
            // Version 1's ReverseComplement is for sequencing reads.
            let turned = if read.is_index {
                read.is_reverse_complement
            } else {
                settings.reverse_complement
            };
            OutputRead {
                file: file(read),
                number: u8::try_from(read.number).unwrap_or(u8::MAX),
                sequencing: (!read.is_index).then(|| read.number - 1),
                piece: columns.piece(written(read, settings), turned),
                trimmer: trimmer.filter(|trimmer| !trimmer.is_empty()),
            }
        });
        let umis = plan
            .umi_reads()
            .map(|read| columns.piece(&read.umi, read.is_index && read.is_reverse_complement));
        let indexes = plan
            .index_reads()
            .filter(|read| !read.kept.is_empty())
            .map(|read| columns.piece(&read.kept, read.is_reverse_complement));
        Self {
            sample_number,
            reads: reads.collect(),
            umis: umis.collect(),
            indexes: indexes.collect(),
        }
    }
}
