//! The figures, for a person or for a program.
//!
//! `--json` prints one object. Names and meanings are kept while `schema` is 1; fields may be added.
//!
//! ```text
//! schema          1
//! version         of fafnir
//! machine         processor, architecture, cores, instruction_sets, load (or null),
//!                 huge_pages (the system's setting: always, madvise, never, or null)
//! seconds         spent on each row, about; three times that on each device
//! devices[]       on (their name in rows), platform, name, kind, driver, compute_units,
//!                 test_double (true: a CPU that poses as a device)
//! rows[]
//!   name          what was measured: a value of --only, or opencl
//!   on            backend, format, level or direction; may be empty
//!   clock         cpu: CPU seconds of one thread; wall: seconds that passed
//!   seconds       of the fastest run, or null without figures
//!   figures[]     value, unit: the first is the rate; empty where nothing could be measured
//!   break_even    null but for devices:
//!     batch_seconds, job_seconds       a batch of n jobs takes batch_seconds + n job_seconds
//!     one_core_jobs, all_cores_jobs    the least n as fast as the CPU, or null: never
//!     batches[]                        jobs, seconds: what these come from
//!   note          why there are no figures, or not all; else null
//! ```

use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;

use crate::{break_even::BreakEven, devices::Identity, machine::Machine, measure::Time};

/// Columns of the table that backends have; longer names get a line of their own.
const ON: usize = 17;

/// All figures of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    schema: u32,
    version: &'static str,
    machine: Machine,
    seconds: f64,
    pub(crate) devices: Vec<Identity>,
    pub(crate) rows: Vec<Row>,
}

/// One thing that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) on: String,
    clock: Time,
    seconds: Option<f64>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) break_even: Option<BreakEven>,
    pub(crate) note: Option<String>,
}

/// A number that means something.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
}

impl Row {
    /// A row of no figures yet, with the CPU seconds of the fastest run.
    pub(crate) fn new(on: impl Into<String>, seconds: f64) -> Self {
        Self {
            seconds: Some(seconds),
            ..Self::without_figures(on)
        }
    }

    /// A row of what could not be measured.
    pub(crate) fn without_figures(on: impl Into<String>) -> Self {
        Self {
            name: String::new(),
            on: on.into(),
            clock: Time::Cpu,
            seconds: None,
            figures: Vec::new(),
            break_even: None,
            note: None,
        }
    }

    /// Says that its seconds are those that passed.
    pub(crate) fn wall(self) -> Self {
        Self {
            clock: Time::Wall,
            ..self
        }
    }

    /// Adds how many `unit`s were done a second, if each run does `amount`.
    pub(crate) fn rate(self, amount: f64, unit: &'static str) -> Self {
        match self.seconds {
            Some(seconds) => self.figure(amount / seconds, unit),
            None => self,
        }
    }

    /// Adds a figure.
    pub(crate) fn figure(mut self, value: f64, unit: &'static str) -> Self {
        self.figures.push(Figure { value, unit });
        self
    }

    /// Adds from when on a device pays.
    pub(crate) fn break_even(self, break_even: BreakEven) -> Self {
        Self {
            break_even: Some(break_even),
            ..self
        }
    }

    /// Adds why figures are missing.
    pub(crate) fn note(self, note: impl Into<String>) -> Self {
        Self {
            note: Some(note.into()),
            ..self
        }
    }
}

impl Report {
    pub(crate) fn new(machine: Machine, seconds: f64) -> Self {
        Self {
            schema: 1,
            version: fafnir::VERSION,
            machine,
            seconds,
            devices: Vec::new(),
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

    /// A line a row, and one below it for what a device is worth or for a note.
    pub(crate) fn to_table(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_table(&mut out);
        out
    }

    fn write_table(&self, out: &mut String) -> std::fmt::Result {
        let Machine {
            processor,
            architecture,
            cores,
            instruction_sets,
            load,
            ..
        } = &self.machine;
        writeln!(
            out,
            "fafnir-bench {}: {cores} cores, {architecture} {processor} ({}){}",
            self.version,
            instruction_sets.join(", "),
            load.map_or_else(String::new, |load| format!(", load {load:.1}")),
        )?;
        for device in &self.devices {
            writeln!(out, "{}: {} by {}", device.on, device.name, device.platform)?;
            if device.test_double {
                writeln!(
                    out,
                    "  (the CPU that poses as a device: a test double, not an accelerator)"
                )?;
            }
        }
        writeln!(
            out,
            "cpu: CPU seconds of one thread; wall: seconds that passed; fastest runs\n"
        )?;
        for row in &self.rows {
            write!(out, "{:13}{:ON$}", row.name, row.on)?;
            if row.on.len() >= ON {
                write!(out, "\n{:1$}", "", 13 + ON)?;
            }
            if row.figures.is_empty() {
                writeln!(out, "{}", row.note.as_deref().unwrap_or_default())?;
                continue;
            }
            write!(out, "{:5}", row.clock.name())?;
            let mut line = String::new();
            let widths = [(9, 12), (9, 8), (7, 0)];
            for (Figure { value, unit }, (digits, letters)) in row.figures.iter().zip(widths) {
                write!(line, "{:>digits$} {unit:letters$} ", rounded(*value))?;
            }
            writeln!(out, "{}", line.trim_end())?;
            if let Some(pays) = &row.break_even {
                writeln!(
                    out,
                    "{:13}pays {} (one core), {} (all cores); {} us a batch + {} us a job",
                    "",
                    from(pays.one_core_jobs),
                    from(pays.all_cores_jobs),
                    rounded(pays.cost.batch_seconds * 1e6),
                    rounded(pays.cost.job_seconds * 1e6),
                )?;
            }
            if let Some(note) = &row.note {
                writeln!(out, "{:13}{note}", "")?;
            }
        }
        Ok(())
    }
}

/// Since when a device pays.
fn from(jobs: Option<u64>) -> String {
    jobs.map_or_else(
        || "never".to_owned(),
        |jobs| format!("from {} jobs", grouped(&jobs.to_string())),
    )
}

/// Three digits or, of large numbers, all before the point.
fn rounded(value: f64) -> String {
    let decimals = match value {
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    grouped(&format!("{value:.decimals$}"))
}

/// Puts commas between thousands.
fn grouped(number: &str) -> String {
    let whole = number.find('.').unwrap_or(number.len());
    let mut out = String::new();
    for (place, digit) in number.char_indices() {
        if place > 0 && place < whole && (whole - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
