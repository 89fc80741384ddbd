//! The BAM header of a run.

use fafnir_io::{
    Reference,
    bam::header::{Header, Program, SortOrder},
};

use crate::{input::Reads, options::Options};

/// The header. `@PG` has what the records are a function of and nothing else, so that it is the
/// same from every subcommand, machine and shard.
pub(super) fn header(
    reference: &Reference,
    reads: &Reads,
    options: &Options,
    order: SortOrder,
) -> Header {
    let aligner = &options.aligner;
    let scoring = &aligner.scoring;
    let sorted = order == SortOrder::Coordinate;
    Header {
        read_groups: reads.read_groups.clone(),
        programs: vec![Program {
            id: "fafnir".into(),
            name: "fafnir".into(),
            version: crate::VERSION.into(),
            command_line: format!(
                "fafnir align match={} mismatch={} gap-open={} gap-extend={} clip={} unpaired={} \
                 min-score={} band={} z-drop={} max-seed-places={} mark-duplicates={}",
                scoring.match_score,
                scoring.mismatch,
                scoring.gap_open,
                scoring.gap_extend,
                aligner.clip_penalty,
                aligner.unpaired_penalty,
                aligner.min_score,
                aligner.band,
                aligner.z_drop,
                aligner.max_seed_places,
                sorted && options.mark_duplicates,
            ),
            previous: None,
        }],
        ..Header::new(reference, order)
    }
}
