//! Metrics in DRAGEN's files and words, so that what reads those reads ours.
//!
//! Counts are whole numbers added up over records in any order; only ratios are computed from them
//! at the end. So the files are results: the same bytes at any thread count.

mod calls;
mod duplicates;
mod fragment;
mod mapping;
mod ploidy;
mod time;
mod trimming;

pub use calls::CallMetrics;
pub(crate) use duplicates::to_text as duplicates_to_text;
pub use fragment::FragmentLengths;
pub use mapping::{MappingMetrics, ReadCounts};
pub(crate) use ploidy::to_csv as ploidy_to_csv;
pub use time::{StageTime, TimeMetrics};
pub(crate) use trimming::to_csv as trimming_to_csv;

use std::fmt::Write;

/// A line without a percentage.
fn line(out: &mut String, section: &str, group: &str, metric: &str, value: impl std::fmt::Display) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{section},{},{metric},{value}", plain(group));
}

/// A line with `count` as a percentage of `total`, two decimals.
fn share(out: &mut String, section: &str, group: &str, metric: &str, count: u64, total: u64) {
    let percent = match total {
        0 => "NA".to_owned(),
        total => format!("{:.2}", 100.0 * count as f64 / total as f64),
    };
    let _ = writeln!(out, "{section},{},{metric},{count},{percent}", plain(group));
}

/// `numerator / denominator` with two decimals, or NA.
fn ratio(numerator: u64, denominator: u64) -> String {
    match denominator {
        0 => "NA".to_owned(),
        denominator => format!("{:.2}", numerator as f64 / denominator as f64),
    }
}

/// A name of a read group or sample without commas: those who read these files know no quotes.
fn plain(name: &str) -> String {
    name.replace(',', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_make_no_columns() {
        let mut out = String::new();
        line(&mut out, "A", "x,y", "m", 1);
        share(&mut out, "A", "x,y", "m", 1, 2);
        assert_eq!(out, "A,x_y,m,1\nA,x_y,m,1,50.00\n");
    }
}
