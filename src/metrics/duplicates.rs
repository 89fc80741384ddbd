//! `PREFIX.duplicate_metrics.txt`: duplicates by library, in Picard's form.

use std::fmt::Write;

use fafnir_collate::DuplicateMetrics;

const COLUMNS: &str = "LIBRARY\tUNPAIRED_READS_EXAMINED\tREAD_PAIRS_EXAMINED\t\
    SECONDARY_OR_SUPPLEMENTARY_RDS\tUNMAPPED_READS\tUNPAIRED_READ_DUPLICATES\t\
    READ_PAIR_DUPLICATES\tREAD_PAIR_OPTICAL_DUPLICATES\tPERCENT_DUPLICATION\t\
    ESTIMATED_LIBRARY_SIZE";

/// The file; `libraries` are the names, by number. Optical duplicates are not told apart.
pub(crate) fn to_text(metrics: &DuplicateMetrics, libraries: &[&str]) -> String {
    let mut out = format!(
        "## htsjdk.samtools.metrics.StringHeader\n# fafnir {}\n\
         ## METRICS CLASS\tpicard.sam.DuplicationMetrics\n{COLUMNS}\n",
        crate::VERSION
    );
    for (name, counts) in libraries.iter().zip(&metrics.libraries) {
        let name = match *name {
            "" => "Unknown Library",
            name => name,
        };
        let size = counts.estimated_library_size();
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{name}\t{}\t{}\t{}\t{}\t{}\t{}\t0\t{:.6}\t{}",
            counts.unpaired_reads_examined,
            counts.read_pairs_examined,
            counts.secondary_or_supplementary_reads,
            counts.unmapped_reads,
            counts.unpaired_read_duplicates,
            counts.read_pair_duplicates,
            counts.percent_duplication().unwrap_or(0.0),
            size.map(|s| s.to_string()).unwrap_or_default(),
        );
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use fafnir_collate::LibraryMetrics;

    use super::*;

    #[test]
    fn picards_form() {
        let counts = LibraryMetrics {
            unpaired_reads_examined: 4,
            read_pairs_examined: 98,
            secondary_or_supplementary_reads: 3,
            unmapped_reads: 2,
            unpaired_read_duplicates: 2,
            read_pair_duplicates: 9,
        };
        let metrics = DuplicateMetrics {
            libraries: vec![counts, LibraryMetrics::default()],
        };
        let text = to_text(&metrics, &["lib", ""]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[2], "## METRICS CLASS\tpicard.sam.DuplicationMetrics");
        assert_eq!(lines[3].split('\t').count(), 10);
        assert!(lines[4].starts_with("lib\t4\t98\t3\t2\t2\t9\t0\t0.100000\t"));
        assert_eq!(lines[5], "Unknown Library\t0\t0\t0\t0\t0\t0\t0\t0.000000\t");
        assert_eq!(lines[6], "");
    }
}
