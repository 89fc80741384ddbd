//! What a caller of the pipeline decides.

use std::path::PathBuf;

use fafnir_aligner::{AlignerOptions, IndexLoader, InsertSizes, Orientation};
use fafnir_attest::InputProof;
use fafnir_io::trim::TrimmerOptions;
use fafnir_variant_caller::{CallerOptions, Karyotype};

/// Parameters of a pipeline. Those that change results stand first; the others change only how
/// fast it goes and what the files are called.
#[derive(Clone, Debug)]
pub struct Options {
    /// Scores and limits of mapping.
    pub aligner: AlignerOptions,
    /// What is cut off reads before they are mapped; nothing by default.
    pub trimmer: TrimmerOptions,
    /// What is known of the libraries' pairs.
    pub pairs: PairOptions,
    /// Parameters of calling.
    pub caller: CallerOptions,
    /// Which error model calls are made with.
    pub model: ModelChoice,
    /// Whether duplicates are marked.
    pub mark_duplicates: bool,
    /// Whether they are left out of the BAM. Metrics then count the reads that stay.
    pub remove_duplicates: bool,
    /// Name of a read whose mapping is told to the log; changes no result.
    pub explain_read: Option<String>,
    /// Where variants are called: BED files and regions; everywhere where there is none. Reads are
    /// mapped in full either way.
    pub targets: Vec<PathBuf>,
    /// Bases on both sides of each of them where variants are called too.
    pub target_padding: u32,
    /// Sex of the sample, which decides the copies of X, Y and the mitochondrion.
    pub sample_sex: SexChoice,
    /// BED file of the regions that X and Y have in common; `None` is those of b37, hg19, GRCh38 and
    /// T2T-CHM13.
    pub par_bed: Option<PathBuf>,
    /// BED file of regions with a ploidy of their own, 0, 1 or 2, in its fourth column.
    pub ploidy_bed: Option<PathBuf>,
    /// VCF file of known variants, whose names calls get.
    pub dbsnp: Option<PathBuf>,
    /// VCF file of alleles that are genotyped whether reads show them or not.
    pub forced: Option<PathBuf>,
    /// Recalibration that sets QUAL and filters of calls, signed; `None` leaves them as they are.
    pub recalibration: Option<PathBuf>,
    /// PEM files of the public keys that it may be signed by; the machine's development key where there
    /// are none.
    pub recalibration_keys: Vec<PathBuf>,
    /// Whether a table of what calls are judged by is written beside them.
    pub emit_features: bool,
    /// libdeflate level of BAM and VCF, 0 to 12.
    pub compression_level: u8,
    /// Threads that work, or fewer where `memory` does not suffice for so many; reading, sorting into
    /// tiles and writing add a little beside them.
    pub threads: usize,
    /// Templates that travel together. Changes nothing but speed.
    pub batch_size: usize,
    /// Bytes of memory to plan with.
    pub memory: Option<u64>,
    /// How the index gets into memory. Changes nothing but speed.
    pub index_loader: IndexLoader,
    /// Folder for what does not fit into memory; the output's own by default.
    pub temporary_directory: Option<PathBuf>,
    /// PEM file of the key that signs; without it the machine's development key does, and the
    /// statement says so.
    pub key: Option<PathBuf>,
    /// Which devices may take part, and how they are checked.
    pub devices: DeviceOptions,
}

/// What is known of pairs; what is not is learned from the first ones of each read group.
#[derive(Clone, Copy, Debug, Default)]
pub struct PairOptions {
    /// The only orientation of proper pairs.
    pub orientation: Option<Orientation>,
    /// Lengths of fragments; those of pairs that face each other unless `orientation` says else.
    pub insert_sizes: Option<InsertSizes>,
}

/// Where the model of a library's indel errors comes from: what reads with a longer or shorter repeat
/// are worth.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum ModelChoice {
    /// It is estimated from the sample's own reads, before calling begins; what they are too few for is
    /// built in.
    #[default]
    Auto,
    /// The one that is built in.
    BuiltIn,
    /// A file, `PREFIX.model.json` of an earlier run.
    File(PathBuf),
}

