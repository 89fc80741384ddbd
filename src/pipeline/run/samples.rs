//! Every sample of a run folder, without FASTQ between.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use fafnir_attest::InputProof;
use serde_json::Value;

use super::Run;
use crate::{
    bcl::{Converted, RunReads, RunRecords, Told, reports::Statistics},
    error::Error,
    input::Reads,
    options::Output,
    pipeline::{Pipeline, demultiplexed, insert_size, map::Gathering, memory::Share, parameters},
    progress::{Progress, Stage},
    report::{Report, RunFolderReport},
};

impl Pipeline {
    /// [`Self::run`] for each sample of a run folder: the same bytes as if it had been converted to
    /// FASTQ, into a folder for each sample, `DIRECTORY/Sample_ID/Sample_ID.*`. The prefix of
    /// `output` is not used. Reports and logs of demultiplexing, and the digests of the run folder's
    /// files, go to `DIRECTORY` itself.
    ///
    /// Where memory does not suffice for all samples at once, the run folder is read several times.
    ///
    /// # Errors
    ///
    /// As [`Self::run`]. A sample that fails does not keep others from being finished: the error
    /// tells which are complete.
    pub fn run_samples(
        &self,
        run: &RunReads,
        output: &Output,
        progress: &dyn Progress,
    ) -> Result<RunFolderReport, Error> {
        self.samples("run", run, output, progress)
    }

    /// [`Self::align`] for each sample of a run folder, as [`Self::run_samples`].
    ///
    /// # Errors
    ///
    /// As [`Self::run_samples`].
    pub fn align_samples(
        &self,
        run: &RunReads,
        output: &Output,
        progress: &dyn Progress,
    ) -> Result<RunFolderReport, Error> {
        self.samples("align", run, output, progress)
    }

    fn samples(
        &self,
        command: &'static str,
        run: &RunReads,
        output: &Output,
        progress: &dyn Progress,
    ) -> Result<RunFolderReport, Error> {
        self.warn(progress);
        let share = self.share(run, progress)?;
        let outputs: Vec<Output> = run.samples().iter().map(|s| of_sample(output, s)).collect();
        let files = run.files();
        let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        let mut runs = Vec::new();
        for (reads, output) in run.samples().iter().zip(&outputs) {
            let name = reads.sample();
            runs.push(Run::open(self, command, name, output, &files, progress)?);
        }
        let open = || RunRecords::open(run, &output.directory, output.force);
        let mut records = Some(self.pool.install(open)?);
        let work = Work {
            pipeline: self,
            run,
            share,
            proofs: records.iter().flat_map(RunRecords::proofs).collect(),
            progress,
        };
        let mut done = Done::default();
        let mut runs = runs.into_iter();
        let count = outputs.len();
        for start in (0..count).step_by(share.samples) {
            let pass = start..count.min(start + share.samples);
            let runs = runs.by_ref().take(pass.len()).collect();
            let mut told = match &records {
                Some(records) => records.told(progress),
                None => Told::already(progress),
            };
            let mapped = work.map(pass.clone(), &outputs, &mut told);
            let ((demultiplexed, statistics), gatherings, time) = match mapped {
                Ok(mapped) => mapped,
                Err(error) if start == 0 => return Err(error),
                Err(error) => {
                    // What lies behind would fail alike.
                    let lost = run.samples()[start..].iter();
                    done.lose(lost.map(Reads::sample), error);
                    break;
                }
            };
            if let Some(records) = records.take() {
                tell_of_empty(run, &statistics, &mut told);
                let internal = parameters::internal(self, &self.hal.ledger());
                let of_run = (demultiplexed, &statistics);
                let inputs = &output.inputs;
                done.report.demultiplexed =
                    records.publish(told, of_run, inputs, internal, &self.key)?;
            }
            work.finish(pass, runs, gatherings, time, &mut done);
        }
        done.report()
    }

    fn share(&self, run: &RunReads, progress: &dyn Progress) -> Result<Share, Error> {
        let samples = run.samples().len();
        let first = run.clusters().min(insert_size::PAIRS as u64) * run.template_memory();
        let asked = self.options.memory.is_some();
        let share = self.plan.share(samples, run.tile_memory(), first, asked)?;
        if share.samples < samples {
            progress.warn(&format!(
                "memory of {} MiB suffices for {} of {samples} samples at a time: the run folder \
                 is read {} times (--memory decides)",
                self.plan.budget >> 20,
                share.samples,
                samples.div_ceil(share.samples)
            ));
        }
        Ok(share)
    }
}

/// Names samples without reads in the log; whoever watches hears how many there are.
fn tell_of_empty(run: &RunReads, statistics: &Statistics, told: &mut Told<'_>) {
    let templates = run.samples().iter().zip(run.templates(statistics));
    let empty = templates.filter(|(_, templates)| *templates == 0);
    let empty: Vec<&str> = empty.map(|(reads, _)| reads.sample()).collect();
    for sample in &empty {
        told.log(&format!("sample {sample}: no reads; its results are empty"));
    }
    if !empty.is_empty() {
        told.progress.warn(&format!(
            "{} of {} samples without reads: their results are empty; Logs/Warnings.log names them",
            empty.len(),
            run.samples().len()
        ));
    }
}

