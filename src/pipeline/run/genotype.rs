//! Genotypes of many samples from their gVCF files.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    time::Instant,
};

use fafnir_attest::{Verified, statement::SubjectKind};
use fafnir_io::{
    Reference,
    bam::header::HeaderContig,
    bed::Regions,
    bgzf::Compressor,
    vcf::{VcfHeader, VcfLines, VcfTile, VcfWriter},
};
use fafnir_joint_genotyper::{Genotyper, JointOptions, Pedigree};
use fafnir_variant_caller::HardFilters;
use serde_json::{Value, json};

use super::{
    Run,
    names::VCF,
    outputs::{failed, vcf_failed},
};
use crate::{
    error::{Class, Error},
    input::Cohort,
    options::Output,
    pipeline::{
        Pipeline,
        gvcfs::{Gvcfs, Part},
        ordered::map_in_order,
        targets,
    },
    progress::{Progress, Stage},
    report::{JointCounts, JointReport, Report},
};

impl Pipeline {
    /// Genotypes the samples of many gVCF files together, and publishes the signed VCF.
    ///
    /// # Errors
    ///
    /// Files that are no gVCF of this reference, damaged, truncated or not sorted; a sample twice; a
    /// pedigree that is wrong; outputs that exist; too few files that may be open; a machine that
    /// fails. Nothing is published then.
    pub fn genotype(
        &self,
        cohort: &Cohort,
        output: &Output,
        progress: &dyn Progress,
    ) -> Result<JointReport, Error> {
        cohort.validate()?;
        self.warn(progress);
        self.plan
            .open_gvcfs(cohort.files.len(), self.options.memory.is_some())?;
        let files: Vec<&Path> = cohort
            .files
            .iter()
            .chain(&cohort.pedigree)
            .map(PathBuf::as_path)
            .collect();
        let run = Run::open(self, "genotype", "", output, &files, progress)?;
        run.genotype(cohort)
    }
}

impl Run<'_> {
    fn genotype(mut self, cohort: &Cohort) -> Result<JointReport, Error> {
        let pipeline = self.pipeline;
        let (options, reference) = (&pipeline.options, pipeline.index.reference());
        let mut gvcfs = Gvcfs::open(&cohort.files, reference, &pipeline.pool)?;
        let samples = gvcfs.samples()?;
        let pedigree = self.pedigree(cohort)?;
        let genotyper = Genotyper::new(cohort.options.clone(), &samples, pedigree.as_ref());
        self.tell_trios(&genotyper, pedigree.is_some());
        let (targets, proofs) =
            targets::open_all(&options.targets, options.target_padding, reference)?;
        self.seal.prove(proofs);
        self.parameters.extend([
            ("samples".to_owned(), json!(samples)),
            ("genotyper".to_owned(), parameters(&cohort.options)),
            (
                "hardFilters".to_owned(),
                json!(options.caller.filters.to_string()),
            ),
            ("trios".to_owned(), json!(genotyper.trios())),
            (
                "targetBases".to_owned(),
                json!(targets.as_ref().map(Regions::bases)),
            ),
        ]);
        let filters = &options.caller.filters;
        let header = header(reference, &genotyper, filters, &samples);
        let file = self.seal.create(VCF)?;
        let mut vcf = VcfWriter::new(file, &header, options.compression_level)
            .map_err(|e| vcf_failed(&self.seal, VCF, e))?;

        let bases = reference
            .contigs()
            .iter()
            .map(|c| u64::from(c.length))
            .sum();
        self.progress.begin(Stage::Genotype, Some(bases));
        let clock = Instant::now();
        let mut counts = JointCounts::default();
        let mut place = Place::default();
        let work = |part: Part| pipeline.genotype_part(&genotyper, targets.as_ref(), part);
        map_in_order(
            &pipeline.pool,
            pipeline.plan.workers,
            &mut gvcfs,
            work,
            |(part, lines, found)| {
                counts.sites += found.sites;
                counts.passing += found.passing;
                counts.denovo += found.denovo;
                counts.reduced += found.reduced;
                self.progress
                    .advance(Stage::Genotype, place.advance(reference, &part));
                vcf.write_tile(&lines)
                    .map_err(|e| vcf_failed(&self.seal, VCF, e))
            },
        )?;
        self.progress.end(Stage::Genotype);
        self.times.push(Stage::Genotype, clock.elapsed());

        let (proofs, symbolic) = gvcfs.finish()?;
        self.seal.prove(proofs);
        self.tell_counts(&counts, symbolic, &cohort.options);
        let (file, index) = vcf.finish().map_err(|e| vcf_failed(&self.seal, VCF, e))?;
        self.seal.add(file)?;
        let suffix = format!("{VCF}.{}", index.extension());
        let bytes = index
            .write(Vec::new())
            .map_err(|e| failed(&self.seal, &suffix, e))?;
        self.seal.write(&suffix, &bytes, SubjectKind::Result)?;
        let report = self.publish(Report::default())?;
        Ok(JointReport {
            samples: samples.len(),
            trios: genotyper.trios(),
            counts,
            times: report.times,
            files: report.files,
            key_id: report.key_id,
            development_key: report.development_key,
        })
    }

    fn pedigree(&mut self, cohort: &Cohort) -> Result<Option<Pedigree>, Error> {
        let Some(path) = &cohort.pedigree else {
            return Ok(None);
        };
        let file = Verified::read(path, None)?.with_role("pedigree");
        self.seal.prove([file.proof().clone()]);
        let wrong = |why: String| Error::input(format!("{}: {why}", path.display()));
        let text =
            std::str::from_utf8(file.get()).map_err(|e| wrong(format!("it is no text: {e}")))?;
        Pedigree::parse(text)
            .map(Some)
            .map_err(|e| wrong(e.to_string()))
    }

    fn tell_trios(&self, genotyper: &Genotyper, pedigree: bool) {
        let incomplete = genotyper.incomplete_trios();
        if incomplete > 0 {
            self.progress.warn(&format!(
                "{incomplete} children of the pedigree lack a parent among the samples: they are \
                 genotyped like the unrelated"
            ));
        }
        if pedigree && genotyper.trios() == 0 {
            self.progress.warn(
                "the pedigree has no child whose parents are both among the samples; its names must \
                 be those of the gVCF files",
            );
        }
    }

    fn tell_counts(&self, counts: &JointCounts, symbolic: u64, options: &JointOptions) {
        if counts.reduced > 0 {
            self.progress.warn(&format!(
                "{} sites have more than {} alternative alleles; the likeliest were kept",
                counts.reduced, options.max_alternates
            ));
        }
        if symbolic > 0 {
            self.progress.warn(&format!(
                "{symbolic} records of larger variants (symbolic alleles) were passed over"
            ));
        }
    }
}

