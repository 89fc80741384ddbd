//! Runs the program, makes its inputs, finds other people's tools.

use std::io::Write as _;
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use fafnir::simulate::{Simulation, SimulationOptions, Written, genome::GenomeOptions};
use tempfile::TempDir;

/// A folder that lives as long as the test binary; removed by the next run.
fn fixtures() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fafnir-integration");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    })
}

/// The program, with a key folder of its own.
pub(crate) fn fafnir() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fafnir"));
    command
        .env("FAFNIR_KEY_DIR", fixtures().join("keys"))
        .env_remove("FAFNIR_FORCE_ISA");
    command
}

/// The public half of the key that the program signs with in these tests.
pub(crate) fn trusted() -> fafnir::VerifyingKey {
    let shown = run(["key", "show"]).stdout;
    let path = fixtures().join("trusted.pem");
    let shown = String::from_utf8(shown).unwrap();
    let end = shown.find("key id").unwrap();
    fs::write(&path, &shown[..end]).unwrap();
    fafnir::VerifyingKey::load(&path).unwrap()
}

/// Runs the program and expects success.
pub(crate) fn run<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Output {
    let output = fafnir().args(args).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    output
}

/// Runs the program, expects this exit status, and gives what it said.
pub(crate) fn fails<A: AsRef<OsStr>>(status: i32, args: impl IntoIterator<Item = A>) -> String {
    let output = fafnir().args(args).output().unwrap();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains("error: "), "no error line: {said}");
    said
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A fresh folder.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in(fixtures()).unwrap()
}

/// A genome, its reads, and its index.
pub(crate) struct Sample {
    pub(crate) reference: PathBuf,
    pub(crate) index: PathBuf,
    pub(crate) r1: PathBuf,
    pub(crate) r2: PathBuf,
}

impl Sample {
    pub(crate) fn new(reference: PathBuf, r1: PathBuf, r2: PathBuf, name: &str) -> Self {
        let index = fixtures().join(name).with_extension("fafnir");
        run([
            OsStr::new("index"),
            reference.as_ref(),
            "-o".as_ref(),
            index.as_ref(),
        ]);
        Self {
            reference,
            index,
            r1,
            r2,
        }
    }

    /// The subcommand on the sample's reads, or without any for `call`, into `folder` with the
    /// prefix `s`.
    pub(crate) fn command(&self, subcommand: &str, folder: &Path) -> Command {
        if subcommand == "call" {
            return self.without_reads(subcommand, folder);
        }
        let [r1, r2] = [&self.r1, &self.r2].map(|path| path.to_str().unwrap());
        self.command_on(subcommand, &["-1", r1, "-2", r2], folder)
    }

    /// The same on other reads of the sample, given by these options.
    pub(crate) fn command_on(&self, subcommand: &str, reads: &[&str], folder: &Path) -> Command {
        let mut command = self.without_reads(subcommand, folder);
        command.args(["--RGSM", "s", "--RGLB", "lib", "--RGPL", "ILLUMINA"]);
        command.args(reads);
        command
    }

    fn without_reads(&self, subcommand: &str, folder: &Path) -> Command {
        let mut command = fafnir();
        command.arg(subcommand).arg("--ref").arg(&self.index);
        command.arg("--output-directory").arg(folder);
        command.args(["--output-file-prefix", "s", "--quiet"]);
        command
    }
}

/// What the repository carries: 25 kb in two contigs, 1,200 pairs.
pub(crate) fn small() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let data = repository("testdata");
        Sample::new(
            data.join("ref.fa"),
            data.join("reads_R1.fastq.gz"),
            data.join("reads_R2.fastq.gz"),
            "small",
        )
    })
}

/// Several tiles: 900 kb in two contigs at tenfold depth.
pub(crate) fn tiled() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let mut options = SimulationOptions {
            seed: 7,
            genome: GenomeOptions::of_size(900_000, 2),
            positions: false,
            ..SimulationOptions::default()
        };
        options.reads.depth = 10.0;
        options.variants.snv_rate = 0.002;
        let Written {
            reference, r1, r2, ..
        } = Simulation::new(options)
            .write_to(&fixtures().join("tiled"))
            .unwrap();
        Sample::new(reference, r1, r2.unwrap(), "tiled")
    })
}

/// The results of one `fafnir run` of [`tiled`], shared by tests that only read them.
pub(crate) fn tiled_results() -> &'static Path {
    static RESULTS: OnceLock<PathBuf> = OnceLock::new();
    RESULTS.get_or_init(|| {
        let folder = fixtures().join("tiled-results");
        succeed(tiled().command("run", &folder));
        folder
    })
}

/// Runs a command and expects success; gives its standard output.
pub(crate) fn succeed(mut command: Command) -> Vec<u8> {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        stderr(&output)
    );
    output.stdout
}

/// Runs a command that must end with this exit status and leave nothing in `out`; gives what it
/// said.
#[track_caller]
pub(crate) fn refused(status: i32, mut command: Command, out: &Path) -> String {
    let output = command.output().unwrap();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert_eq!(names(out), [""; 0], "something was left behind");
    said
}

/// Repeats the run whose results lie in `from`, by its replay file, into `to`.
pub(crate) fn replay(subcommand: &str, from: &Path, to: &Path) {
    let mut command = fafnir();
    command
        .arg(subcommand)
        .arg("-c")
        .arg(from.join("s-replay.json"));
    command.arg("--output-directory").arg(to);
    succeed(command);
}

/// Picard's ValidateSamFile, with more arguments, finds no error in a BAM file.
#[track_caller]
pub(crate) fn assert_valid(mut picard: Command, bam: &Path, more: &[String]) {
    picard.args(["ValidateSamFile", "MODE=VERBOSE", "QUIET=true"]);
    picard.arg(format!("I={}", bam.display())).args(more);
    let said = String::from_utf8(succeed(picard)).unwrap();
    assert!(said.contains("No errors found"), "{more:?} {said}");
}

/// A file or folder of the test data, if it is there: `FAFNIR_TEST_DATA` names their folder.
pub(crate) fn data(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("FAFNIR_TEST_DATA")
        .map_or_else(|| repository("../shared/data"), PathBuf::from);
    let path = root.join(path);
    if path.exists() {
        return Some(path);
    }
    // Data need not be everywhere, even where all tools must be.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {} is missing", path.display());
    None
}

/// Another tool of the field, if it is installed. Where it is not, the test is skipped, loudly,
/// unless `FAFNIR_REQUIRE=all` demands it.
pub(crate) fn tool(name: &str) -> Option<Command> {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|folder| folder.join(name).is_file());
    if found {
        return Some(Command::new(name));
    }
    skip(&format!("{name} is not installed"));
    None
}

/// Skips a test, loudly, unless `FAFNIR_REQUIRE=all` demands it.
pub(crate) fn skip(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
    assert_ne!(
        std::env::var("FAFNIR_REQUIRE").as_deref(),
        Ok("all"),
        "{why}"
    );
}

/// Names of all files in a folder, hidden ones too, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The uncompressed bytes of a plain or gzipped file.
pub(crate) fn gunzip(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).unwrap();
    std::io::Read::read_to_end(&mut fafnir_io::decode::Decoder::new(file), &mut bytes).unwrap();
    bytes
}
