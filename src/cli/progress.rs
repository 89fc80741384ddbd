//! Progress on standard error: bars on a terminal, plain lines in a log.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, stderr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use fafnir::{Progress, Stage};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::tell;

/// Time between two lines of a stage in a log.
const INTERVAL: Duration = Duration::from_secs(30);

/// Shows the stages of a pipeline.
pub(super) struct Bars {
    mode: Mode,
    stages: Mutex<BTreeMap<Stage, Running>>,
}

enum Mode {
    Quiet,
    Terminal(MultiProgress),
    Lines,
}

struct Running {
    bar: ProgressBar,
    begun: Instant,
    told: Instant,
}

impl Bars {
    /// Progress for a person at a terminal or for a log, or none.
    pub(super) fn new(quiet: bool) -> Self {
        let mode = if quiet {
            Mode::Quiet
        } else if stderr().is_terminal() {
            Mode::Terminal(MultiProgress::new())
        } else {
            Mode::Lines
        };
        Self {
            mode,
            stages: Mutex::default(),
        }
    }

    /// Takes the bars off the terminal.
    pub(super) fn finish(&self) {
        if let Mode::Terminal(bars) = &self.mode {
            // A terminal that went away is no reason to fail.
            let _ = bars.clear();
        }
    }

    fn stages(&self) -> MutexGuard<'_, BTreeMap<Stage, Running>> {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self, stage: Stage, running: &Running, end: bool) {
        if !matches!(self.mode, Mode::Lines) {
            return;
        }
        let (done, seconds) = (running.bar.position(), running.begun.elapsed().as_secs());
        let state = if end { "done, " } else { "" };
        let of = match running.bar.length() {
            Some(total) if total > 0 && !end => format!(" of {total}"),
            _ => String::new(),
        };
        tell(format_args!(
            "{}: {state}{done}{of} {} in {seconds} s",
            stage.name(),
            unit(stage)
        ));
    }
}

impl Progress for Bars {
    fn begin(&self, stage: Stage, total: Option<u64>) {
        let bar = match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::no_length(),
        };
        let template = match total {
            Some(_) => "{prefix:>14} {bar:40} {human_pos} of {human_len} {msg}, {eta} left",
            None => "{prefix:>14} {spinner} {human_pos} {msg}, {per_sec} in {elapsed}",
        };
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = match &self.mode {
            Mode::Terminal(bars) => bars.add(bar),
            Mode::Quiet | Mode::Lines => {
                bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
                bar
            }
        };
        bar.set_style(style);
        bar.set_prefix(stage.name());
        bar.set_message(unit(stage));
        let now = Instant::now();
        let running = Running {
            bar,
            begun: now,
            told: now,
        };
        self.stages().insert(stage, running);
    }

    fn advance(&self, stage: Stage, amount: u64) {
        let mut stages = self.stages();
        if let Some(running) = stages.get_mut(&stage) {
            running.bar.inc(amount);
            if running.told.elapsed() >= INTERVAL {
                running.told = Instant::now();
                self.line(stage, running, false);
            }
        }
    }

    fn end(&self, stage: Stage) {
        if let Some(running) = self.stages().remove(&stage) {
            self.line(stage, &running, true);
            running.bar.finish_and_clear();
        }
    }

    fn warn(&self, message: &str) {
        if let Mode::Terminal(bars) = &self.mode {
            let _ = bars.println(format!("warning: {message}"));
        } else {
            tell(format_args!("warning: {message}"));
        }
    }

    fn note(&self, message: &str) {
        match &self.mode {
            Mode::Quiet => {}
            Mode::Terminal(bars) => {
                let _ = bars.println(message);
            }
            Mode::Lines => tell(format_args!("{message}")),
        }
    }
}

fn unit(stage: Stage) -> &'static str {
    match stage {
        Stage::Simulate => "templates",
        Stage::Convert => "clusters",
        Stage::Map => "reads",
        _ => "bases",
    }
}
