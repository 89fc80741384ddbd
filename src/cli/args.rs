//! Options that several subcommands share.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, builder::NonEmptyStringValueParser as Text};
use fafnir::{
    CallerOptions, DeviceChoice, DeviceOptions, Error, GqBands, HardFilters, IndexLoader,
    InputProof, InsertSizes, Lane, Options, Orientation, Output, ReadGroup, Reads, RecordFile,
    RecordFormat, ReferenceConfidence, Sex, Verified, parse_fastq_list,
};
use serde_json::{Map, Value, json};

/// The reads, in the words of bwa and DRAGEN.
#[derive(Args, Debug)]
#[command(next_help_heading = "Reads")]
pub(super) struct ReadsArgs {
    /// FASTQ of first reads; several lanes by comma or by repeating the option
    #[arg(
        short = '1',
        long = "fastq-file1",
        value_name = "R1.fastq.gz",
        value_delimiter = ','
    )]
    #[arg(required_unless_present_any = ["fastq_list", "bam", "cram", "bcl_input_directory"])]
    #[arg(conflicts_with_all = ["fastq_list", "bam", "cram", "bcl_input_directory"])]
    first: Vec<PathBuf>,

    /// FASTQ of second reads, one for each of -1
    #[arg(
        short = '2',
        long = "fastq-file2",
        value_name = "R2.fastq.gz",
        value_delimiter = ','
    )]
    #[arg(conflicts_with_all = ["interleaved", "fastq_list", "bam", "cram", "bcl_input_directory"])]
    second: Vec<PathBuf>,

    /// -1 holds pairs, each read followed by its mate
    #[arg(short = 'p', long, conflicts_with_all = ["fastq_list", "bam", "cram", "bcl_input_directory"])]
    interleaved: bool,

    /// BAM of reads, aligned or not, mates next to each other, - for standard input; several by
    /// comma or by repeating the option. Read groups are those of its header; what that leaves
    /// empty, the options for read groups say
    #[arg(
        short = 'b',
        long = "bam-input",
        value_name = "READS.bam",
        value_delimiter = ','
    )]
    #[arg(conflicts_with_all = ["fastq_list", "bcl_input_directory"])]
    bam: Vec<PathBuf>,

    /// The same as CRAM, if it needs no reference, as unaligned files do not
    #[arg(long = "cram-input", value_name = "READS.cram", value_delimiter = ',')]
    #[arg(conflicts_with_all = ["fastq_list", "bcl_input_directory"])]
    cram: Vec<PathBuf>,

    /// CSV of lanes: RGID,RGSM,RGLB,Lane,Read1File,Read2File; what it leaves empty, the options
    /// for read groups say
    #[arg(
        long,
        value_name = "fastq_list.csv",
        conflicts_with = "bcl_input_directory"
    )]
    fastq_list: Option<PathBuf>,

    /// The sample (RGSM) whose lanes of the list are run
    #[arg(
        long,
        value_name = "SAMPLE",
        requires = "fastq_list",
        conflicts_with = "first"
    )]
    fastq_list_sample_id: Option<String>,

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

impl ReadsArgs {
    /// The lanes and read groups that the options name, and proof of the list that named them.
    pub(super) fn reads(&self) -> Result<(Reads, Option<InputProof>), Error> {
        if let Some(path) = &self.fastq_list {
            return self.listed(path);
        }
        if !self.bam.is_empty() || !self.cram.is_empty() {
            return Ok((self.recorded()?, None));
        }
        if !self.second.is_empty() && self.second.len() != self.first.len() {
            return Err(Error::usage(format!(
                "{} files in -1 but {} in -2; give one of each for every lane",
                self.first.len(),
                self.second.len()
            )));
        }
        let lanes = self.first.iter().enumerate().map(|(i, first)| Lane {
            first: first.clone(),
            second: self.second.get(i).cloned(),
            interleaved: self.interleaved,
            read_group: 0,
        });
        let reads = Reads {
            lanes: lanes.collect(),
            read_groups: vec![self.group()?],
            ..Reads::default()
        };
        Ok((reads, None))
    }