impl From<&str> for ModelChoice {
    /// `auto`, `default`, or the name of a file.
    fn from(text: &str) -> Self {
        match text {
            "auto" => Self::Auto,
            "default" => Self::BuiltIn,
            file => Self::File(file.into()),
        }
    }
}

/// Where the copies of X, Y and the mitochondrion come from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SexChoice {
    /// They are estimated with the error model, or stand in its file. Where neither tells they are those
    /// of the other contigs, as in an organism whose contigs have one copy each.
    #[default]
    Auto,
    /// They are those of the other contigs.
    None,
    /// These.
    Given(Karyotype),
}

impl std::str::FromStr for SexChoice {
    type Err = String;

    /// Reads `auto`, `none`, `male`, `female`, or chromosomes as in `XXY`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "none" => Ok(Self::None),
            _ => text.parse().map(Self::Given).map_err(|_| {
                "use auto, male, female, none, or chromosomes as in XXY and X0".into()
            }),
        }
    }
}

/// Which devices may take part. Changes no result.
#[derive(Clone, Debug, Default)]
pub struct DeviceOptions {
    /// The devices.
    pub choice: DeviceChoice,
    /// Whether everything that a device computed is computed again, and not a sample of it.
    pub paranoid: bool,
    /// Folders of kernel packages: programs for devices that cannot build kernels from source.
    pub packages: Vec<PathBuf>,
    /// PEM files of the public keys that such a package may be signed by; the machine's development
    /// key where there are none.
    pub package_keys: Vec<PathBuf>,
    /// The program that owns a device; `fafnir-device-host` beside the running program by default.
    pub host: Option<PathBuf>,
}

/// Where kernels run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum DeviceChoice {
    /// On the CPU, and on every device that is faster than one of its cores.
    #[default]
    Auto,
    /// On the CPU alone.
    Cpu,
    /// On the CPU and on the OpenCL devices of this name, or a part of it, however slow they are.
    OpenCl(String),
}

impl std::str::FromStr for DeviceChoice {
    type Err = String;

    /// Reads `auto`, `cpu` or `opencl:NAME`.
    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("opencl:")) {
            ("auto", _) => Ok(Self::Auto),
            ("cpu", _) => Ok(Self::Cpu),
            (_, Some(name)) if !name.is_empty() => Ok(Self::OpenCl(name.to_owned())),
            _ => Err("use auto, cpu, or opencl:NAME with a name that fafnir devices tells".into()),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            aligner: AlignerOptions::default(),
            trimmer: TrimmerOptions::default(),
            pairs: PairOptions::default(),
            caller: CallerOptions::default(),
            model: ModelChoice::default(),
            mark_duplicates: true,
            remove_duplicates: false,
            explain_read: None,
            targets: Vec::new(),
            target_padding: 0,
            sample_sex: SexChoice::default(),
            par_bed: None,
            ploidy_bed: None,
            dbsnp: None,
            forced: None,
            recalibration: None,
            recalibration_keys: Vec::new(),
            emit_features: false,
            compression_level: 1,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            batch_size: 4096,
            memory: None,
            index_loader: IndexLoader::default(),
            temporary_directory: None,
            key: None,
            devices: DeviceOptions::default(),
        }
    }
}

/// Where results go, and what they are called.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// The folder; made where it is missing.
    pub directory: PathBuf,
    /// What the names of the files start with.
    pub prefix: String,
    /// Whether earlier results of this name may be replaced.
    pub force: bool,
    /// What is written to `PREFIX-replay.json`: the caller's own record of how to repeat the run.
    /// Null writes none.
    /// An object gets what the run decided itself under `effective`.
    pub replay: serde_json::Value,
    /// Proof of what the caller read for this run, such as a file of options; it goes into the
    /// statement.
    pub inputs: Vec<InputProof>,
}
