#![allow(clippy::unwrap_used)]

use clap::{CommandFactory, Parser, ValueEnum};
use fafnir_fpga_hal::{Hal, Isa, extend};

use super::*;
use crate::workload::{Sample, jobs};

/// Large enough for a kernel's batch of jobs.
const SMALL: (u64, f64) = (60_000, 8.0);

fn small() -> Workload {
    Workload::new(SMALL.0, SMALL.1)
}

#[test]
fn the_command_line_is_consistent() {
    Arguments::command().debug_assert();
    let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
    let only = parse("fafnir-bench --only map,call --only sha256")
        .unwrap()
        .only;
    assert_eq!(only, [Name::Map, Name::Call, Name::Sha256]);
    assert!(parse("fafnir-bench --only nothing").is_err());
    assert!(parse("fafnir-bench --seconds -1").is_err());
}

#[test]
fn everything_but_the_large_table_is_measured_once() {
    let names: Vec<Name> = Name::value_variants()
        .iter()
        .copied()
        .filter(|name| *name != Name::Memory)
        .collect();
    let report = measure(&names, Clock::new(0.0), small(), |_| ()).unwrap();
    for row in &report.rows {
        assert!(!row.figures.is_empty());
        for figure in &row.figures {
            assert!(figure.value.is_finite() && figure.value > 0.0, "{row:?}");
        }
    }
    let scalar = report.rows.iter().filter(|row| row.on == "scalar").count();
    assert_eq!(scalar, 3);
    let table = report.to_table();
    assert_eq!(table.lines().count(), 2 + report.rows.len());
    let json: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    assert_eq!(json["rows"].as_array().unwrap().len(), report.rows.len());
}

#[test]
fn most_extensions_reach_the_reads_end_where_the_simulator_put_them() {
    let sample = Sample::new(SMALL.0, SMALL.1).unwrap();
    let jobs = jobs::extensions(&sample, true).unwrap();
    let mut results = extend::Results::default();
    Hal::with_isa(Isa::Scalar)
        .unwrap()
        .extend(&jobs.batch, &mut results);
    let count = jobs.batch.len();
    // Reversed jobs are anchored at the other end, where the target goes on.
    let good = (0..count)
        .filter(|i| results.chosen(*i).score >= 20)
        .count();
    assert!(count > 500 && good * 10 > count * 4, "{good} of {count}");
}
