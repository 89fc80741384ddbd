//! What the subcommands do: each a part of the flow.

mod genotype;
mod model;
mod names;
mod outputs;
mod samples;
mod sex;

use std::{
    path::{Path, PathBuf},
    time::{Instant, SystemTime},
};

use fafnir_attest::{Pending, Verified, key::VerifyingKey, publish::StagedFile};
use fafnir_collate::SortedTile;
use fafnir_fpga_hal::Ledger;
use fafnir_io::{
    bam::{BamWriter, header::SortOrder},
    bed::Regions,
    bgzf::Compressor,
    vcf::{VcfHeader, VcfWriter},
};
use fafnir_variant_caller::{
    Caller, CallerOptions, ForcedAlleles, Model, PloidyEstimate, Recalibration, ReferenceConfidence,
};
use serde_json::{Map, Value};

use super::{
    Pipeline,
    alignments::{self, Alignments},
    call::{CallPlan, CallStage},
    features::FeatureWriter,
    forced,
    header::{gvcf_header, header, vcf_header},
    known::{self, KnownVariants},
    map::{self, Gathered},
    parameters,
    ploidies::Copies,
    seal::Seal,
    stream::Stream,
    targets,
};
use crate::{
    error::{Class, Error},
    input::Reads,
    metrics::TimeMetrics,
    options::{ModelChoice, Output},
    paths,
    progress::{Progress, Stage},
    recalibration::RecalibrationFile,
    report::Report,
};

use self::{
    names::{BAM, FEATURES, GVCF, VCF},
    outputs::{bam_failed, failed, vcf_failed},
};

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
    gvcf: Option<VcfWriter<StagedFile>>,
    features: Option<FeatureWriter<StagedFile>>,
    calling: Option<Calling>,
    times: TimeMetrics,
    begun: Instant,
    begun_at: SystemTime,
    /// What backends had done before.
    ledger: Ledger,
    /// What the results are a function of.
    parameters: Map<String, Value>,
}

