//! From finished files to published results.

use fafnir_attest::statement::SubjectKind;
use fafnir_collate::DuplicateMetrics;
use fafnir_io::{bam::BamWriteError, trim::TrimCounts, vcf::VcfWriteError};
use serde_json::{Map, Value};

use super::{
    Run,
    names::{
        BAM, CALL_METRICS, DUPLICATES, FEATURES, FRAGMENTS, GVCF, MAPPING_METRICS, MD5, MODEL,
        PLOIDY_METRICS, REPLAY, TIMES, TRIMMER_METRICS, VCF,
    },
};
use crate::{
    error::{Class, Error},
    metrics::{duplicates_to_text, ploidy_to_csv, trimming_to_csv},
    pipeline::{parameters, seal::Seal},
    report::Report,
};

impl Run<'_> {
    /// Ends the BAM file, and writes its index and what is known of the reads.
    pub(super) fn write_alignments(
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
        let fragments = report.mapping.all.fragments.to_csv(&self.sample);
        self.seal
            .write(FRAGMENTS, fragments.as_bytes(), SubjectKind::Result)?;
        let text = duplicates_to_text(&duplicates, libraries);
        self.seal
            .write(DUPLICATES, text.as_bytes(), SubjectKind::Result)?;
        report.duplicates = duplicates;
        Ok(())
    }

    /// Writes what trimming did, if anything is trimmed.
    pub(super) fn write_trimming(&mut self, trimmed: &TrimCounts) -> Result<(), Error> {
        let Some(trimmer) = &self.pipeline.trimmer else {
            return Ok(());
        };
        let metrics = trimming_to_csv(trimmed, trimmer.options());
        self.seal
            .write(TRIMMER_METRICS, metrics.as_bytes(), SubjectKind::Result)
    }

    /// Ends the files of calls, and writes their indexes, the model, and what is known of the calls.
    pub(super) fn write_calls(&mut self, report: &Report) -> Result<(), Error> {
        let Some(calling) = &self.calling else {
            return Ok(());
        };
        let files = [(VCF, self.vcf.take()), (GVCF, self.gvcf.take())];
        for (name, writer) in files {
            let Some(writer) = writer else { continue };
            let (file, index) = writer
                .finish()
                .map_err(|e| vcf_failed(&self.seal, name, e))?;
            self.seal.add(file)?;
            let suffix = format!("{name}.{}", index.extension());
            let bytes = index
                .write(Vec::new())
                .map_err(|e| failed(&self.seal, &suffix, e))?;
            self.seal.write(&suffix, &bytes, SubjectKind::Result)?;
        }
        if let Some(features) = self.features.take() {
            let file = features.finish();
            let file = file.map_err(|e| failed(&self.seal, FEATURES, e))?;
            self.seal.add(file)?;
        }
        let mut model = Vec::new();
        calling
            .caller
            .model()
            .write(&mut model)
            .map_err(|e| Error::from_source(Class::Bug, e))?;
        self.seal.write(MODEL, &model, SubjectKind::Result)?;
        if let Some(estimate) = &calling.ploidy {
            let metrics = ploidy_to_csv(estimate, self.pipeline.index.reference());
            self.seal
                .write(PLOIDY_METRICS, metrics.as_bytes(), SubjectKind::Result)?;
        }
        let metrics = report.calls.to_csv(&self.sample, report.mapping.all.mapped);
        self.seal
            .write(CALL_METRICS, metrics.as_bytes(), SubjectKind::Result)
    }

    /// Writes the run records, signs, and gives all files their names.
    pub(super) fn publish(mut self, mut report: Report) -> Result<Report, Error> {
        for incident in self.pipeline.hal.ledger().since(&self.ledger).incidents {
            self.progress.warn(&format!("{incident}"));
        }
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
        let internal = parameters::internal(self.pipeline, &self.ledger);
        report.files =
            self.seal
                .publish(self.pipeline, self.begun_at, self.parameters, internal)?;
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
        all.extend(parameters::internal(self.pipeline, &self.ledger));
        all.extend([
            ("keyId".to_owned(), key.public_key().key_id().into()),
            ("developmentKey".to_owned(), key.is_development().into()),
        ]);
        all
    }
}

/// Records that cannot be indexed are a defect of ours, what else fails is the machine's.
pub(super) fn bam_failed(seal: &Seal, error: BamWriteError) -> Error {
    match error {
        BamWriteError::Index { .. } => Error::from_source(Class::Bug, error),
        error => failed(seal, BAM, error),
    }
}

pub(super) fn vcf_failed(seal: &Seal, suffix: &str, error: VcfWriteError) -> Error {
    match error {
        VcfWriteError::Index { .. } => Error::from_source(Class::Bug, error),
        error => failed(seal, suffix, error),
    }
}

pub(super) fn failed(
    seal: &Seal,
    suffix: &str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::writing(&seal.path(suffix), error)
}