impl Pipeline {
    fn genotype_part(
        &self,
        genotyper: &Genotyper,
        targets: Option<&Regions>,
        part: Part,
    ) -> Result<(Part, VcfTile, JointCounts), Error> {
        let wanted = |bases: &Range<u32>| {
            targets.is_none_or(|t| !t.overlapping(part.contig, bases.clone()).is_empty())
        };
        let genotyped = genotyper.genotype(part.contig, &part.span, &part.columns, wanted);
        let name = &self.index.reference().contig(part.contig).name;
        let mut lines = VcfLines::default();
        let mut counts = JointCounts {
            reduced: genotyped.reduced,
            ..JointCounts::default()
        };
        for mut record in genotyped.records {
            self.options.caller.filters.apply(&mut record.site);
            counts.sites += 1;
            counts.passing += u64::from(record.site.filters.is_empty());
            counts.denovo += record.denovo as u64;
            let bases = record.site.position..record.site.end();
            lines.push(part.contig, bases, |text| record.write_text(name, text));
        }
        let compress = |compressor: &mut Compressor| lines.compress(compressor);
        let tile = Compressor::with_own(self.options.compression_level, compress)
            .map_err(|e| Error::from_source(Class::Bug, e))?;
        let done = Part {
            columns: Vec::new(),
            ..part
        };
        Ok((done, tile, counts))
    }
}

/// How far the work is: spans without records are passed over.
#[derive(Default)]
struct Place {
    bases: u64,
}

impl Place {
    /// Bases between the last part's end and this one's.
    fn advance(&mut self, reference: &Reference, part: &Part) -> u64 {
        let contigs = &reference.contigs()[..part.contig.0 as usize];
        let before: u64 = contigs.iter().map(|c| u64::from(c.length)).sum();
        let end = before + u64::from(part.span.end);
        end - std::mem::replace(&mut self.bases, end)
    }
}

fn header(
    reference: &Reference,
    genotyper: &Genotyper,
    filters: &HardFilters,
    samples: &[String],
) -> VcfHeader {
    VcfHeader {
        other: vec![("source".into(), format!("fafnir {}", crate::VERSION))],
        filters: filters.lines(),
        infos: genotyper.infos().to_vec(),
        formats: genotyper.formats().collect(),
        contigs: reference.contigs().iter().map(HeaderContig::from).collect(),
        samples: samples.to_vec(),
    }
}

fn parameters(options: &JointOptions) -> Value {
    let JointOptions {
        emit_confidence,
        max_alternates,
        snp_heterozygosity,
        indel_heterozygosity,
        mutation_rate,
        snp_denovo_quality,
        indel_denovo_quality,
    } = options;
    json!({
        "emitConfidence": emit_confidence,
        "maxAlternates": max_alternates,
        "snpHeterozygosity": snp_heterozygosity,
        "indelHeterozygosity": indel_heterozygosity,
        "mutationRate": mutation_rate,
        "snpDenovoQuality": snp_denovo_quality,
        "indelDenovoQuality": indel_denovo_quality,
    })
}