    fn recorded(&self) -> Result<Reads, Error> {
        let mut reads = Reads::default();
        let bam = self.bam.iter().map(|path| (path, RecordFormat::Bam));
        let cram = self.cram.iter().map(|path| (path, RecordFormat::Cram));
        for (path, format) in bam.chain(cram) {
            let file = RecordFile::open(path, format, |known| {
                let group = match known {
                    Some(group) => self.completed(path, group.clone())?,
                    None if self.sample.is_none() && self.read_group.is_none() => {
                        return Err(Error::usage(format!(
                            "{}: its header has no read group; name the sample with --RGSM",
                            path.display()
                        )));
                    }
                    None => self.group()?,
                };
                Ok(reads.add_read_group(group))
            })?;
            reads.record_files.push(file);
        }
        Ok(reads)
    }

    /// A read group of the file at `path`, with what its header leaves empty.
    fn completed(&self, path: &Path, mut group: ReadGroup) -> Result<ReadGroup, Error> {
        let wrong = |why: String| Error::usage(format!("{}: {why}", path.display()));
        if self.id.is_some() || self.read_group.is_some() {
            return Err(wrong(
                "its header has read groups; leave out --RGID and -R".into(),
            ));
        }
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

    fn listed(&self, path: &Path) -> Result<(Reads, Option<InputProof>), Error> {
        let list = Verified::read(path, None)?.with_role("list of reads");
        let text = std::str::from_utf8(list.get())
            .map_err(|e| Error::input(format!("{}: it is no text: {e}", path.display())))?;
        let sample = self.fastq_list_sample_id.as_deref();
        let mut reads = parse_fastq_list(path, text, sample)?;
        for group in &mut reads.read_groups {
            self.fill(group);
        }
        Ok((reads, Some(list.proof().clone())))
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

    fn group(&self) -> Result<ReadGroup, Error> {
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

/// Where results go.
#[derive(Args, Debug)]
#[command(next_help_heading = "Results")]
pub(super) struct OutputArgs {
    /// Folder for the results
    #[arg(long, value_name = "DIR", default_value = ".")]
    output_directory: PathBuf,

    /// What the results' names start with; the sample's name by default
    #[arg(long, value_name = "PREFIX", value_parser = Text::new())]
    output_file_prefix: Option<String>,

    /// Replace results that exist
    #[arg(short, long)]
    force: bool,

    /// Compression of BAM and VCF, 0 (none) to 12 (smallest)
    #[arg(long, value_name = "LEVEL", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u8).range(0..=12))]
    compression_level: u8,
}

impl OutputArgs {
    /// Whether the results' names are given.
    pub(super) fn has_prefix(&self) -> bool {
        self.output_file_prefix.is_some()
    }

    /// The output; `fallback` is the prefix where none is given, `inputs` what else was read.
    pub(super) fn output(
        &self,
        fallback: &str,
        replay: &Replay,
        inputs: impl IntoIterator<Item = InputProof>,
    ) -> Output {
        Output {
            directory: self.output_directory.clone(),
            prefix: self
                .output_file_prefix
                .clone()
                .unwrap_or_else(|| fallback.to_owned()),
            force: self.force,
            replay: replay.to_json(),
            inputs: replay.inputs.iter().cloned().chain(inputs).collect(),
        }
    }
}

/// What changes only how the work is done.
#[derive(Args, Debug)]
#[command(next_help_heading = "Machine")]
pub(super) struct SystemArgs {
    /// Threads that work [default: all that this process may use]
    #[arg(short, long, value_name = "N", visible_alias = "num-threads")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,

    /// Memory to plan with, such as 32G
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    memory: Option<u64>,

    /// How the index gets into memory: mapped (at once, shared between processes, checked while it is
    /// used) or resident (copied, into huge pages where there are any); changes no result
    #[arg(long, value_name = "mapped|resident", default_value = "mapped")]
    index_loader: IndexLoader,

    /// Folder for what does not fit into memory [default: the output's]
    #[arg(long, value_name = "DIR", visible_alias = "intermediate-results-dir")]
    temporary_directory: Option<PathBuf>,

    /// Templates that travel together; changes nothing but speed
    #[arg(long, value_name = "N", default_value_t = 4096, hide_short_help = true)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=65536))]
    batch_size: u32,

    /// Private key (PEM, P-256) that signs; see `fafnir key` [default: a key of this machine]
    #[arg(long, value_name = "KEY.pem")]
    key: Option<PathBuf>,

    /// Where kernels run: auto (the CPU, and devices faster than one of its cores), cpu, or
    /// opencl:NAME as `fafnir devices` tells it; changes no result
    #[arg(long, value_name = "auto|cpu|opencl:NAME", default_value = "auto")]
    device: DeviceChoice,

    /// Compute again all that a device computed, instead of a sample
    #[arg(long)]
    paranoid: bool,

    /// Folder of a signed program for a device that cannot build kernels from source, such as an
    /// FPGA card; may be repeated
    #[arg(long, value_name = "DIR")]
    kernel_package: Vec<PathBuf>,

    /// Public key (PEM) that kernel packages may be signed by; may be repeated [default: this
    /// machine's development key]
    #[arg(long, value_name = "KEY.pub.pem", requires = "kernel_package")]
    package_key: Vec<PathBuf>,

    /// Options from a TOML file or from an earlier run's replay.json; the command line overrides it
    #[arg(short, long, value_name = "FILE")]
    config_file: Option<PathBuf>,

    /// No progress on standard error
    #[arg(short, long)]
    pub(super) quiet: bool,
}

impl SystemArgs {
    /// The pipeline's options for this output, the rest at their defaults.
    pub(super) fn options(&self, output: &OutputArgs) -> Options {
        let default = Options::default();
        Options {
            compression_level: output.compression_level,
            threads: self.threads.map_or(default.threads, usize::from),
            memory: self.memory,
            index_loader: self.index_loader,
            temporary_directory: self.temporary_directory.clone(),
            batch_size: self.batch_size as usize,
            key: self.key.clone(),
            devices: DeviceOptions {
                choice: self.device.clone(),
                paranoid: self.paranoid,
                packages: self.kernel_package.clone(),
                package_keys: self.package_key.clone(),
                host: None,
            },
            ..default
        }
    }
}

/// What becomes of duplicates, and DRAGEN's switches.
#[derive(Args, Debug)]
#[command(next_help_heading = "Alignments")]
pub(super) struct AlignmentArgs {
    /// Mark duplicates
    #[arg(long, value_name = "true|false", default_value_t = true)]
    #[arg(num_args = 0..=1, default_missing_value = "true", action = ArgAction::Set)]
    enable_duplicate_marking: bool,

    /// Leave duplicates out of the BAM; metrics then count the reads that stay
    #[arg(long, value_name = "true|false", default_value_t = false)]
    #[arg(num_args = 0..=1, default_missing_value = "true", action = ArgAction::Set)]
    remove_duplicates: bool,

    /// Most supplementary records of a read
    #[arg(long = "Aligner.supp-aligns", value_name = "N", default_value_t = 4)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=30))]
    supplementary: u32,

    /// Most secondary records of a read; without any, XA names the other places
    #[arg(long = "Aligner.sec-aligns", value_name = "N", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=30))]
    secondary: u32,

    /// Secondary records for all other places that were found, as bwa mem
    #[arg(short = 'a', long = "all-alignments")]
    #[arg(conflicts_with = "secondary")]
    all: bool,

    /// How far below a record's score those of its secondary ones may lie [default: half of it]
    #[arg(long = "Aligner.sec-score-delta", value_name = "SCORE")]
    secondary_delta: Option<u32>,

    /// Supplementary records keep all bases, clipped softly, as bwa mem
    #[arg(short = 'Y', long = "soft-clip")]
    soft_clip: bool,

    /// XA names up to so many other places with at least 80% of the score; none where there are
    /// more (bwa mem -h)
    #[arg(long, value_name = "N", default_value_t = 5)]
    xa_hits: u32,

    /// The only orientation of proper pairs: FR (or 0), RF (1), FF (2) or RR [default: those that
    /// the first 100,000 pairs of a read group show]
    #[arg(long = "Aligner.pe-orientation", value_name = "FR|RF|FF|RR")]
    orientation: Option<Orientation>,

    /// Insert size instead of what the first pairs show: mean, standard deviation (default: a tenth
    /// of it), longest and shortest of proper pairs (default: four deviations away)
    #[arg(
        short = 'I',
        long = "insert-size",
        value_name = "MEAN[,SD[,MAX[,MIN]]]"
    )]
    #[arg(value_parser = parse_insert_sizes)]
    insert_sizes: Option<InsertSizes>,

    /// DRAGEN's switch for what is always done
    #[arg(long, hide = true, value_parser = ["true"])]
    enable_map_align: Option<String>,

    /// DRAGEN's switch for what is always done
    #[arg(long, hide = true, value_parser = ["true"])]
    enable_map_align_output: Option<String>,

    /// DRAGEN's switch for what is always done
    #[arg(long, hide = true, value_parser = ["true"])]
    enable_bam_indexing: Option<String>,
}

impl AlignmentArgs {
    /// Adds what these options decide.
    pub(super) fn apply(&self, mut options: Options) -> Options {
        let records = &mut options.aligner.records;
        records.supplementary = self.supplementary;
        records.secondary = if self.all { u32::MAX } else { self.secondary };
        records.secondary_delta = self.secondary_delta;
        records.soft_clip = self.soft_clip;
        records.xa_hits = self.xa_hits;
        options.pairs.orientation = self.orientation;
        options.pairs.insert_sizes = self.insert_sizes;
        Options {
            mark_duplicates: self.enable_duplicate_marking || self.remove_duplicates,
            remove_duplicates: self.remove_duplicates,
            ..options
        }
    }
}

/// Where and how to call.
#[derive(Args, Debug)]
#[command(next_help_heading = "Calls")]
pub(super) struct CallArgs {
    /// Call only here: a BED file, or a region such as chr20:1,000,000-2,000,000; may be repeated
    #[arg(short = 'L', long = "target-bed", value_name = "BED|REGION")]
    #[arg(visible_alias = "vc-target-bed")]
    targets: Vec<PathBuf>,

    /// Call this many bases around each target too
    #[arg(
        long = "vc-target-bed-padding",
        value_name = "BASES",
        default_value_t = 0
    )]
    #[arg(visible_alias = "interval-padding", requires = "targets")]
    target_padding: u32,

