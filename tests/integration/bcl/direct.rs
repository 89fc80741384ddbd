//! `fafnir run` and `fafnir align` straight from run folders: the bytes of going through FASTQ.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

use fafnir::simulate::run_folder::{Format, Positions, Run, RunRead, Tile, TileSize, Writer, call};
use tempfile::TempDir;

use super::run::{Read, bcl, contents, fastq, write_sheet};
use crate::support::{fafnir, folder, names, run, small, stderr, succeed, trusted};

const ADAPTER: &[u8] = b"AGATCGGAAGAGCACACGTCTGAACTCCAGTCAC";
const UMI: usize = 4;
const READ: usize = 150;

/// Indexes of a cluster, in lane 1 and in lane 2: alpha twice, beta, and nobody.
const INDEXES: [[&str; 2]; 4] = [
    ["ACGTACGGTTAA", "TTGCAACCTTGG"],
    ["CCATGGGGTTAA", "TTGCAACCTTGG"],
    ["GATTCAAATTCC", "GATTCAAATTCC"],
    ["TTTTTTCCCCCC", "TTTTTTCCCCCC"],
];

/// A run of the repository's reads: two lanes of two tiles, UMIs before the first reads, two
/// indexes, and adapters in one read of eight, in some of them from the first base on.
fn write(format: Format, paired: bool) -> TempDir {
    let reads = fastq(&small().r1).into_iter().zip(fastq(&small().r2));
    let reads: Vec<(Read, Read)> = reads.collect();
    let mut cycles = vec![
        RunRead::template(UMI + READ),
        RunRead::index(6),
        RunRead::index(6),
    ];
    cycles.extend(paired.then(|| RunRead::template(READ)));
    let in_tile = reads.len() / 4;
    let size = |(lane, tile)| TileSize {
        lane,
        tile,
        clusters: in_tile as u32,
    };
    let generated = Run {
        reads: cycles,
        format,
        positions: Positions::Locs,
        tiles: [(1, 1101), (1, 2102), (2, 1101), (2, 2102)]
            .map(size)
            .to_vec(),
        ..Run::default()
    };
    let folder = folder();
    let mut writer = Writer::create(folder.path(), generated.clone()).unwrap();
    for (size, reads) in generated.tiles.iter().zip(reads.chunks(in_tile)) {
        let mut tile = Tile::random(1, *size, generated.cycles(), &[37]);
        tile.calls.clear();
        for (i, (first, second)) in reads.iter().enumerate() {
            let umi = &b"ACGTNACCA"[i % 6..][..UMI];
            tile.calls.extend(umi.iter().map(|base| call(*base, 30)));
            tile.calls.extend(calls(first, i));
            let index = INDEXES[i % 11 % 4][usize::from(size.lane) - 1];
            tile.calls.extend(index.bytes().map(|base| call(base, 30)));
            if paired {
                tile.calls.extend(calls(second, i));
            }
        }
        writer.write(&tile).unwrap();
    }
    folder
}

fn calls(read: &Read, cluster: usize) -> Vec<u8> {
    let mut bases = read.bases.clone().into_bytes();
    assert_eq!(bases.len(), READ);
    if cluster % 8 == 3 {
        let start = cluster % 5 * 30;
        let end = READ.min(start + ADAPTER.len());
        bases[start..end].copy_from_slice(&ADAPTER[..end - start]);
    }
    let calls = bases.iter().zip(read.qualities.bytes());
    calls.map(|(base, q)| call(*base, q - b'!')).collect()
}

/// Three samples: one with two indexes in lane 1 and another in lane 2, one with an index and cycles
/// of its own, and one without reads.
fn sheet(run: &Path, paired: bool, more: &[&str]) {
    let second = |cycles: &'static str| if paired { cycles } else { "" };
    let mut settings = vec![
        "AdapterRead1,AGATCGGAAGAGCACACGTCTGAACTCCAGTCA",
        "MinimumTrimmedReadLength,0",
        "MaskShortReads,0",
    ];
    if paired {
        settings.push("AdapterRead2,AGATCGGAAGAGCACACGTCTGAACTCCAGTCA");
    }
    settings.extend(more);
    let all = format!("U4Y150;I6;I6{}", second(";Y150"));
    let own = format!("N4Y120N30;I6;I6{}", second(";N10Y140"));
    let samples = [
        format!("1,alpha,ACGTAC,GGTTAA,{all}"),
        format!("1,alpha,CCATGG,GGTTAA,{all}"),
        format!("1,beta,GATTCA,AATTCC,{own}"),
        format!("1,gamma,AAAAAA,AAAAAA,{all}"),
        format!("2,beta,GATTCA,AATTCC,{own}"),
        format!("2,alpha,TTGCAA,CCTTGG,{all}"),
    ];
    let columns = "Lane,Sample_ID,index,index2,OverrideCycles";
    write_sheet(run, &settings, columns, &samples);
}

