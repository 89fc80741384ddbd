//! The figures, for a person or for a program.

use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;

use crate::machine::Machine;

/// All figures of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    version: &'static str,
    machine: Machine,
    /// CPU seconds spent on each row.
    seconds: f64,
    pub(crate) rows: Vec<Row>,
}

/// One thing that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    name: String,
    /// What it was measured on: an instruction set, a format, a level; may be empty.
    pub(crate) on: String,
    /// CPU seconds of the fastest run.
    cpu_seconds: f64,
    pub(crate) figures: Vec<Figure>,
}

/// A number that means something.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
}

impl Row {
    /// A row of no figures yet.
    pub(crate) fn new(on: impl Into<String>, cpu_seconds: f64) -> Self {
        Self {
            name: String::new(),
            on: on.into(),
            cpu_seconds,
            figures: Vec::new(),
        }
    }

    /// Adds how many `unit`s were done a second, if each run does `amount`.
    pub(crate) fn rate(self, amount: f64, unit: &'static str) -> Self {
        let value = amount / self.cpu_seconds;
        self.figure(value, unit)
    }

    /// Adds a figure.
    pub(crate) fn figure(mut self, value: f64, unit: &'static str) -> Self {
        self.figures.push(Figure { value, unit });
        self
    }
}

impl Report {
    pub(crate) fn new(machine: Machine, seconds: f64) -> Self {
        Self {
            version: fafnir::VERSION,
            machine,
            seconds,
            rows: Vec::new(),
        }
    }

    /// Appends the rows of `name`.
    pub(crate) fn extend(&mut self, name: &str, rows: impl IntoIterator<Item = Row>) {
        self.rows.extend(rows.into_iter().map(|row| Row {
            name: name.to_owned(),
            ..row
        }));
    }

    pub(crate) fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    pub(crate) fn to_table(&self) -> String {
        let machine = &self.machine;
        let mut out = format!(
            "fafnir-bench {}: one thread of {} cores, {} {} ({})",
            self.version,
            machine.cores,
            machine.architecture,
            machine.processor,
            machine.instruction_sets.join(", ")
        );
        // Writing to a String cannot fail.
        if let Some(load) = machine.load {
            let _ = write!(out, ", load {load:.1}");
        }
        out.push_str("\n\n");
        for row in &self.rows {
            let _ = write!(out, "{:13}{:9}", row.name, row.on);
            let mut figures = row.figures.iter().peekable();
            while let Some(Figure { value, unit }) = figures.next() {
                let width = if figures.peek().is_some() { 15 } else { 0 };
                let _ = write!(out, "{:>10} {unit:width$}", rounded(*value));
            }
            out.push('\n');
        }
        out
    }
}

/// Three digits or, of large numbers, all before the point.
fn rounded(value: f64) -> String {
    let decimals = match value {
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}