    /// Copies of each contig
    #[arg(long, value_name = "1|2", default_value_t = 2)]
    #[arg(visible_alias = "sample-ploidy", value_parser = clap::value_parser!(u8).range(1..=2))]
    ploidy: u8,

    /// Sex of the sample: X and Y have one copy in males, but where they are alike, and Y is not called
    /// in females; the mitochondrion has one. none calls every contig with --ploidy
    #[arg(long, value_name = "male|female|none", default_value = "none")]
    #[arg(value_parser = parse_sex)]
    sample_sex: Choice<Sex>,

    /// BED file of the regions that X and Y have in common [default: those of b37, hg19, GRCh38 and
    /// T2T-CHM13, told by the lengths of X and Y]
    #[arg(long, value_name = "BED", requires = "sample_sex")]
    par_bed: Option<PathBuf>,

    /// BED file of regions with other copies: 0, 1 or 2 in its fourth column
    #[arg(long, value_name = "BED")]
    ploidy_bed: Option<PathBuf>,

    /// Known variants, sorted as the reference is: calls with an allele of theirs get their ID
    #[arg(long, value_name = "VCF")]
    dbsnp: Option<PathBuf>,

    /// Alleles to genotype whether reads show them or not; their records have the flag FGT
    #[arg(long = "vc-forcegt-vcf", value_name = "VCF")]
    forced: Option<PathBuf>,