/// The subcommand on a run folder.
fn direct(subcommand: &str, run: &Path, out: &Path) -> Command {
    let mut command = fafnir();
    command.arg(subcommand).arg("--ref").arg(&small().index);
    command.arg("--bcl-input-directory").arg(run);
    command
        .arg("--output-directory")
        .arg(out)
        .args(["--quiet", "--RGPU", "unit"]);
    command
}

/// The results of samples, by folder and name; not what tells of one run.
fn results(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = contents(out);
    all.retain(|name, _| {
        let record = [".time_metrics.csv", "-replay.json"];
        let of_sample = ["alpha/", "beta/", "gamma/"];
        of_sample.iter().any(|sample| name.starts_with(sample))
            && !record.iter().any(|end| name.ends_with(end))
    });
    all
}

/// The same results by way of FASTQ, and the folder of it.
fn through_fastq(subcommand: &str, run: &Path, options: &[&str]) -> (TempDir, TempDir) {
    let (between, out) = (folder(), folder());
    let mut convert = bcl(run, between.path());
    convert.args(options);
    succeed(convert);
    let list = between.path().join("Reports/fastq_list.csv");
    for sample in ["alpha", "beta", "gamma"] {
        let mut command = fafnir();
        command.arg(subcommand).arg("--ref").arg(&small().index);
        command.arg("--fastq-list").arg(&list);
        command.args(["--fastq-list-sample-id", sample]);
        command
            .arg("--output-directory")
            .arg(out.path().join(sample));
        command.args(["--quiet", "--RGPU", "unit"]);
        succeed(command);
    }
    (between, out)
}

#[track_caller]
fn assert_same(
    expected: &BTreeMap<String, Vec<u8>>,
    found: &BTreeMap<String, Vec<u8>>,
    how: impl std::fmt::Debug,
) {
    let names = |all: &BTreeMap<String, Vec<u8>>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(expected), names(found), "{how:?}");
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{how:?}: {name} differs");
    }
}

/// A paired run, and what FASTQ makes of it.
struct Paired {
    run: TempDir,
    between: TempDir,
    results: BTreeMap<String, Vec<u8>>,
}

fn paired() -> &'static Paired {
    static PAIRED: OnceLock<Paired> = OnceLock::new();
    PAIRED.get_or_init(|| {
        let run = write(Format::BclGzip, true);
        sheet(run.path(), true, &[]);
        let (between, out) = through_fastq("run", run.path(), &[]);
        Paired {
            run,
            between,
            results: results(out.path()),
        }
    })
}

/// Bytes beside the index and one worker, for `--memory`.
fn memory(records: u64) -> String {
    let index = fs::metadata(&small().index).unwrap().len();
    (index + ((512 + 300 + records) << 20)).to_string()
}

#[test]
fn results_are_those_of_fastq() {
    let paired = paired();
    let expected = &paired.results;
    assert!(expected.contains_key("alpha/alpha.bam"));
    assert!(expected.contains_key("beta/beta.hard-filtered.vcf.gz.tbi"));
    let (three, one) = (memory(90), memory(60));
    let ways: [&[&str]; 4] = [
        &["-t", "1"],
        &["-t", "2", "--batch-size", "7"],
        &["-t", "1", "--memory", &three],
        &["-t", "1", "--memory", &one],
    ];
    for options in ways {
        let out = folder();
        let mut command = direct("run", paired.run.path(), out.path());
        let output = command.args(options).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        assert_same(expected, &results(out.path()), options);
        let passes = stderr(&output).contains("the run folder is read 3 times");
        assert_eq!(passes, options.contains(&one.as_str()), "{options:?}");
        for folder in ["", "alpha", "beta", "gamma", "Reports", "Logs"] {
            run(["verify".into(), out.path().join(folder)]);
        }
    }
}

