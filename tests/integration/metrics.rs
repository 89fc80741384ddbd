//! DRAGEN's metrics files, as MultiQC and people's scripts read them.

use std::fs;

use crate::support::tiled_results;

fn read(suffix: &str) -> String {
    fs::read_to_string(tiled_results().join(format!("s.{suffix}"))).unwrap()
}

#[test]
fn mapping_metrics_have_the_phrase_that_multiqc_seeks() {
    let csv = read("mapping_metrics.csv");
    let phrase = "Number of unique reads (excl. duplicate marked reads)";
    assert!(csv.lines().take(50).any(|line| line.contains(phrase)));
    assert!(
        csv.lines()
            .all(|line| (4..=5).contains(&line.split(',').count()))
    );
    let mapped = csv.lines().find(|l| l.contains(",,Mapped reads,")).unwrap();
    let percent: f64 = mapped.rsplit(',').next().unwrap().parse().unwrap();
    assert!(percent > 95.0, "{mapped}");
    assert!(csv.contains("MAPPING/ALIGNING PER RG,1,Total input reads,"));
}

#[test]
fn calls_are_counted_before_and_after_filters() {
    let csv = read("vc_metrics.csv");
    for section in ["PREFILTER", "POSTFILTER"] {
        assert!(
            csv.contains(&format!("VARIANT CALLER {section},s,Total,")),
            "{csv}"
        );
    }
}

#[test]
fn times_and_fragments_are_there() {
    assert!(read("time_metrics.csv").contains("RUN TIME,,Total runtime,00:"));
    let fragments = read("fragment_length_hist.csv");
    assert!(fragments.starts_with("#Sample: s\nFragmentLength,Count\n"));
    assert!(fragments.lines().count() > 100);
}