    /// Error model, an earlier run's model.json [default: the one that is built in]
    #[arg(long, value_name = "MODEL.json")]
    model: Option<PathBuf>,

    /// What calls fail by: name, the calls that it is for, and an expression of QUAL and of fields that
    /// calls have (<, <=, >, >=, ==, !=, &&, ||, parentheses); several by semicolon, none for no filter
    #[arg(long = "vc-hard-filter", value_name = "NAME:snp|indel|all:EXPR;..")]
    #[arg(default_value_t = HardFilters::default())]
    hard_filter: HardFilters,

    /// What is told of bases without a variant, in a gVCF file beside the VCF file: nothing, blocks of
    /// bases with like GQ, or each base
    #[arg(
        short = 'E',
        long = "vc-emit-ref-confidence",
        visible_alias = "emit-ref-confidence"
    )]
    #[arg(value_name = "NONE|GVCF|BP_RESOLUTION", default_value_t)]
    reference_confidence: ReferenceConfidence,

    /// GQ at which the bands of a gVCF file's blocks begin, after that of 0 [default: 1 to 60, 70, 80,
    /// 90, 99]
    #[arg(long = "vc-gvcf-gq-bands", value_name = "GQ", num_args = 1..)]
    gvcf_bands: Vec<GqBands>,
}

