//! How long the parts of a run took.

use std::{fmt::Write, time::Duration};

use crate::progress::Stage;

/// Time of one stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageTime {
    /// The stage.
    pub stage: Stage,
    /// How long it took.
    pub time: Duration,
}

/// Times of a run; a record, not a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeMetrics {
    /// Stages in the order of work.
    pub stages: Vec<StageTime>,
    /// The whole run, sealing included, and opening the pipeline, however many runs it makes.
    pub total: Duration,
}

impl TimeMetrics {
    pub(crate) fn push(&mut self, stage: Stage, time: Duration) {
        self.stages.push(StageTime { stage, time });
    }

    /// Time of `stage`; zero where the run had none.
    pub fn of(&self, stage: Stage) -> Duration {
        let times = self.stages.iter().filter(|t| t.stage == stage);
        times.map(|t| t.time).sum()
    }

    /// `PREFIX.time_metrics.csv`: `RUN TIME,,Time ...,hh:mm:ss.mmm,seconds`.
    pub fn to_csv(&self) -> String {
        let mut out = String::new();
        let names = self.stages.iter().map(|t| (name(t.stage), t.time));
        for (name, time) in names.chain([("Total runtime", self.total)]) {
            let (seconds, millis) = (time.as_secs(), time.subsec_millis());
            let _ = writeln!(
                out,
                "RUN TIME,,{name},{:02}:{:02}:{:02}.{millis:03},{:.2}",
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60,
                time.as_secs_f64()
            );
        }
        out
    }
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Simulate => "Time simulating",
        Stage::Index => "Time building index",
        Stage::Convert => "Time converting base calls",
        Stage::Map => "Time aligning reads",
        Stage::Call => "Time sorting and variant calling",
        Stage::Genotype => "Time joint genotyping",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dragens_form() {
        let times = TimeMetrics {
            stages: vec![StageTime {
                stage: Stage::Map,
                time: Duration::from_millis(3_723_456),
            }],
            total: Duration::from_secs(4000),
        };
        assert_eq!(
            times.to_csv(),
            "RUN TIME,,Time aligning reads,01:02:03.456,3723.46\n\
             RUN TIME,,Total runtime,01:06:40.000,4000.00\n"
        );
    }
}
