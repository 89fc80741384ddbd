//! `PREFIX.trimmer_metrics.csv`: what trimming did.

use fafnir_io::trim::{Tool, TrimCounts, TrimmerOptions};

use super::{line, ratio, share};

const SECTION: &str = "TRIMMER STATISTICS";

/// The file, with the rows of the tools that worked. A read is "filtered" that became too short,
/// whatever cut it.
pub(crate) fn to_csv(counts: &TrimCounts, options: &TrimmerOptions) -> String {
    let mut out = String::new();
    let reads: u64 = counts.reads.iter().sum();
    let bases: u64 = counts.bases.iter().sum();
    let trimmed = counts.trimmed;
    line(&mut out, SECTION, "", "Total input reads", reads);
    line(&mut out, SECTION, "", "Total input bases", bases);
    line(
        &mut out,
        SECTION,
        "",
        "Total input bases R1",
        counts.bases[0],
    );
    line(
        &mut out,
        SECTION,
        "",
        "Total input bases R2",
        counts.bases[1],
    );
    let length = ratio(bases, reads);
    line(&mut out, SECTION, "", "Average input read length", length);
    share(
        &mut out,
        SECTION,
        "",
        "Total trimmed reads",
        trimmed.reads,
        reads,
    );
    share(
        &mut out,
        SECTION,
        "",
        "Total trimmed bases",
        trimmed.bases,
        bases,
    );
    let each = ratio(trimmed.bases, reads);
    line(
        &mut out,
        SECTION,
        "",
        "Average bases trimmed per read",
        each,
    );
    let each = ratio(trimmed.bases, trimmed.reads);
    line(
        &mut out,
        SECTION,
        "",
        "Average bases trimmed per trimmed read",
        each,
    );
    for (soft, tools) in [(false, &options.hard), (true, &options.soft)] {
        for tool in Tool::ALL.into_iter().filter(|tool| tools.contains(tool)) {
            write_tool(&mut out, counts, tool, soft);
        }
    }
    let filtered = counts.filtered.iter().sum();
    share(
        &mut out,
        SECTION,
        "",
        "Total filtered reads",
        filtered,
        reads,
    );
    for (end, name) in ["R1", "R2"].into_iter().enumerate() {
        let metric = format!("Reads filtered for minimum read length {name}");
        share(
            &mut out,
            SECTION,
            "",
            &metric,
            counts.filtered[end],
            counts.reads[end],
        );
    }
    out
}

fn write_tool(out: &mut String, counts: &TrimCounts, tool: Tool, soft: bool) {
    let name = match tool {
        Tool::FixedLength => "Fixed-length",
        Tool::PolyG => "Poly-G",
        Tool::Quality => "Quality",
        Tool::Adapter => "Adapter",
    };
    let name = if soft {
        format!("{name} soft")
    } else {
        name.to_owned()
    };
    let sides: &[usize] = match tool {
        Tool::FixedLength => &[0, 1],
        _ => &[1],
    };
    for what in ["reads", "bases"] {
        for filtered in [false, true] {
            for (end, read) in ["R1", "R2"].into_iter().enumerate() {
                for side in sides {
                    let cut = counts.of(tool, soft, end, *side, filtered);
                    let (count, total) = match what {
                        "reads" => (cut.reads, counts.reads[end]),
                        _ => (cut.bases, counts.bases[end]),
                    };
                    let fate = if filtered { "filtered" } else { "unfiltered" };
                    let at = ["5prime", "3prime"][*side];
                    let metric = format!("{name} trimmed {what} {fate} {read} {at}");
                    share(out, SECTION, "", &metric, count, total);
                }
            }
        }
    }
}
