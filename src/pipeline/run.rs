//! What the subcommands do: each a part of the flow.

use std::{
    path::{Path, PathBuf},
    time::{Instant, SystemTime},
};

use fafnir_attest::{Verified, publish::StagedFile, statement::SubjectKind};
use fafnir_collate::{DuplicateMetrics, SortedTile};
use fafnir_io::{
    Reference,
    bam::{
        BamWriteError, BamWriter,
        header::{HeaderContig, SortOrder},
    },
    bed::Regions,
    vcf::{FieldLine, FilterLine, VcfHeader, VcfWriteError, VcfWriter},
};
use fafnir_variant_caller::{Caller, CallerOptions, HeaderLine, Model};
use serde_json::{Map, Value};

use super::{
    Pipeline,
    alignments::{self, Alignments},
    call::{CallPlan, CallStage},
    header::header,
    map, parameters,
    seal::{Names, Seal},
    stream::Stream,
    targets,
};
use crate::{
    error::{Class, Error},
    input::Reads,
    metrics::{TimeMetrics, duplicates_to_text},
    options::Output,
    paths,
    progress::{Progress, Stage},
    report::Report,
};

const BAM: &str = ".bam";
const MD5: &str = ".bam.md5sum";
const VCF: &str = ".hard-filtered.vcf.gz";
const TBI: &str = ".hard-filtered.vcf.gz.tbi";
const MODEL: &str = ".model.json";
const MAPPING_METRICS: &str = ".mapping_metrics.csv";
const FRAGMENTS: &str = ".fragment_length_hist.csv";
const CALL_METRICS: &str = ".vc_metrics.csv";
const TIMES: &str = ".time_metrics.csv";
const REPLAY: &str = "-replay.json";

const DUPLICATES: &str = ".duplicate_metrics.txt";
const ENVELOPE: &str = ".dsse.json";
/// What `call` has before the suffixes of its run records: its results may lie beside those of
/// `align`, each with a statement of its own.
const CALL: &str = ".call";
const CALL_ENVELOPE: &str = ".call.dsse.json";

/// Names of `align`, and of the indexes that other programs make of its BAM: readers prefer an old
/// one of those to ours.
const OF_ALIGN: [&str; 9] = [
    BAM,
    ".bam.bai",
    ".bam.csi",
    ".bai",
    ".csi",
    MD5,
    MAPPING_METRICS,
    FRAGMENTS,
    DUPLICATES,
];
/// The same of `call`.
const OF_CALL: [&str; 5] = [VCF, TBI, ".hard-filtered.vcf.gz.csi", MODEL, CALL_METRICS];
const RECORDS: [&str; 2] = [TIMES, REPLAY];
const CALL_RECORDS: [&str; 2] = [".call.time_metrics.csv", ".call-replay.json"];

/// A run under way.
struct Run<'a> {
    pipeline: &'a Pipeline,
    command: &'static str,
    sample: String,
    output: &'a Output,
    progress: &'a dyn Progress,
    seal: Seal,
    bam: Option<BamWriter<StagedFile>>,
    vcf: Option<VcfWriter<StagedFile>>,
    calling: Option<Calling>,
    times: TimeMetrics,
    begun: Instant,
    begun_at: SystemTime,
    /// What the results are a function of.
    parameters: Map<String, Value>,
}

/// What calling needs.
struct Calling {
    caller: Caller,
    header: VcfHeader,
    targets: Option<Regions>,
}

impl Pipeline {
    /// Maps, sorts, marks, calls, and publishes the signed results.
    ///
    /// # Errors
    ///
    /// Bad input, outputs that exist, a machine that fails. Nothing is published then.
    pub fn run(
        &self,
        reads: &Reads,
        output: &Output,
        progress: &dyn Progress,
    ) -> Result<Report, Error> {
        reads.validate()?;
        let files: Vec<&Path> = reads.files().collect();
        let mut run = Run::open(self, "run", reads.sample(), output, &files, progress)?;
        run.open_vcf()?;
        run.map_and_finish(reads)
    }

