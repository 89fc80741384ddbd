//! What a sheet means for a lane of a run.

use fafnir_io::bcl::sample_sheet::{LanePlan, SampleSheet, SheetError};

use crate::reads;

fn lane(text: &str, lane: u8, run: &[i32]) -> Result<LanePlan, SheetError> {
    SampleSheet::parse("sheet.csv", text.as_bytes())
        .unwrap()
        .lane(lane, &reads(run))
}

fn claimed(plan: &LanePlan, index1: &[u8], index2: &[u8]) -> Option<usize> {
    plan.demultiplexer
        .assign(index1, index2)
        .map(|found| plan.libraries[found.barcode])
}

const RUN: [i32; 4] = [50, -8, -8, 50];

#[test]
fn lanes_have_their_own_samples() {
    let text =
        "[Data]\nLane,Sample_ID,index,index2\n1,a,AAAAAAAA,CCCCCCCC\n2,b,AAAAAAAA,CCCCCCCC\n";
    for number in [1, 2] {
        let plan = lane(text, number, &RUN).unwrap();
        assert_eq!(
            claimed(&plan, b"AAAAAAAA", b"CCCCCCCC"),
            Some(usize::from(number) - 1)
        );
    }
    assert_eq!(
        claimed(&lane(text, 3, &RUN).unwrap(), b"AAAAAAAA", b"CCCCCCCC"),
        None
    );
    let text = "[Data]\nSample_ID,index,index2\na,AAAAAAAA,CCCCCCCC\n";
    assert_eq!(
        claimed(&lane(text, 7, &RUN).unwrap(), b"AAAAAAAA", b"CCCCCCCC"),
        Some(0)
    );
}

#[test]
fn the_second_index_is_turned_as_run_and_sheet_say() {
    let text = |settings: &str| {
        format!(
            "[BCLConvert_Settings]\n{settings}[BCLConvert_Data]\nSample_ID,index,index2\na,AAAAAAAA,AACCGGTG\n"
        )
    };
    let (plain, flagged) = (RUN, [50, -8, -1008, 50]);
    let (forward, turned) = (b"AACCGGTG", b"CACCGGTT");
    let column = "Index2ColumnReverseComplement,Y\n";
    let said = "RunInfoIndex2ReverseComplement,1\n";
    let denied = "RunInfoIndex2ReverseComplement,0\n";
    for (settings, run, read) in [
        ("", plain, forward),
        ("", flagged, turned),
        (column, plain, turned),
        (column, flagged, forward),
        (said, plain, turned),
        (denied, flagged, forward),
    ] {
        let plan = lane(&text(settings), 1, &run).unwrap();
        assert_eq!(
            claimed(&plan, b"AAAAAAAA", read),
            Some(0),
            "{settings} {run:?}"
        );
        let other = if read == forward { turned } else { forward };
        assert_eq!(
            claimed(&plan, b"AAAAAAAA", other),
            None,
            "{settings} {run:?}"
        );
    }
}

#[test]
fn samples_have_cycles_of_their_own() {
    let text = "[BCLConvert_Settings]\n[BCLConvert_Data]\nSample_ID,index,index2,OverrideCycles\n\
        a,AAAAAAAA,CCCCCC,Y50;I8;I6N2;Y50\nb,GGGGGG,,Y50;I6U2;N8;Y50\nc,TTTTTTTT,CCCCCC,Y50;I8;I6N2;Y50\n";
    let plan = lane(text, 1, &RUN).unwrap();
    assert_eq!(
        (plan.plans.len(), plan.plan_of.as_slice()),
        (2, &[0, 1, 0][..])
    );
    assert_eq!(claimed(&plan, b"GGGGGGTT", b"NNNNNNNN"), Some(1));
    assert_eq!(claimed(&plan, b"AAAAAAAA", b"CCCCCCTT"), Some(0));
    // Whose read it is nobody knows, so that all of its cycles are written.
    assert_eq!(plan.undetermined.reads()[1].kept, [50..58]);
    let text = "[BCLConvert_Settings]\nOverrideCycles,U5Y45;I8;I8;Y50\n[BCLConvert_Data]\nSample_ID,index,index2\na,AAAAAAAA,CCCCCCCC\n";
    let plan = lane(text, 1, &RUN).unwrap();
    assert_eq!(plan.undetermined.reads()[0].kept, [5..50]);
}

#[test]
fn errors_lead_to_the_cell() {
    let error = |text: &str, run: &[i32]| {
        let error = lane(text, 1, run).unwrap_err();
        (error.line, error.column, error.to_string())
    };
    let settings = "[BCLConvert_Settings]\nOverrideCycles,Y50;I8;Y50\n[BCLConvert_Data]\nSample_ID,index\na,AAAAAAAA\n";
    assert_eq!((error(settings, &RUN).0, error(settings, &RUN).1), (2, 2));
    let data = "[BCLConvert_Data]\nSample_ID,index,OverrideCycles\na,AAAAAAAA,Y50;I8;N8;Y49\n";
    assert_eq!((error(data, &RUN).0, error(data, &RUN).1), (3, 3));
    let long = "[Data]\nSample_ID,index,index2\na,AAAAAAAA,CCCCCCCCC\n";
    let (line, column, message) = error(long, &RUN);
    assert_eq!((line, column), (3, 3));
    assert!(
        message.contains("lane 1: index \"CCCCCCCCC\" has 9 bases, but the run has 8 cycles"),
        "{message}"
    );
    let short = "[BCLConvert_Data]\nSample_ID,index,index2\na,AAAAAAAA,CCCCCC\n";
    assert!(error(short, &RUN).2.contains("I8N2"));
    let same = "[Data]\nSample_ID,index,index2\na,AAAAAAAA,CCCCCCCC\nb,AAAAAAAA,CCCCCCCC\n";
    let (line, _, message) = error(same, &RUN);
    assert!(line == 4 && message.contains("line 3"), "{message}");
    let independent = "[BCLConvert_Settings]\nIndependentIndexCollisionCheck,1\n[BCLConvert_Data]\nSample_ID,index,index2\na,AAAAAAAA,CCCCCCCC\nb,TTTTTTTT,CCCCCCCA\n";
    assert_eq!(
        (error(independent, &RUN).0, error(independent, &RUN).1),
        (6, 3)
    );
}

#[test]
fn shorter_indexes_are_allowed_in_version_1_alone() {
    let text = "[Data]\nSample_ID,index\na,AAAAAA\nb,CCCCCCCC\n";
    let plan = lane(text, 1, &RUN).unwrap();
    assert_eq!(claimed(&plan, b"AAAAAAGG", b"TTTTTTTT"), Some(0));
    assert!(lane(&text.replace("[Data]", "[BCLConvert_Data]"), 1, &RUN).is_err());
}

#[test]
fn one_sample_without_index_takes_all() {
    let plan = lane("[Data]\nSample_ID\na\n", 1, &RUN).unwrap();
    assert_eq!(claimed(&plan, b"NNNNNNNN", b"ACGTACGT"), Some(0));
    assert_eq!(
        claimed(&lane("[Data]\nSample_ID\na\n", 1, &[50]).unwrap(), b"", b""),
        Some(0)
    );
    assert!(lane("[Data]\nSample_ID\na\nb\n", 1, &RUN).is_err());
}
