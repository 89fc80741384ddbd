//! The headers of a run.

use std::fmt::Write;

use fafnir_io::{
    Reference,
    bam::header::{Header, HeaderContig, Program, SortOrder},
    trim::{Tool, TrimmerOptions},
    vcf::VcfHeader,
};
use fafnir_variant_caller::{Caller, Recalibration};

use crate::{input::Reads, options::Options};

/// The header. `@PG` has what the records are a function of and nothing else, so that it is the
/// same from every subcommand, machine and shard.
pub(super) fn header(
    reference: &Reference,
    reads: &Reads,
    options: &Options,
    order: SortOrder,
) -> Header {
    let sorted = order == SortOrder::Coordinate;
    Header {
        read_groups: reads.read_groups.clone(),
        programs: vec![Program {
            id: "fafnir".into(),
            name: "fafnir".into(),
            version: crate::VERSION.into(),
            command_line: command_line(options, sorted),
            previous: None,
        }],
        ..Header::new(reference, order)
    }
}

/// The parameters that the records are a function of, in the form of a command line.
pub(super) fn command_line(options: &Options, sorted: bool) -> String {
    let aligner = &options.aligner;
    let scoring = &aligner.scoring;
    let mut line = format!(
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
    );
    let records = &aligner.records;
    line += &format!(
        " supplementary={} secondary={} soft-clip={} xa-hits={}",
        records.supplementary, records.secondary, records.soft_clip, records.xa_hits
    );
    if let Some(delta) = records.secondary_delta {
        line += &format!(" secondary-delta={delta}");
    }
    if let Some(orientation) = options.pairs.orientation {
        line += &format!(" orientation={}", orientation.name());
    }
    if let Some(sizes) = options.pairs.insert_sizes {
        line += &format!(
            " insert-size={},{},{},{}",
            sizes.mean, sizes.standard_deviation, sizes.high, sizes.low
        );
    }
    if sorted && options.remove_duplicates {
        line.push_str(" remove-duplicates=true");
    }
    if !options.trimmer.is_empty() {
        line.push_str(&trimming(&options.trimmer));
    }
    line
}

/// What is trimmed, in the words of the command line.
fn trimming(options: &TrimmerOptions) -> String {
    let TrimmerOptions {
        hard,
        soft,
        five_prime,
        three_prime,
        minimum_quality,
        adapters,
        minimum_overlap,
        minimum_length,
        filter_short,
    } = options;
    let names = |tools: &[Tool], more: Option<&'static str>| {
        let name = |tool: &Tool| match tool {
            Tool::FixedLength => "fixed-len",
            Tool::PolyG => "polyg",
            Tool::Quality => "quality",
            Tool::Adapter => "adapter",
        };
        let all = Tool::ALL.iter().filter(|tool| tools.contains(tool));
        let names: Vec<&str> = all.map(name).chain(more).collect();
        names.join(",")
    };
    let used = |tool| hard.contains(&tool) || soft.contains(&tool);
    let mut line = format!(
        " read-trimmers={} soft-read-trimmers={} trim-min-length={minimum_length}",
        names(hard, filter_short.then_some("min-len")),
        names(soft, None),
    );
    // Writing to a String cannot fail.
    if used(Tool::FixedLength) {
        for (end, read) in ["r1", "r2"].into_iter().enumerate() {
            let (five, three) = (five_prime[end], three_prime[end]);
            let _ = write!(
                line,
                " trim-{read}-5prime={five} trim-{read}-3prime={three}"
            );
        }
    }
    if used(Tool::Quality) {
        let _ = write!(line, " trim-min-quality={minimum_quality}");
    }
    if used(Tool::Adapter) {
        let _ = write!(line, " trim-adapter-stringency={minimum_overlap}");
        for (end, sequences) in ["read1", "read2"].into_iter().zip(adapters) {
            let sequences: Vec<_> = sequences
                .iter()
                .map(|s| String::from_utf8_lossy(s))
                .collect();
            let _ = write!(line, " trim-adapter-{end}={}", sequences.join(","));
        }
    }
    line
}

/// The header of the gVCF file that goes with a VCF file.
pub(super) fn gvcf_header(
    reference: &Reference,
    caller: &Caller,
    recalibration: Option<&Recalibration>,
) -> VcfHeader {
    let mut header = vcf_header(reference, caller, recalibration);
    let other = "<ID=NON_REF,Description=\"Any allele that is not named\">";
    header.other.push(("ALT".into(), other.into()));
    header
        .other
        .extend(caller.options().gvcf_bands.header_lines());
    let lines = caller.gvcf_header();
    header.infos.extend_from_slice(lines.info);
    header.formats.extend_from_slice(lines.format);
    header
}

pub(super) fn vcf_header(
    reference: &Reference,
    caller: &Caller,
    recalibration: Option<&Recalibration>,
) -> VcfHeader {
    let mut lines = caller.header();
    lines
        .filters
        .extend(recalibration.map(Recalibration::filter_line));
    VcfHeader {
        other: vec![("source".into(), format!("fafnir {}", crate::VERSION))],
        filters: lines.filters,
        infos: lines.info.to_vec(),
        formats: lines.format.to_vec(),
        contigs: reference.contigs().iter().map(HeaderContig::from).collect(),
        samples: vec![caller.options().sample.clone()],
    }
}