    /// Maps, sorts and marks, and publishes the signed BAM: that of [`Self::run`].
    ///
    /// # Errors
    ///
    /// As [`Self::run`].
    pub fn align(
        &self,
        reads: &Reads,
        output: &Output,
        progress: &dyn Progress,
    ) -> Result<Report, Error> {
        reads.validate()?;
        let files: Vec<&Path> = reads.files().collect();
        Run::open(self, "align", reads.sample(), output, &files, progress)?.map_and_finish(reads)
    }

    /// Maps, and writes the records in the order of the reads to `to`: a file, which appears when
    /// it is complete, a pipe, or `-` for standard output. Duplicates are not marked and nothing is
    /// signed.
    ///
    /// # Errors
    ///
    /// As [`Self::run`]; a folder that does not exist. What a pipe took until an error stays.
    pub fn align_unsorted(
        &self,
        reads: &Reads,
        to: &Path,
        force: bool,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        reads.validate()?;
        paths::refuse_input(to, reads.files().chain(self.files()))?;
        self.warn(progress);
        let out = Stream::create(to, force)?;
        let header = header(
            self.index.reference(),
            reads,
            &self.options,
            SortOrder::Query,
        );
        let mut bam = BamWriter::new(out, &header, self.options.compression_level)
            .map_err(|e| Error::from_source(Class::Elsewhere, e))?;
        progress.begin(Stage::Map, None);
        map::to_stream(self, reads, &mut bam, to, progress)?;
        let (out, _) = bam
            .finish()
            .map_err(|e| Error::from_source(Class::Elsewhere, e))?;
        out.close(to)?;
        progress.end(Stage::Map);
        Ok(())
    }

    /// Calls variants from a sorted BAM file: the VCF of [`Self::run`] to the byte.
    ///
    /// # Errors
    ///
    /// As [`Self::run`]; a BAM that is not sorted, or of another reference.
    pub fn call(
        &self,
        bam: &Path,
        output: &Output,
        progress: &dyn Progress,
    ) -> Result<Report, Error> {
        let mut alignments = Alignments::open(bam, self.index.reference())?;
        let sample = alignments::sample(&bam.display().to_string(), alignments.header())?;
        let mut run = Run::open(self, "call", &sample, output, &[bam], progress)?;
        run.open_vcf()?;
        let report = run.finish_tiles(&[], &mut alignments, Ok)?;
        run.seal.prove([alignments.finish()?]);
        run.write_calls(&report)?;
        run.publish(report)
    }

    /// Files that every run reads.
    fn files(&self) -> impl Iterator<Item = &Path> {
        let options = &self.options;
        let one = [
            Some(&self.path),
            options.model.as_ref(),
            options.key.as_ref(),
        ];
        let all = one.into_iter().flatten().chain(&options.targets);
        all.map(PathBuf::as_path)
    }

    fn warn(&self, progress: &dyn Progress) {
        if let Some(warning) = &self.plan.warning {
            progress.warn(warning);
        }
    }
}

impl<'a> Run<'a> {
    fn open(
        pipeline: &'a Pipeline,
        command: &'static str,
        sample: &str,
        output: &'a Output,
        files: &[&Path],
        progress: &'a dyn Progress,
    ) -> Result<Self, Error> {
        let (begun, begun_at) = (Instant::now(), SystemTime::now());
        let files: Vec<&Path> = files.iter().copied().chain(pipeline.files()).collect();
        let names = match command {
            "call" => names_of_call(output)?,
            _ => Names {
                records: "",
                envelope: ENVELOPE,
                suffixes: OF_ALIGN
                    .into_iter()
                    .chain(OF_CALL)
                    .chain(RECORDS)
                    .chain(CALL_RECORDS)
                    .chain([CALL_ENVELOPE])
                    .collect(),
            },
        };
        let seal = Seal::open(output, &names, &files)?;
        pipeline.warn(progress);
        Ok(Self {
            pipeline,
            command,
            sample: sample.to_owned(),
            output,
            progress,
            seal,
            bam: None,
            vcf: None,
            calling: None,
            times: TimeMetrics::default(),
            begun,
            begun_at,
            parameters: Map::new(),
        })
    }

