//! Sheets of real runs, and those that other programs are tested with.

use fafnir_io::bcl::sample_sheet::SampleSheet;

use crate::{data::data, reads};

const RUN: [i32; 4] = [101, -8, -8, 101];

/// What is expected of a sheet: its numbers of samples and lines, or line, column and message.
enum Expected {
    Read(usize, usize),
    Refused(usize, usize, &'static str),
    /// Read, but refused for the run.
    RefusedForRun(usize, &'static str),
}

use Expected::{Read, Refused, RefusedForRun};

fn check(folder: &str, run: &[i32], sheets: &[(&str, Expected)]) {
    for (name, expected) in sheets {
        let Some(path) = data(&format!("bcl/{folder}/{name}")) else {
            return;
        };
        let sheet = SampleSheet::parse(name, &std::fs::read(path).unwrap());
        match (expected, sheet) {
            (Read(samples, lines), Ok(sheet)) => {
                assert_eq!(
                    (sheet.samples().len(), sheet.libraries().len()),
                    (*samples, *lines),
                    "{name}"
                );
                let plan = sheet.lane(1, &reads(run)).unwrap();
                for (place, &library) in plan.libraries.iter().enumerate() {
                    let [first, second] = &sheet.libraries()[library].indexes;
                    let found = plan.demultiplexer.assign(first, second);
                    assert_eq!(found.map(|found| found.barcode), Some(place), "{name}");
                }
            }
            (Refused(line, column, part), Err(error)) => {
                assert_eq!((error.line, error.column), (*line, *column), "{error}");
                assert!(error.to_string().contains(part), "{error}");
            }
            (RefusedForRun(line, part), Ok(sheet)) => {
                let error = sheet.lane(1, &reads(run)).unwrap_err();
                assert_eq!(error.line, *line, "{error}");
                assert!(error.to_string().contains(part), "{error}");
            }
            (_, result) => panic!("{name}: {result:?}"),
        }
    }
}

#[test]
fn sheets_of_runs() {
    check(
        "viral-core_runinfo/test/input/TestSampleSheet",
        &RUN,
        &[
            ("SampleSheet-miseq-1.csv", Read(20, 20)),
            ("SampleSheet-AEHWY-subset.csv", Read(3, 3)),
            ("SampleSheet-with-blanklines.csv", Read(12, 12)),
            // A sample's name with brackets.
            (
                "SampleSheet-in-Broad-MiSeq-Format_with_Picard_Block.csv",
                Refused(24, 1, "'('"),
            ),
            // CASAVA's, of before sections.
            ("SampleSheet-hiseq-1.csv", Refused(1, 1, "no section")),
            ("SampleSheet-submit-1.csv", Refused(1, 1, "no section")),
            ("SampleSheet-submit-2.csv", Refused(1, 1, "no section")),
            ("SampleSheet-submit-3.csv", Refused(1, 1, "no section")),
            ("SampleSheet-custom-1.txt", Refused(1, 1, "tabs")),
            (
                "SampleSheet-custom-1_macos9-endings.txt",
                Refused(1, 1, "tabs"),
            ),
            (
                "SampleSheet-custom-1_win-endings.txt",
                Refused(1, 1, "tabs"),
            ),
            ("SampleSheet-custom-2.txt", Refused(1, 1, "tabs")),
            (
                "SampleSheet-custom-2_win-endings.tsv",
                Refused(1, 1, "tabs"),
            ),
            (
                "SampleSheet-custom-inner-barcodes-outer-collapse.tsv",
                Refused(1, 1, "tabs"),
            ),
            (
                "SampleSheet-custom-1_win-endings.txt.gz",
                Refused(1, 1, "UTF-16"),
            ),
        ],
    );
    check(
        "viral-core_runinfo/test/input",
        &RUN,
        &[
            ("TestMiseqToBam/SampleSheet.csv", Read(20, 20)),
            (
                "TestDifficultSampleNames/SampleSheet.csv",
                Refused(21, 1, "'/'"),
            ),
            // A quote within quotes, with a backslash before it.
            (
                "TestDifficultSampleNames/SampleSheet-inline-commas-strings.csv",
                Refused(22, 1, "closing quote"),
            ),
        ],
    );
    check(
        "czbiohub_bcl2fastr/test_data/190414_A00111_0296_AHJCWWDSXX",
        &[4, -8, -8, 4],
        &[("SampleSheet.csv", Read(93, 93))],
    );
}

/// czbiohub's own cases name samples by `Sample_Name` alone, which neither bcl2fastq2 nor BCL
/// Convert accepts.
#[test]
fn sheets_without_sample_ids() {
    let names = [
        "no_index",
        "missing_index",
        "no_conflict_w_index2",
        "double_index_samples",
        "bad_file",
        "sample_collision",
        "w_conflict_in_separate_lanes_w_index2",
        "no_sample_name",
        "w_conflict_no_index2_w_lanes",
        "missing_project",
        "w_conflict_w_index2_w_lanes",
    ];
    for name in names {
        let file = format!("{name}.csv");
        check(
            "czbiohub_bcl2fastr/test_data/sample_data",
            &RUN,
            &[(&file, Refused(2, 1, "Sample_ID"))],
        );
    }
}

/// The same cases with the column renamed.
#[test]
fn sheets_with_sample_ids() {
    let run = [4, -5, -5, 4];
    let cases = [
        ("no_index", RefusedForRun(3, "no index")),
        ("missing_index", RefusedForRun(4, "5 cycles")),
        ("no_conflict_w_index2", Read(2, 2)),
        ("double_index_samples", Read(2, 4)),
        ("sample_collision", RefusedForRun(4, "same indexes")),
        ("w_conflict_in_separate_lanes_w_index2", Read(2, 2)),
        (
            "w_conflict_w_index2_w_lanes",
            RefusedForRun(4, "could claim the same read"),
        ),
        ("missing_project", Read(2, 2)),
    ];
    for (name, expected) in cases {
        let Some(path) = data(&format!(
            "bcl/czbiohub_bcl2fastr/test_data/sample_data/{name}.csv"
        )) else {
            return;
        };
        let text = std::fs::read_to_string(path).unwrap();
        let text = text
            .replace("Sample_Name", "Sample_ID")
            .replace("sample_name", "Sample_ID");
        let sheet = SampleSheet::parse(name, text.as_bytes()).unwrap();
        let lane = sheet.lane(1, &reads(&run));
        match (expected, lane) {
            (Read(samples, lines), Ok(_)) => {
                assert_eq!(
                    (sheet.samples().len(), sheet.libraries().len()),
                    (samples, lines),
                    "{name}"
                );
            }
            (RefusedForRun(line, part), Err(error)) => {
                assert_eq!(error.line, line, "{error}");
                assert!(error.to_string().contains(part), "{error}");
            }
            (_, lane) => panic!("{name}: {lane:?}"),
        }
    }
}