#[test]
fn reports_are_those_of_a_conversion() {
    let paired = paired();
    let out = folder();
    let mut command = direct("align", paired.run.path(), out.path());
    let said = stderr(&command.output().unwrap());
    assert!(
        said.contains("warning: 1 of 3 samples without reads"),
        "{said}"
    );
    let log = fs::read_to_string(out.path().join("Logs/Warnings.log")).unwrap();
    assert!(log.contains("sample gamma: no reads"), "{log}");
    let mut expected = contents(&paired.between.path().join("Reports"));
    expected.remove("fastq_list.csv").unwrap();
    assert_same(&expected, &contents(&out.path().join("Reports")), "Reports");
    let digests = |folder: &Path| fs::read(folder.join("bcl-inputs.sha256")).unwrap();
    assert!(digests(out.path()) == digests(paired.between.path()));

    // What align writes is what run writes but for the calls.
    let of_calls = [".hard-filtered.", ".vc_metrics.", ".model."];
    let mut expected = paired.results.clone();
    expected.retain(|name, _| !of_calls.iter().any(|part| name.contains(part)));
    assert_same(&expected, &results(out.path()), "align");
}

#[test]
fn single_reads() {
    let run = write(Format::BclBgzf, false);
    sheet(run.path(), false, &["AdapterBehavior,mask"]);
    let (_, by_fastq) = through_fastq("align", run.path(), &[]);
    let out = folder();
    succeed(direct("align", run.path(), out.path()));
    assert_same(&results(by_fastq.path()), &results(out.path()), "single");
}

#[test]
fn lanes_tiles_and_splitting_are_chosen_alike() {
    let run = paired().run.path();
    let ways: [&[&str]; 3] = [
        &["--no-lane-splitting", "true"],
        &["--exclude-tiles", "s_1_1101", "--strict-mode"],
        &["--bcl-only-lane", "1", "--first-tile-only"],
    ];
    for options in ways {
        let (_, by_fastq) = through_fastq("align", run, options);
        let out = folder();
        let mut command = direct("align", run, out.path());
        command.args(options);
        succeed(command);
        assert_same(&results(by_fastq.path()), &results(out.path()), options);
    }
}

#[test]
fn samples_are_chosen() {
    let out = folder();
    let mut command = direct("align", paired().run.path(), out.path());
    command.args(["--bcl-sample-id", "gamma,beta"]);
    succeed(command);
    assert_eq!(
        names(out.path())
            .iter()
            .filter(|n| out.path().join(n).is_dir())
            .collect::<Vec<_>>(),
        ["Logs", "Reports", "beta", "gamma"]
    );
    let mut expected = paired().results.clone();
    expected.retain(|name, _| name == "beta/beta.bam" || name == "gamma/gamma.bam");
    let mut found = results(out.path());
    found.retain(|name, _| name.ends_with(".bam"));
    assert_same(&expected, &found, "chosen");
}

#[test]
fn the_statement_tells_the_conversion() {
    let out = folder();
    let mut command = direct("align", paired().run.path(), out.path());
    command.args(["--exclude-tiles", "s_2_2", "--bcl-sample-id", "beta"]);
    succeed(command);
    let keys = [trusted()];
    let report = fafnir::verify_path(out.path().join("beta"), &keys).unwrap();
    let definition = &report.envelopes[0].statement.predicate.build_definition;
    let demultiplexing = &definition.external_parameters["demultiplexing"];
    assert_eq!(demultiplexing["excludeTiles"][0], "s_2_2");
    assert_eq!(demultiplexing["strictMode"], false);
    let inputs: Vec<_> = definition.resolved_dependencies.iter().collect();
    let list = fs::read(out.path().join("bcl-inputs.sha256")).unwrap();
    let text = serde_json::to_string(&inputs).unwrap();
    assert!(text.contains("sample sheet"), "{text}");
    let digest = fafnir_attest::FileDigest::of(&list).sha256.to_string();
    assert!(text.contains(&digest), "{text}");
    let replay = fs::read_to_string(out.path().join("beta/beta-replay.json")).unwrap();
    assert!(replay.contains("\"bcl-sample-id\""), "{replay}");
}