    fn open_bam(&mut self, reads: &Reads) -> Result<(), Error> {
        let options = &self.pipeline.options;
        let reference = self.pipeline.index.reference();
        let header = header(reference, reads, options, SortOrder::Coordinate);
        self.parameters
            .extend(parameters::of_reads(self.pipeline, reads));
        let file = self.seal.create_with_md5(BAM)?;
        let bam = BamWriter::new(file, &header, options.compression_level)
            .map_err(|e| bam_failed(&self.seal, e))?;
        self.bam = Some(bam);
        Ok(())
    }

    fn open_vcf(&mut self) -> Result<(), Error> {
        let options = &self.pipeline.options;
        let reference = self.pipeline.index.reference();
        let model = match &options.model {
            Some(path) => {
                let file = Verified::read(path, None)?.with_role("model");
                let model = file.try_map(|bytes| {
                    Model::read(bytes.as_slice())
                        .map_err(|e| Error::input(format!("{}: {e}", path.display())))
                })?;
                self.seal.prove([model.proof().clone()]);
                model.into_inner()
            }
            None => Model::default(),
        };
        let caller = Caller::new(
            CallerOptions {
                sample: self.sample.clone(),
                ..options.caller.clone()
            },
            reference.clone(),
            model,
            self.pipeline.hal.clone(),
        );
        let (targets, proofs) = targets::open_all(&options.targets, reference)?;
        self.seal.prove(proofs);
        self.parameters.extend(parameters::of_calls(
            self.pipeline,
            caller.options(),
            targets.as_ref(),
        ));
        let file = self.seal.create(VCF)?;
        let header = vcf_header(reference, &caller);
        let vcf = VcfWriter::new(file, &header, options.compression_level)
            .map_err(|e| vcf_failed(&self.seal, e))?;
        self.vcf = Some(vcf);
        self.calling = Some(Calling {
            caller,
            header,
            targets,
        });
        Ok(())
    }

    fn map_and_finish(mut self, reads: &Reads) -> Result<Report, Error> {
        self.open_bam(reads)?;
        self.progress.begin(Stage::Map, None);
        let clock = Instant::now();
        let directory = &self.output.directory;
        let mapped = map::to_tiles(self.pipeline, reads, directory, self.progress)?;
        self.seal.prove(mapped.proofs);
        self.progress.end(Stage::Map);
        self.times.push(Stage::Map, clock.elapsed());

        let mut tiles = mapped.tiles;
        let duplicates = tiles.duplicates().clone();
        let metrics = tiles.metrics().clone();
        let groups: Vec<&str> = reads.read_groups.iter().map(|g| g.id.as_str()).collect();
        let taken = std::iter::from_fn(move || tiles.take().map(Ok));
        let mut report = self.finish_tiles(&groups, taken, |tile| Ok(tile.sort(&duplicates)?))?;
        self.write_alignments(&mut report, metrics, &map::library_names(reads))?;
        self.write_calls(&report)?;
        self.publish(report)
    }