/// What calling needs.
struct Calling {
    caller: Caller,
    copies: Copies,
    /// What was estimated of its sex chromosomes.
    ploidy: Option<PloidyEstimate>,
    header: VcfHeader,
    gvcf_header: Option<VcfHeader>,
    recalibration: Option<Recalibration>,
    targets: Option<Regions>,
    known: Option<KnownVariants<Pending>>,
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
        self.warn(progress);
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
        self.warn(progress);
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
        // A stream whose end is missing is not taken for a whole one.
        self.index_proof()?;
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
        self.warn(progress);
        let mut alignments = Alignments::open(bam, self.index.reference())?;
        let sample = alignments::sample(&bam.display().to_string(), alignments.header())?;
        let mut run = Run::open(self, "call", &sample, output, &[bam], progress)?;
        run.open_vcf()?;
        let counts = run.model_of_file(bam)?;
        let reference = self.index.reference();
        let report = run.finish_tiles(&[], &mut alignments, |tile| {
            counts.check(&tile, reference, bam)?;
            Ok(tile)
        })?;
        run.seal.prove([alignments.finish()?]);
        run.write_calls(&report)?;
        run.publish(report)
    }

    /// Files that every run reads.
    fn files(&self) -> impl Iterator<Item = &Path> {
        let options = &self.options;
        let one = [
            Some(&self.path),
            match &options.model {
                ModelChoice::File(path) => Some(path),
                _ => None,
            },
            options.key.as_ref(),
            options.dbsnp.as_ref(),
            options.forced.as_ref(),
            options.recalibration.as_ref(),
            options.par_bed.as_ref(),
            options.ploidy_bed.as_ref(),
        ];
        let all = one.into_iter().flatten().chain(&options.targets);
        let all = all
            .chain(&options.devices.packages)
            .chain(&options.devices.package_keys)
            .chain(&options.recalibration_keys);
        all.map(PathBuf::as_path)
    }

    fn warn(&self, progress: &dyn Progress) {
        for warning in self.plan.warning.iter().chain(&self.device_warnings) {
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
            "call" => names::of_call(output)?,
            "genotype" => names::of_genotype(output)?,
            _ => names::of_run(),
        };
        let seal = Seal::open(output, &names, &files)?;
        Ok(Self {
            pipeline,
            command,
            sample: sample.to_owned(),
            output,
            progress,
            seal,
            bam: None,
            vcf: None,
            gvcf: None,
            features: None,
            calling: None,
            times: TimeMetrics::default(),
            begun,
            begun_at,
            ledger: pipeline.hal.ledger(),
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
            ModelChoice::File(path) => {
                let file = Verified::read(path, None)?.with_role("model");
                let model = file.try_map(|bytes| {
                    Model::read(bytes.as_slice())
                        .map_err(|e| Error::input(format!("{}: {e}", path.display())))
                })?;
                self.seal.prove([model.proof().clone()]);
                model.into_inner()
            }
            // Reads are asked before the first call.
            ModelChoice::Auto | ModelChoice::BuiltIn => Model::default(),
        };
        let (copies, proofs) = Copies::open(options, reference)?;
        self.seal.prove(proofs);
        let ploidies = self.ploidies(&copies, &model)?;
        let asked = options.forced.as_ref();
        let asked = asked.map(|path| forced::open(path, reference, self.progress));
        let asked = match asked.transpose()? {
            Some((alleles, proof)) => {
                self.seal.prove([proof]);
                alleles
            }
            None => ForcedAlleles::default(),
        };
        let number = asked.len();
        let caller = Caller::new(
            CallerOptions {
                sample: self.sample.clone(),
                ..options.caller.clone()
            },
            reference.clone(),
            model,
            self.pipeline.hal.clone(),
        )
        .with_ploidies(ploidies)
        .with_forced(asked);
        let (targets, proofs) =
            targets::open_all(&options.targets, options.target_padding, reference)?;
        self.seal.prove(proofs);
        let known = options.dbsnp.as_ref();
        let known = known.map(|path| KnownVariants::open(path, reference));
        let known = known.transpose()?;
        self.parameters.extend(parameters::of_calls(
            self.pipeline,
            &caller,
            targets.as_ref(),
        ));
        if options.forced.is_some() {
            self.parameters
                .insert("forcedAlleles".into(), number.into());
        }
        let recalibration = self.recalibration()?;
        let file = self.seal.create(VCF)?;
        let mut header = vcf_header(reference, &caller, recalibration.as_ref());
        header.infos.extend(known.as_ref().map(|_| known::FLAG));
        let vcf = VcfWriter::new(file, &header, options.compression_level)
            .map_err(|e| vcf_failed(&self.seal, VCF, e))?;
        self.vcf = Some(vcf);
        let is_detailed = options.caller.reference_confidence != ReferenceConfidence::None;
        let gvcf_header = is_detailed.then(|| {
            let mut header = gvcf_header(reference, &caller, recalibration.as_ref());
            header.infos.extend(known.as_ref().map(|_| known::FLAG));
            header
        });
        if let Some(header) = &gvcf_header {
            let file = self.seal.create(GVCF)?;
            let gvcf = VcfWriter::new(file, header, options.compression_level)
                .map_err(|e| vcf_failed(&self.seal, GVCF, e))?;
            self.gvcf = Some(gvcf);
        }
        self.calling = Some(Calling {
            caller,
            copies,
            ploidy: None,
            header,
            gvcf_header,
            recalibration,
            targets,
            known,
        });
        if options.emit_features {
            let file = self.seal.create(FEATURES)?;
            let compressor = Compressor::new(options.compression_level);
            let mut compressor = compressor.map_err(|e| Error::from_source(Class::Bug, e))?;
            let features = FeatureWriter::new(file, &mut compressor)
                .map_err(|e| failed(&self.seal, FEATURES, e))?;
            self.features = Some(features);
        }
        Ok(())
    }

    /// The model that sets QUAL and filters, once its signature was found to be by a trusted key.
    fn recalibration(&mut self) -> Result<Option<Recalibration>, Error> {
        let options = &self.pipeline.options;
        let Some(path) = &options.recalibration else {
            return Ok(None);
        };
        let keys = VerifyingKey::load_trusted(&options.recalibration_keys)?;
        let file = RecalibrationFile::open(path, &keys)?;
        self.seal.prove([file.proof().clone()]);
        Ok(Some(file.into_inner().model))
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
        self.finish_mapped(reads, mapped.gathered)
    }

    /// Writes and calls what was mapped, and publishes all.
    fn finish_mapped(mut self, reads: &Reads, gathered: Gathered) -> Result<Report, Error> {
        let mut tiles = gathered.tiles;
        self.model_of_mapped(&tiles)?;
        let duplicates = tiles.duplicates().clone();
        let metrics = tiles.metrics().clone();
        let groups: Vec<&str> = reads.read_groups.iter().map(|g| g.id.as_str()).collect();
        let taken = std::iter::from_fn(move || tiles.take().map(Ok));
        let mut report = self.finish_tiles(&groups, taken, |tile| Ok(tile.sort(&duplicates)?))?;
        self.write_alignments(&mut report, metrics, &map::library_names(reads))?;
        self.write_trimming(&gathered.trimmed)?;
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
        let mut known = self.calling.as_mut().and_then(|c| c.known.take());
        let stage = CallStage {
            pipeline: self.pipeline,
            write: self.bam.is_some(),
            calling: self.calling.as_ref().map(|c| CallPlan {
                caller: &c.caller,
                header: &c.header,
                gvcf_header: c.gvcf_header.as_ref(),
                recalibration: c.recalibration.as_ref(),
                features: self.features.is_some(),
                targets: c.targets.as_ref(),
            }),
            read_groups,
            progress: self.progress,
        };
        let (bam, seal) = (&mut self.bam, &self.seal);
        let (vcf, gvcf) = (&mut self.vcf, &mut self.gvcf);
        let features = &mut self.features;
        let (mapping, calls) = stage.run(tiles, sort, known.as_mut(), |finished| {
            let tile = &finished.tile;
            if let (Some(bam), Some(segment)) = (bam.as_mut(), &finished.records) {
                bam.write_tile(&tile.bytes, &tile.starts, segment)
                    .map_err(|e| bam_failed(seal, e))?;
            }
            if let (Some(vcf), Some(calls)) = (vcf.as_mut(), &finished.calls) {
                vcf.write_tile(calls)
                    .map_err(|e| vcf_failed(seal, VCF, e))?;
            }
            if let (Some(gvcf), Some(lines)) = (gvcf.as_mut(), &finished.gvcf) {
                gvcf.write_tile(lines)
                    .map_err(|e| vcf_failed(seal, GVCF, e))?;
            }
            if let (Some(features), Some(lines)) = (features.as_mut(), &finished.features) {
                let written = features.write_tile(lines);
                written.map_err(|e| failed(seal, FEATURES, e))?;
            }
            Ok(())
        })?;
        if let Some(known) = known {
            self.seal.prove([known.finish()?]);
        }
        self.progress.end(Stage::Call);
        self.times.push(Stage::Call, clock.elapsed());
        Ok(Report {
            mapping,
            calls,
            ..Report::default()
        })
    }
}
