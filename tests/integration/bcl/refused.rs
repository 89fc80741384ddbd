//! What is damaged or wrong: refused with its exit status and place, or filled.

use std::fs;
use std::path::{Path, PathBuf};

use fafnir::simulate::run_folder::Format;

use super::generated::{sheet, write};
use super::run::{bcl, fastq, write_sheet};
use crate::support::{folder, names, stderr};

/// Runs `fafnir bcl` with these options and gives exit status and what it said.
fn convert(run: &Path, options: &[&str]) -> (i32, String, tempfile::TempDir) {
    let out = folder();
    let output = bcl(run, out.path()).args(options).output().unwrap();
    let status = output.status.code().unwrap();
    if status != 0 {
        assert!(names(out.path()).is_empty(), "{:?}", names(out.path()));
    }
    (status, stderr(&output), out)
}

fn lane_file(run: &Path, name: &str) -> PathBuf {
    run.join("Data/Intensities/BaseCalls/L001").join(name)
}

/// Damages a folder: strict mode refuses it and says `said`, otherwise bases become `N`.
fn strict_or_filled(format: Format, said: &str, damage: impl Fn(&Path)) {
    let (run, _) = write(format, 20);
    sheet(run.path(), &[]);
    damage(run.path());
    let (status, message, _) = convert(run.path(), &["--strict-mode", "true"]);
    assert_eq!(status, 10, "{message}");
    assert!(message.contains(said), "{message}");
    let (status, message, out) = convert(run.path(), &[]);
    assert_eq!(status, 0, "{message}");
    assert!(
        message.contains("warning: ") && message.contains(said),
        "{message}"
    );
    assert!(
        names(out.path())
            .iter()
            .any(|name| name.starts_with("Undetermined"))
    );
}

#[test]
fn a_missing_cycle() {
    strict_or_filled(Format::Bcl, "cycle 3: the file is missing", |run| {
        fs::remove_file(lane_file(run, "C3.1/s_1_1101.bcl")).unwrap();
    });
}

#[test]
fn filled_calls_are_n_of_quality_2() {
    let (run, tiles) = write(Format::Bcl, 21);
    write_sheet(run.path(), &[], "Sample_ID", &["s".to_owned()]);
    fs::remove_file(lane_file(run.path(), "C3.1/s_1_1101.bcl")).unwrap();
    let (status, _, out) = convert(run.path(), &["--tiles", "s_1_1101"]);
    assert_eq!(status, 0);
    let reads = fastq(&out.path().join("s_S1_L001_R1_001.fastq.gz"));
    assert_eq!(reads.len(), tiles[0].passes.iter().filter(|p| **p).count());
    for read in reads {
        assert_eq!((&read.bases[2..3], &read.qualities[2..3]), ("N", "#"));
        assert_ne!(&read.bases[3..10], "NNNNNNN");
    }
}

#[test]
fn truncated_bgzf() {
    strict_or_filled(Format::BclBgzf, "0005.bcl.bgzf", |run| {
        let path = lane_file(run, "0005.bcl.bgzf");
        let bytes = fs::read(&path).unwrap();
        fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    });
}

#[test]
fn filter_and_positions_that_disagree() {
    strict_or_filled(Format::Bcl, "clusters, but the tile has", |run| {
        let path = run.join("Data/Intensities/L001/s_1_1101.locs");
        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(bytes.len() - 8);
        bytes[8..12].copy_from_slice(&699_u32.to_le_bytes());
        fs::write(path, bytes).unwrap();
    });
}