/// Where the results of a sample go.
fn of_sample(output: &Output, reads: &Reads) -> Output {
    Output {
        directory: output.directory.join(reads.sample()),
        prefix: reads.sample().to_owned(),
        ..output.clone()
    }
}

/// What all passes have in common.
struct Work<'a> {
    pipeline: &'a Pipeline,
    run: &'a RunReads,
    share: Share,
    /// Of the run folder and the sheet.
    proofs: Vec<InputProof>,
    progress: &'a dyn Progress,
}

/// What was counted of all clusters, the samples' records, and how long it took.
type Mapped = ((Converted, Statistics), Vec<Gathering>, Duration);

impl Work<'_> {
    fn map(
        &self,
        pass: Range<usize>,
        outputs: &[Output],
        told: &mut Told<'_>,
    ) -> Result<Mapped, Error> {
        let clock = Instant::now();
        self.progress.begin(Stage::Map, None);
        let samples = self.run.samples()[pass.clone()].iter();
        let gatherings: Vec<Gathering> = samples
            .zip(&outputs[pass.clone()])
            .map(|(reads, output)| {
                let memory = self.share.records;
                Gathering::new(self.pipeline, reads, &output.directory, memory)
            })
            .collect();
        let counted = demultiplexed::to_gatherings(
            self.pipeline,
            self.run,
            pass,
            &self.share,
            &gatherings,
            told,
            self.progress,
        )?;
        self.progress.end(Stage::Map);
        Ok((counted, gatherings, clock.elapsed()))
    }

    /// Sorts, calls and publishes one sample after the other.
    fn finish(
        &self,
        pass: Range<usize>,
        runs: Vec<Run<'_>>,
        gatherings: Vec<Gathering>,
        time: Duration,
        done: &mut Done,
    ) {
        let samples = self.run.samples()[pass].iter().zip(runs).zip(gatherings);
        for ((reads, run), gathering) in samples {
            match self.finish_sample(reads, run, gathering, time) {
                Ok(report) => {
                    let sample = reads.sample().to_owned();
                    done.report.samples.push((sample, report));
                }
                Err(error) => done.lose([reads.sample()], error),
            }
        }
    }

    fn finish_sample(
        &self,
        reads: &Reads,
        mut run: Run<'_>,
        gathering: Gathering,
        time: Duration,
    ) -> Result<Report, Error> {
        run.open_bam(reads)?;
        if run.command == "run" {
            run.open_vcf()?;
        }
        run.times.push(Stage::Map, time);
        run.seal.prove(self.proofs.iter().cloned());
        let demultiplexing = Value::Object(self.run.parameters());
        run.parameters
            .insert("demultiplexing".to_owned(), demultiplexing);
        run.finish_mapped(reads, gathering.finish(self.pipeline)?)
    }
}

/// Which samples have results.
#[derive(Default)]
struct Done {
    report: RunFolderReport,
    /// Those that have none, and why.
    lost: Vec<(Vec<String>, Error)>,
}

impl Done {
    fn lose<'a>(&mut self, samples: impl IntoIterator<Item = &'a str>, error: Error) {
        let samples = samples.into_iter().map(str::to_owned).collect();
        self.lost.push((samples, error));
    }

    /// The report, or an error of the first one's class that tells how far it came.
    fn report(self) -> Result<RunFolderReport, Error> {
        let Some((_, first)) = self.lost.first() else {
            return Ok(self.report);
        };
        let class = first.class();
        let lost = self.lost.iter();
        let lost: Vec<String> = lost
            .map(|(samples, error)| format!("{}: {error}", samples.join(", ")))
            .collect();
        let complete: Vec<&str> = self
            .report
            .samples
            .iter()
            .map(|(s, _)| s.as_str())
            .collect();
        let complete = match complete.as_slice() {
            [] => "none".to_owned(),
            some => some.join(", "),
        };
        Err(Error::new(
            class,
            format!(
                "samples without results: {}; samples that are complete and signed: {complete}; \
                 run those without again, with --bcl-sample-id and --force",
                lost.join("; ")
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::error::Class;

    #[test]
    fn an_error_tells_who_is_complete() {
        let mut done = Done::default();
        done.report.samples.push(("a".into(), Report::default()));
        done.lose(["b"], Error::new(Class::Elsewhere, "disk full"));
        done.report.samples.push(("c".into(), Report::default()));
        done.lose(["d", "e"], Error::input("damaged"));
        let error = done.report().unwrap_err();
        assert_eq!(error.class(), Class::Elsewhere);
        let said = error.to_string();
        assert!(
            said.contains("without results: b: disk full; d, e: damaged;"),
            "{said}"
        );
        assert!(said.contains("complete and signed: a, c;"), "{said}");
        assert!(Done::default().report().is_ok());
    }
}