    /// Writes and calls all tiles.
    fn finish_tiles<U: Send>(
        &mut self,
        read_groups: &[&str],
        tiles: impl Iterator<Item = Result<U, Error>> + Send,
        sort: impl Fn(U) -> Result<SortedTile, Error> + Send + Sync,
    ) -> Result<Report, Error> {
        let contigs = self.pipeline.index.reference().contigs();
        let bases = contigs.iter().map(|c| u64::from(c.length)).sum();
        self.progress.begin(Stage::Call, Some(bases));
        let clock = Instant::now();
        let stage = CallStage {
            pipeline: self.pipeline,
            write: self.bam.is_some(),
            calling: self.calling.as_ref().map(|c| CallPlan {
                caller: &c.caller,
                header: &c.header,
                targets: c.targets.as_ref(),
            }),
            read_groups,
            progress: self.progress,
        };
        let (bam, vcf, seal) = (&mut self.bam, &mut self.vcf, &self.seal);
        let (mapping, calls) = stage.run(tiles, sort, |finished| {
            let tile = &finished.tile;
            if let (Some(bam), Some(segment)) = (bam.as_mut(), &finished.records) {
                bam.write_tile(&tile.bytes, &tile.starts, segment)
                    .map_err(|e| bam_failed(seal, e))?;
            }
            if let (Some(vcf), Some(calls)) = (vcf.as_mut(), &finished.calls) {
                vcf.write_tile(calls).map_err(|e| vcf_failed(seal, e))?;
            }
            Ok(())
        })?;
        self.progress.end(Stage::Call);
        self.times.push(Stage::Call, clock.elapsed());
        Ok(Report {
            mapping,
            calls,
            ..Report::default()
        })
    }

    /// Ends the BAM file, and writes its index and what is known of the reads.
    fn write_alignments(
        &mut self,
        report: &mut Report,
        duplicates: DuplicateMetrics,
        libraries: &[&str],
    ) -> Result<(), Error> {
        let Some(bam) = self.bam.take() else {
            return Ok(());
        };
        let (file, index) = bam.finish().map_err(|e| bam_failed(&self.seal, e))?;
        let staged = self.seal.add(file)?;
        let md5 = staged.digest().md5_hex().unwrap_or_default();
        let line = format!("{md5}  {}\n", staged.name());
        self.seal.write(MD5, line.as_bytes(), SubjectKind::Result)?;
        if let Some(index) = index {
            let suffix = format!("{BAM}.{}", index.extension());
            let bytes = index
                .write(Vec::new())
                .map_err(|e| failed(&self.seal, &suffix, e))?;
            self.seal.write(&suffix, &bytes, SubjectKind::Result)?;
        }
        let contigs = self.pipeline.index.reference().contigs();
        let bases = contigs.iter().map(|c| u64::from(c.length)).sum();
        let metrics = report.mapping.to_csv(bases);
        self.seal
            .write(MAPPING_METRICS, metrics.as_bytes(), SubjectKind::Result)?;
        let fragments = report.mapping.fragments.to_csv(&self.sample);
        self.seal
            .write(FRAGMENTS, fragments.as_bytes(), SubjectKind::Result)?;
        let text = duplicates_to_text(&duplicates, libraries);
        self.seal
            .write(DUPLICATES, text.as_bytes(), SubjectKind::Result)?;
        report.duplicates = duplicates;
        Ok(())
    }

    /// Ends the VCF file, and writes its index, the model, and what is known of the calls.
    fn write_calls(&mut self, report: &Report) -> Result<(), Error> {
        let (Some(vcf), Some(calling)) = (self.vcf.take(), &self.calling) else {
            return Ok(());
        };
        let (file, index) = vcf.finish().map_err(|e| vcf_failed(&self.seal, e))?;
        self.seal.add(file)?;
        let suffix = format!("{VCF}.{}", index.extension());
        let bytes = index
            .write(Vec::new())
            .map_err(|e| failed(&self.seal, &suffix, e))?;
        self.seal.write(&suffix, &bytes, SubjectKind::Result)?;
        let mut model = Vec::new();
        calling
            .caller
            .model()
            .write(&mut model)
            .map_err(|e| Error::from_source(Class::Bug, e))?;
        self.seal.write(MODEL, &model, SubjectKind::Result)?;
        let metrics = report.calls.to_csv(&self.sample, report.mapping.all.mapped);
        self.seal
            .write(CALL_METRICS, metrics.as_bytes(), SubjectKind::Result)
    }

