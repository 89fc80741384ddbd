//! DRAGEN's metrics files, as MultiQC and people's scripts read them.

use std::fs;

use crate::support::{folder, tiled_results, tool};

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
    assert!(csv.contains("MAPPING/ALIGNING PER RG,1,Total reads in RG,"));
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

#[test]
fn multiqc_reads_them_as_they_are() {
    let Some(mut multiqc) = tool("multiqc") else {
        return;
    };
    let out = folder();
    multiqc
        .args(["--module", "dragen", "--no-ansi", "-o"])
        .arg(out.path())
        .arg(tiled_results());
    let output = multiqc.output().unwrap();
    let said = String::from_utf8([output.stderr, output.stdout].concat()).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("not matching"), "{said}");
    for (kind, count) in [
        ("mapping_metrics", 1),
        ("vc_metrics", 1),
        ("time_metrics", 1),
    ] {
        assert!(
            said.contains(&format!("Found {count} add_{kind} reports")),
            "{said}"
        );
    }
    let stats = out.path().join("multiqc_data/multiqc_general_stats.txt");
    let table = fs::read_to_string(stats).unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let column = rows[0]
        .iter()
        .position(|name| name.ends_with("Mapped_reads_pct"))
        .unwrap();
    assert_eq!(rows[1][0], "s");
    assert!(rows[1][column].parse::<f64>().unwrap() > 95.0);
}

#[test]
fn duplicates_are_counted_in_picards_form() {
    let text = read("duplicate_metrics.txt");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[2], "## METRICS CLASS\tpicard.sam.DuplicationMetrics");
    let of = |name: &str| {
        let column = lines[3].split('\t').position(|c| c == name).unwrap();
        lines[4].split('\t').nth(column).unwrap()
    };
    assert_eq!(of("LIBRARY"), "lib");
    let pairs: u64 = of("READ_PAIRS_EXAMINED").parse().unwrap();
    let mapped = read("mapping_metrics.csv");
    let mapped = mapped
        .lines()
        .find(|l| l.contains("SUMMARY,,Paired reads"))
        .unwrap();
    assert!(mapped.contains(&format!(",{},", 2 * pairs)), "{mapped}");

    let Some(mut multiqc) = tool("multiqc") else {
        return;
    };
    let out = folder();
    multiqc.args(["--module", "picard", "--no-ansi", "-o"]);
    multiqc.arg(out.path()).arg(tiled_results());
    let output = multiqc.output().unwrap();
    let said = String::from_utf8([output.stderr, output.stdout].concat()).unwrap();
    assert!(said.contains("Found 1 MarkDuplicates reports"), "{said}");
}
