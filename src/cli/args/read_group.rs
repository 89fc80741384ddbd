//! What reads are of: run, sample, library.

use std::path::Path;

use clap::{Args, builder::NonEmptyStringValueParser as Text};
use fafnir::{Error, ReadGroup};

/// A read group of its own, or what a list or a header leaves empty.
#[derive(Args, Debug)]
#[command(next_help_heading = "Reads")]
pub(crate) struct ReadGroupArgs {
    /// Read group line as bwa takes it: '@RG\tID:lane1\tSM:sample'
    #[arg(short = 'R', long = "read-group", value_name = "LINE")]
    #[arg(conflicts_with_all = ["fastq_list", "bcl_input_directory", "id", "sample"])]
    read_group: Option<String>,

    /// Read group [default: 1]
    #[arg(long = "RGID", value_name = "ID", value_parser = Text::new())]
    #[arg(conflicts_with_all = ["fastq_list", "bcl_input_directory"])]
    id: Option<String>,

    /// Sample
    #[arg(long = "RGSM", value_name = "SAMPLE", value_parser = Text::new())]
    #[arg(required_unless_present_any = ["read_group", "fastq_list", "bam", "cram", "bcl_input_directory"])]
    #[arg(conflicts_with_all = ["fastq_list", "bcl_input_directory"])]
    sample: Option<String>,

    /// Library
    #[arg(long = "RGLB", value_name = "LIBRARY", value_parser = Text::new())]
    library: Option<String>,

    /// Platform, where nothing else names one [default: ILLUMINA]
    #[arg(long = "RGPL", value_name = "PLATFORM", value_parser = Text::new())]
    platform: Option<String>,

    /// Platform unit
    #[arg(long = "RGPU", value_name = "UNIT", value_parser = Text::new())]
    unit: Option<String>,

    /// Sequencing center
    #[arg(long = "RGCN", value_name = "CENTER", value_parser = Text::new())]
    center: Option<String>,

    /// Description
    #[arg(long = "RGDS", value_name = "TEXT", value_parser = Text::new())]
    description: Option<String>,

    /// Date of the run, ISO 8601
    #[arg(long = "RGDT", value_name = "DATE", value_parser = Text::new())]
    date: Option<String>,

    /// Predicted insert size, as written to the header; mapping measures its own
    #[arg(long = "RGPI", value_name = "BASES", value_parser = Text::new())]
    insert_size: Option<String>,
}

impl ReadGroupArgs {
    /// The read group of FASTQ files, which know of none.
    ///
    /// # Errors
    ///
    /// [`fafnir::Class::Usage`] for a line that is no read group.
    pub(super) fn group(&self) -> Result<ReadGroup, Error> {
        let mut group = match &self.read_group {
            Some(line) => ReadGroup::parse(line).map_err(|e| Error::usage(format!("-R: {e}")))?,
            None => ReadGroup {
                id: self.id.clone().unwrap_or_else(|| "1".into()),
                sample: self.sample.clone().unwrap_or_default(),
                ..ReadGroup::default()
            },
        };
        for (field, value) in self.fields(&mut group) {
            if let Some(value) = value {
                field.clone_from(value);
            }
        }
        if let Some(value) = &self.insert_size {
            group.other.retain(|(tag, _)| tag != "PI");
            group.other.push(("PI".into(), value.clone()));
        }
        name_platform(&mut group);
        Ok(group)
    }

    /// What the file at `path` has reads of: the read group `known` from its header, with what that
    /// leaves empty; without one, as [`group`](Self::group).
    ///
    /// # Errors
    ///
    /// [`fafnir::Class::Usage`] where header and options contradict each other, or neither names a
    /// sample.
    pub(super) fn of_file(
        &self,
        path: &Path,
        known: Option<&ReadGroup>,
    ) -> Result<ReadGroup, Error> {
        let wrong = |why: String| Error::usage(format!("{}: {why}", path.display()));
        let Some(known) = known else {
            if self.sample.is_none() && self.read_group.is_none() {
                return Err(wrong(
                    "its header has no read group; name the sample with --RGSM".into(),
                ));
            }
            return self.group();
        };
        if self.id.is_some() || self.read_group.is_some() {
            return Err(wrong(
                "its header has read groups; leave out --RGID and -R".into(),
            ));
        }
        let mut group = known.clone();
        match &self.sample {
            Some(sample) if group.sample.is_empty() => group.sample.clone_from(sample),
            Some(sample) if *sample != group.sample => {
                return Err(wrong(format!(
                    "read group {} is of sample {}, not of {sample} (--RGSM)",
                    group.id, group.sample
                )));
            }
            None if group.sample.is_empty() => {
                return Err(wrong(format!(
                    "read group {} names no sample; name it with --RGSM",
                    group.id
                )));
            }
            _ => {}
        }
        self.fill(&mut group);
        Ok(group)
    }

    /// Adds what the options say of fields that are empty.
    pub(super) fn fill(&self, group: &mut ReadGroup) {
        for (field, value) in self.fields(group) {
            if let Some(value) = value.filter(|_| field.is_empty()) {
                field.clone_from(value);
            }
        }
        if let Some(value) = &self.insert_size
            && group.other.iter().all(|(tag, _)| tag != "PI")
        {
            group.other.push(("PI".into(), value.clone()));
        }
        name_platform(group);
    }

    /// The group's fields, each with what the options say of it.
    fn fields<'a>(&'a self, group: &'a mut ReadGroup) -> [(&'a mut String, Option<&'a String>); 6] {
        [
            (&mut group.library, self.library.as_ref()),
            (&mut group.platform, self.platform.as_ref()),
            (&mut group.unit, self.unit.as_ref()),
            (&mut group.center, self.center.as_ref()),
            (&mut group.description, self.description.as_ref()),
            (&mut group.date, self.date.as_ref()),
        ]
    }
}

/// Picard and GATK refuse read groups without a platform.
fn name_platform(group: &mut ReadGroup) {
    if group.platform.is_empty() {
        group.platform = "ILLUMINA".into();
    }
}