    /// Writes the run records, signs, and gives all files their names.
    fn publish(mut self, mut report: Report) -> Result<Report, Error> {
        self.times.total = self.pipeline.opening + self.begun.elapsed();
        let times = self.times.to_csv();
        self.seal
            .write(TIMES, times.as_bytes(), SubjectKind::Record)?;
        let options = &self.pipeline.options;
        self.parameters.extend([
            ("command".to_owned(), Value::from(self.command)),
            (
                "compressionLevel".to_owned(),
                Value::from(options.compression_level),
            ),
        ]);
        if !self.output.replay.is_null() {
            let mut replay = self.output.replay.clone();
            if let Some(replay) = replay.as_object_mut() {
                replay.insert("effective".into(), self.effective().into());
            }
            let mut replay = serde_json::to_vec_pretty(&replay)
                .map_err(|e| Error::from_source(Class::Bug, e))?;
            replay.push(b'\n');
            self.seal.write(REPLAY, &replay, SubjectKind::Record)?;
        }
        report.files = self
            .seal
            .publish(self.pipeline, self.begun_at, self.parameters)?;
        report.times = self.times;
        let key = &self.pipeline.key;
        report.key_id = key.public_key().key_id();
        report.development_key = key.is_development();
        Ok(report)
    }

    /// Everything that was decided, by whomever.
    fn effective(&self) -> Map<String, Value> {
        let key = &self.pipeline.key;
        let mut all = self.parameters.clone();
        all.extend(parameters::internal(self.pipeline));
        all.extend([
            ("keyId".to_owned(), key.public_key().key_id().into()),
            ("developmentKey".to_owned(), key.is_development().into()),
        ]);
        all
    }
}

/// Names of `call`; refuses to replace calls that a statement of `run` vouches for, which would be
/// false from then on.
fn names_of_call(output: &Output) -> Result<Names, Error> {
    let exists = |suffix: &str| {
        let path = output.directory.join(format!("{}{suffix}", output.prefix));
        path.exists()
    };
    if output.force && exists(VCF) && exists(ENVELOPE) && !exists(CALL_ENVELOPE) {
        return Err(Error::usage(format!(
            "{}{VCF}: belongs to the results of fafnir run; choose another --output-file-prefix",
            output.prefix
        )));
    }
    Ok(Names {
        records: CALL,
        envelope: CALL_ENVELOPE,
        suffixes: OF_CALL.into_iter().chain(CALL_RECORDS).collect(),
    })
}

/// Records that cannot be indexed are a defect of ours, what else fails is the machine's.
fn bam_failed(seal: &Seal, error: BamWriteError) -> Error {
    match error {
        BamWriteError::Index { .. } => Error::from_source(Class::Bug, error),
        error => failed(seal, BAM, error),
    }
}

fn vcf_failed(seal: &Seal, error: VcfWriteError) -> Error {
    match error {
        VcfWriteError::Index { .. } => Error::from_source(Class::Bug, error),
        error => failed(seal, VCF, error),
    }
}

fn failed(
    seal: &Seal,
    suffix: &str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::writing(&seal.path(suffix), error)
}

fn vcf_header(reference: &Reference, caller: &Caller) -> VcfHeader {
    let lines = caller.header();
    let field = |line: &HeaderLine| FieldLine {
        id: line.id,
        number: line.number,
        kind: line.kind,
        description: line.description,
    };
    VcfHeader {
        other: vec![("source".into(), format!("fafnir {}", crate::VERSION))],
        filters: lines
            .filters
            .iter()
            .map(|line| FilterLine {
                id: line.id,
                description: line.description,
            })
            .collect(),
        infos: lines.info.iter().map(field).collect(),
        formats: lines.format.iter().map(field).collect(),
        contigs: reference.contigs().iter().map(HeaderContig::from).collect(),
        sample: caller.options().sample.clone(),
    }
}
