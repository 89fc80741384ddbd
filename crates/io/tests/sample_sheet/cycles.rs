//! `OverrideCycles`.

use fafnir_io::bcl::override_cycles::{CycleError, CyclePlan};
use proptest::prelude::*;

use crate::reads;

fn error(run: &[i32], text: &str) -> CycleError {
    CyclePlan::new(&reads(run), Some(text)).unwrap_err()
}

#[test]
fn without_it_each_read_is_of_its_kind() {
    let plan = CyclePlan::new(&reads(&[151, -8, -8, 151]), None).unwrap();
    let kept: Vec<_> = plan.reads().iter().map(|read| read.kept.clone()).collect();
    assert_eq!(kept, [[0..151], [151..159], [159..167], [167..318]]);
    let numbers: Vec<_> = plan.reads().iter().map(|read| read.number).collect();
    assert_eq!(numbers, [1, 1, 2, 2]);
    assert_eq!(plan.umi_reads().count(), 0);
}

#[test]
fn letters_give_ranges_over_the_run() {
    let run = reads(&[151, -17, -8, 151]);
    let plan = CyclePlan::new(&run, Some("U7N1Y143; I8U9; N8; n1u7Y143")).unwrap();
    let [first, index1, index2, second] = plan.reads() else {
        panic!("four reads");
    };
    assert_eq!(
        (first.umi.as_slice(), first.kept.as_slice()),
        (&[0..7][..], &[8..151][..])
    );
    assert_eq!(first.kept_and_umi, [0..7, 8..151]);
    assert_eq!(
        (index1.kept.as_slice(), index1.umi.as_slice()),
        (&[151..159][..], &[159..168][..])
    );
    assert_eq!(index1.kept_and_umi, [151..168]);
    assert!(index2.kept.is_empty());
    assert_eq!(
        (second.umi.as_slice(), second.kept.as_slice()),
        (&[177..184][..], &[184..327][..])
    );
    assert_eq!(
        plan.output_reads()
            .map(|read| read.number)
            .collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(plan.umi_reads().count(), 3);
}

#[test]
fn a_field_of_a_turned_index_is_written_forward() {
    let plan = CyclePlan::new(&reads(&[50, -8, -1010, 50]), Some("Y50;I8;N2I8;Y50")).unwrap();
    assert_eq!(plan.reads()[2].kept, [58..66]);
}

#[test]
fn labelled_fields_may_be_in_any_order() {
    let run = reads(&[50, -8, -10, 50]);
    let labelled = CyclePlan::new(&run, Some("R2:Y50;I2:I8N2;R1:N1Y49;I1:I8")).unwrap();
    let plain = CyclePlan::new(&run, Some("N1Y49;I8;I8N2;Y50")).unwrap();
    assert_eq!(labelled, plain);
    assert!(matches!(
        error(&[50, -8], "R1:Y50;R1:I8"),
        CycleError::Label { .. }
    ));
    assert!(matches!(
        error(&[50, -8], "R1:Y50;I8"),
        CycleError::Label { .. }
    ));
}

#[test]
fn what_does_not_go_with_the_run_is_refused() {
    assert!(matches!(
        error(&[50, -8], "Y50"),
        CycleError::Fields {
            found: 1,
            expected: 2,
            ..
        }
    ));
    assert!(matches!(
        error(&[50, -8], "Y50;I6"),
        CycleError::Sum {
            read: 2,
            found: 6,
            expected: 8,
            ..
        }
    ));
    assert!(matches!(
        error(&[50, -8], "Y49;I8"),
        CycleError::Sum { read: 1, .. }
    ));
    assert!(matches!(
        error(&[50, -8], "Y42I8;I8"),
        CycleError::Kind { letter: 'I', .. }
    ));
    assert!(matches!(
        error(&[50, -8], "Y50;Y8"),
        CycleError::Kind { letter: 'Y', .. }
    ));
    for text in [
        "Y*;I8",
        "50Y;I8",
        "Y50;I8n",
        "Y50;I0I8",
        "Y50;é",
        ";",
        "Y50;I99999999999",
    ] {
        let error = error(&[50, -8], text);
        assert!(
            matches!(error, CycleError::Token { .. } | CycleError::Sum { .. }),
            "{error}"
        );
    }
    assert_eq!(error(&[50, -8], "N50;I8"), CycleError::NothingToWrite);
    assert_eq!(
        error(&[50, -8], "Y50;I6").to_string(),
        "\"I6\" in OverrideCycles adds up to 6 cycles, but read 2 of RunInfo.xml has 8: cover every cycle, those left out by N"
    );
}

proptest! {
    #[test]
    fn every_cycle_has_its_letter(fields in prop::collection::vec(
        prop::collection::vec((prop::sample::select(vec!['K', 'U', 'N']), 1_usize..20), 1..5),
        1..5,
    ), kinds in prop::collection::vec(any::<bool>(), 5)) {
        let mut run = vec![10];
        let mut letters = vec!['K'; 10];
        let mut text = String::from("Y10");
        for (field, &is_index) in fields.iter().zip(&kinds) {
            let total: usize = field.iter().map(|&(_, count)| count).sum();
            run.push(if is_index { -(total as i32) } else { total as i32 });
            text.push(';');
            for &(letter, count) in field {
                letters.extend(vec![letter; count]);
                let written = match letter {
                    'K' if is_index => 'I',
                    'K' => 'Y',
                    other => other,
                };
                text += &format!("{written}{count}");
            }
        }
        let plan = CyclePlan::new(&reads(&run), Some(&text)).unwrap();
        let mut found = vec!['N'; letters.len()];
        for read in plan.reads() {
            for cycle in read.kept.iter().cloned().flatten() {
                found[cycle] = 'K';
            }
            for cycle in read.umi.iter().cloned().flatten() {
                found[cycle] = 'U';
            }
            let both: Vec<usize> = read.kept_and_umi.iter().cloned().flatten().collect();
            let expected: Vec<usize> = read.span.clone().filter(|&cycle| letters[cycle] != 'N').collect();
            prop_assert_eq!(both, expected);
        }
        prop_assert_eq!(found, letters);
    }

    #[test]
    fn no_text_panics(text in "[YIUNyn0-9;:R12* é]{0,24}", run in prop::collection::vec(-30..30, 0..5)) {
        let _ = CyclePlan::new(&reads(&run), Some(&text));
    }
}