#[test]
fn sheets_name_line_and_column() {
    let (run, _) = write(Format::Bcl, 22);
    let dual = "Lane,Sample_ID,index,index2";
    let strict = ["BarcodeMismatchesIndex1,0", "BarcodeMismatchesIndex2,0"];
    type Case<'a> = (&'a [&'a str], &'a str, &'a [&'a str], &'a str);
    let cases: &[Case] = &[
        (
            &strict,
            dual,
            &["1,a,AC,GTT", "1,b,AC,GTT"],
            "line 11, column 3",
        ),
        (&strict, dual, &["1,a,ACGTACGT,GTT"], "line 10, column 3"),
        (&strict, dual, &["1,a,AC,GTTA"], "line 10, column 4"),
        (&strict, dual, &["1,a/b,AC,GTT"], "line 10, column 2"),
        (&strict, dual, &["7,a,AC,GTT"], "line 10"),
        (
            &["BarcodeMismatchesIndex1,9"],
            dual,
            &["1,a,AC,GTT"],
            "line 5, column 2",
        ),
        (
            &["OverrideCycles,Y40;I2;I3;Y36"],
            dual,
            &["1,a,AC,GTT"],
            "line 5, column 2",
        ),
        (
            &["NoSuchSetting,1"],
            dual,
            &["1,a,AC,GTT"],
            "line 5, column 1",
        ),
    ];
    for (settings, columns, lines, place) in cases {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        write_sheet(run.path(), settings, columns, &lines);
        let (status, message, _) = convert(run.path(), &[]);
        assert_eq!(status, 10, "{message}");
        assert!(
            message.contains(&format!("SampleSheet.csv: {place}")),
            "{place}: {message}"
        );
    }
    let text = "[Header]\nFileFormatVersion,2\n[Reads]\nRead1Cycles,40\nRead2Cycles,0\n\
        [BCLConvert_Data]\nSample_ID,index,index2\na,AC,GTT\n";
    fs::write(run.path().join("SampleSheet.csv"), text).unwrap();
    let (status, message, _) = convert(run.path(), &[]);
    assert_eq!(status, 10);
    assert!(message.contains("line 5, column 2"), "{message}");

    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    fs::write(run.path().join("SampleSheet.csv"), utf16).unwrap();
    let (status, message, _) = convert(run.path(), &[]);
    assert_eq!(status, 10);
    assert!(message.contains("UTF-16"), "{message}");
}

#[test]
fn external_entities() {
    let (run, _) = write(Format::Bcl, 23);
    sheet(run.path(), &[]);
    let path = run.path().join("RunInfo.xml");
    let text = fs::read_to_string(&path).unwrap();
    let entity = "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><RunInfo";
    fs::write(&path, text.replacen("<RunInfo", entity, 1)).unwrap();
    let (status, message, _) = convert(run.path(), &[]);
    assert_eq!(status, 10);
    assert!(message.contains("RunInfo.xml: line "), "{message}");
}

#[test]
fn wrong_usage() {
    let (run, _) = write(Format::Bcl, 24);
    sheet(run.path(), &[]);
    let cases: [(&[&str], i32, &str); 7] = [
        (&["--tiles", "s_[1"], 2, "s_[1"),
        (&["--tiles", "s_9"], 2, "no tile is left"),
        (&["--bcl-only-lane", "3"], 2, "--bcl-only-lane 3"),
        (&["--bcl-only-lane", "0"], 2, "--bcl-only-lane"),
        (
            &["--sample-sheet", "/nonexistent.csv"],
            10,
            "/nonexistent.csv",
        ),
        (&["--memory", "1M"], 20, "--memory"),
        (&["--compression-level", "13"], 2, "13"),
    ];
    for (options, expected, said) in cases {
        let (status, message, _) = convert(run.path(), options);
        assert_eq!(status, expected, "{message}");
        assert!(message.contains(said), "{message}");
    }
    let (status, message, _) = convert(folder().path(), &[]);
    assert_eq!(status, 10, "{message}");
}

#[test]
fn earlier_results_stay_unless_forced() {
    let (run, _) = write(Format::Bcl, 25);
    sheet(run.path(), &[]);
    let out = folder();
    let convert = |options: &[&str]| {
        let output = bcl(run.path(), out.path()).args(options).output().unwrap();
        output.status.code()
    };
    assert_eq!(convert(&[]), Some(0));
    let before = super::run::contents(out.path());
    assert_eq!(convert(&[]), Some(2));
    assert!(super::run::contents(out.path()) == before);
    assert_eq!(convert(&["--force"]), Some(0));
    assert!(super::run::contents(out.path()) == before);
}