#[test]
fn damaged_tiles_are_refused_or_filled() {
    let run = write(Format::Bcl, true);
    sheet(run.path(), true, &[]);
    let lane = run.path().join("Data/Intensities/BaseCalls/L002");
    fs::remove_file(lane.join("C30.1/s_2_2102.bcl")).unwrap();
    let out = folder();
    let mut command = direct("align", run.path(), out.path());
    let refused = command.arg("--strict-mode").output().unwrap();
    assert_eq!(refused.status.code(), Some(10), "{}", stderr(&refused));
    let said = stderr(&refused);
    assert!(said.contains("cycle 30: the file is missing"), "{said}");
    assert!(contents(out.path()).is_empty());

    let (_, by_fastq) = through_fastq("align", run.path(), &[]);
    let filled = direct("align", run.path(), out.path()).output().unwrap();
    assert!(filled.status.success(), "{}", stderr(&filled));
    assert!(stderr(&filled).contains("filled with N"));
    assert_same(&results(by_fastq.path()), &results(out.path()), "filled");
}

#[test]
fn one_sample_that_fails_leaves_the_others() {
    let out = folder();
    // A folder in the place of a file: it cannot be replaced, which is found out at the end.
    fs::create_dir_all(out.path().join("beta/beta.bam/in-the-way")).unwrap();
    let mut command = direct("align", paired().run.path(), out.path());
    let output = command.arg("--force").output().unwrap();
    let said = stderr(&output);
    assert_ne!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("samples without results: beta: "), "{said}");
    assert!(
        said.contains("complete and signed: alpha, gamma;"),
        "{said}"
    );
    for sample in ["alpha", "gamma"] {
        run(["verify".into(), out.path().join(sample)]);
    }
    assert_eq!(names(&out.path().join("beta")), ["beta.bam"]);

    // And it is run again alone.
    fs::remove_dir_all(out.path().join("beta")).unwrap();
    let mut again = direct("align", paired().run.path(), out.path());
    again.args(["--bcl-sample-id", "beta", "--force"]);
    succeed(again);
    for folder in ["", "alpha", "beta", "gamma", "Reports"] {
        run(["verify".into(), out.path().join(folder)]);
    }
}

#[test]
fn wrong_usage() {
    let run = paired().run.path();
    let out = folder();
    let fails = |options: &[&str]| -> Output {
        let mut command = direct("align", run, out.path());
        command.args(options).output().unwrap()
    };
    let cases: [(&[&str], i32, &str); 7] = [
        (&["--bcl-sample-id", "delta"], 2, "--bcl-sample-id delta"),
        (&["-1", "reads.fastq"], 2, "cannot be used with"),
        (&["--RGSM", "alpha"], 2, "cannot be used with"),
        (&["--output-file-prefix", "x"], 2, "cannot be used with"),
        (&["--unsorted", "-o", "-"], 2, "cannot be used with"),
        (&["--tiles", "s_9"], 2, "no tile is left"),
        (&["-t", "1", "--memory", &memory(1)], 20, "three tiles"),
    ];
    for (options, status, why) in cases {
        let output = fails(options);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{options:?}: {said}");
        assert!(said.contains(why), "{options:?}: {said}");
    }
    let mut command = fafnir();
    command.args(["run", "-r", "x", "-1", "r.fastq", "--RGSM", "s"]);
    let output = command.args(["--tiles", "s_1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--bcl-input-directory"));

    succeed(direct("align", run, out.path()));
    let before = contents(out.path());
    let output = direct("align", run, out.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(contents(out.path()) == before);
}

#[test]
fn samples_without_first_reads_are_refused() {
    let run = write(Format::Bcl, true);
    let columns = "Sample_ID,index,index2,OverrideCycles";
    let cases = [
        (
            ["a,ACGTAC,GGTTAA,N154;I6;I6;Y150", ""],
            "no cycle of read 1",
        ),
        (
            [
                "a,ACGTAC,GGTTAA,Y154;I6;I6;Y150",
                "a,CCATGG,GGTTAA,Y154;I6;I6;N150",
            ],
            "read 2 in some lines",
        ),
    ];
    for (lines, why) in cases {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        write_sheet(run.path(), &[], columns, &lines);
        let out = folder();
        let output = direct("align", run.path(), out.path()).output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(10), "{said}");
        assert!(said.contains(why), "{said}");
        assert!(names(out.path()).is_empty());
    }
}