impl CallArgs {
    /// Adds what these options decide.
    pub(super) fn apply(&self, options: Options) -> Options {
        let bands = match self.gvcf_bands.as_slice() {
            [] => GqBands::default(),
            bands => bands.iter().cloned().collect(),
        };
        Options {
            targets: self.targets.clone(),
            target_padding: self.target_padding,
            sample_sex: self.sample_sex.0,
            par_bed: self.par_bed.clone(),
            ploidy_bed: self.ploidy_bed.clone(),
            dbsnp: self.dbsnp.clone(),
            forced: self.forced.clone(),
            model: self.model.clone(),
            caller: CallerOptions {
                ploidy: self.ploidy,
                filters: self.hard_filter.clone(),
                reference_confidence: self.reference_confidence,
                gvcf_bands: bands,
                ..options.caller
            },
            ..options
        }
    }
}

/// The options of a run, to be repeated.
#[derive(Debug)]
pub(super) struct Replay {
    pub(super) command: &'static str,
    pub(super) options: Map<String, Value>,
    /// The file of options, if one was read.
    pub(super) inputs: Option<InputProof>,
}

impl Replay {
    fn to_json(&self) -> Value {
        json!({
            "program": "fafnir",
            "version": fafnir::VERSION,
            "command": self.command,
            "options": self.options,
        })
    }
}

/// A number of bytes with an optional K, M, G or T (powers of 1,024).
pub(super) fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        "T" | "TB" | "TIB" => 40,
        unit => return Err(format!("{unit} is no unit; use K, M, G or T")),
    };
    digits
        .parse::<u64>()
        .map_err(|e| e.to_string())?
        .checked_mul(1 << shift)
        .ok_or_else(|| "too large".to_owned())
}

/// Something, or `none`.
#[derive(Clone, Copy, Debug)]
struct Choice<T>(Option<T>);

fn parse_sex(text: &str) -> Result<Choice<Sex>, String> {
    match text {
        "none" => Ok(Choice(None)),
        _ => text.parse().map(|sex| Choice(Some(sex))),
    }
    .map_err(|_: String| "use male, female or none".to_owned())
}

/// An insert size as bwa mem's `-I` takes it.
fn parse_insert_sizes(text: &str) -> Result<InsertSizes, String> {
    let mut values = Vec::new();
    for field in text.split(',') {
        let value = field.trim().parse::<f64>().ok();
        let value = value.filter(|v| (0.0..=1e6).contains(v));
        values.push(
            value
                .ok_or_else(|| format!("{field} is no length"))?
                .round() as u32,
        );
    }
    if values.len() > 4 || values[0] == 0 {
        return Err("use MEAN[,SD[,MAX[,MIN]]] with a mean above 0".into());
    }
    let deviation = values.get(1).copied().unwrap_or((values[0] + 5) / 10);
    let mut sizes = InsertSizes::around(values[0], deviation);
    sizes.high = values.get(2).copied().unwrap_or(sizes.high);
    sizes.low = values.get(3).copied().unwrap_or(sizes.low).max(1);
    if sizes.low > sizes.high {
        return Err(format!("no length is from {} to {}", sizes.low, sizes.high));
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn insert_sizes_are_given_as_to_bwa() {
        let sizes =
            |text| parse_insert_sizes(text).map(|s| (s.mean, s.standard_deviation, s.low, s.high));
        assert_eq!(sizes("3000"), Ok((3000, 300, 1800, 4200)));
        assert_eq!(sizes("400.4,60"), Ok((400, 60, 160, 640)));
        assert_eq!(sizes("400,120"), Ok((400, 120, 1, 880)));
        assert_eq!(sizes("400,60,700,0"), Ok((400, 60, 1, 700)));
        for wrong in [
            "",
            "0",
            "x",
            "400,-1",
            "400,60,100",
            "1,2,3,4,5",
            "nan",
            "1e9",
        ] {
            assert!(parse_insert_sizes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_binary_units() {
        assert_eq!(parse_size("512"), Ok(512));
        assert_eq!(parse_size("4k"), Ok(4096));
        assert_eq!(parse_size("32G"), Ok(32 << 30));
        assert_eq!(parse_size("2GiB"), Ok(2 << 30));
        for wrong in ["", "G", "1X", "-1G", "1.5G", "99999999999T"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }
}
