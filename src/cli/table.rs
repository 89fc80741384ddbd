//! What a person reads at the end.

use std::fmt::Write;

use fafnir::{JointReport, Report, RunFolderReport, Stage, metrics::TimeMetrics};

use super::say;

/// Name and value of each row.
pub(super) type Rows = Vec<(String, String)>;

/// Prints rows with their values aligned.
pub(super) fn print(rows: &Rows) {
    say(text(rows).trim_end());
}

fn text(rows: &Rows) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for (name, value) in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{name:width$}  {value}");
    }
    out
}

/// The rows of a finished run.
pub(super) fn run(report: &Report) -> Rows {
    let mut rows = Rows::new();
    let mut row = |name: &str, value: String| rows.push((name.to_owned(), value));
    let all = &report.mapping.all;
    row("reads", grouped(all.reads));
    row("mapped", share(all.mapped, all.reads));
    row("duplicates", share(all.duplicates, all.reads));
    if report.calls.all.total > 0 {
        let passing = &report.calls.passing;
        row(
            "calls that pass",
            format!(
                "{} SNVs, {} indels",
                grouped(passing.snps),
                grouped(passing.indels())
            ),
        );
    }
    for time in &report.times.stages {
        row(
            time.stage.name(),
            speed(&report.times, time.stage, all.reads),
        );
    }
    row(
        "in all",
        format!("{:.1} s", report.times.total.as_secs_f64()),
    );
    row("signed by", signer(report));
    for file in &report.files {
        row("", file.display().to_string());
    }
    rows
}

/// The rows of genotypes of many samples.
pub(super) fn joint(report: &JointReport) -> Rows {
    let mut rows = Rows::new();
    let mut row = |name: &str, value: String| rows.push((name.to_owned(), value));
    let counts = &report.counts;
    row("samples", grouped(report.samples as u64));
    row("sites", grouped(counts.sites));
    row("that pass", grouped(counts.passing));
    if report.trios > 0 {
        row("trios", grouped(report.trios as u64));
        row("de novo", grouped(counts.denovo));
    }
    row(
        "in all",
        format!("{:.1} s", report.times.total.as_secs_f64()),
    );
    row("signed by", key(&report.key_id, report.development_key));
    for file in &report.files {
        row("", file.display().to_string());
    }
    rows
}

/// The rows of the samples of a run folder.
pub(super) fn run_folder(report: &RunFolderReport) -> Rows {
    let mut rows = Rows::new();
    let of_run = &report.demultiplexed;
    rows.push(("clusters".to_owned(), grouped(of_run.clusters)));
    let undetermined = share(of_run.undetermined, of_run.clusters);
    rows.push(("of no sample".to_owned(), undetermined));
    for (sample, report) in &report.samples {
        let all = &report.mapping.all;
        let mut value = match all.reads {
            0 => "no reads".to_owned(),
            reads => format!(
                "{} reads, {} mapped, {} duplicates",
                grouped(reads),
                share(all.mapped, reads),
                share(all.duplicates, reads)
            ),
        };
        let passing = &report.calls.passing;
        if passing.total > 0 {
            let (snvs, indels) = (grouped(passing.snps), grouped(passing.indels()));
            value.push_str(&format!(", {snvs} SNVs, {indels} indels"));
        }
        rows.push((sample.clone(), value));
    }
    if let Some((_, report)) = report.samples.last() {
        let total = report.times.total.as_secs_f64();
        rows.push(("in all".to_owned(), format!("{total:.1} s")));
        rows.push(("signed by".to_owned(), signer(report)));
    }
    // Samples may be many: of each its statement, which lists the other files.
    let files = report.samples.iter().flat_map(|(_, report)| &report.files);
    let files = files.chain(&of_run.files);
    let statements = files.filter(|file| file.to_string_lossy().ends_with(".dsse.json"));
    rows.extend(statements.map(|file| (String::new(), file.display().to_string())));
    rows
}

/// The key that signed a run.
pub(super) fn signer(report: &Report) -> String {
    key(&report.key_id, report.development_key)
}

fn key(id: &str, development: bool) -> String {
    let kind = match development {
        true => "this machine's development key",
        false => "key",
    };
    format!("{kind} {}", &id[..id.len().min(16)])
}

/// Seconds, and reads a second.
pub(super) fn speed(times: &TimeMetrics, stage: Stage, reads: u64) -> String {
    let seconds = times.of(stage).as_secs_f64();
    let per_second = (reads as f64 / seconds.max(1e-3)) as u64;
    format!("{seconds:.1} s, {} reads/s", grouped(per_second))
}

/// A share in percent.
pub(super) fn share(count: u64, total: u64) -> String {
    format!("{:.2} %", 100.0 * count as f64 / total.max(1) as f64)
}

/// Digits in groups of three.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(12_345_678), "12,345,678");
    }

    #[test]
    fn values_are_aligned() {
        let rows = vec![("a".into(), "1".into()), ("long".into(), "2".into())];
        assert_eq!(text(&rows), "a     1\nlong  2\n");
    }
}
