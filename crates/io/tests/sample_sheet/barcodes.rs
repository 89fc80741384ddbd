//! Assignment of clusters against a comparison with every barcode.

use fafnir_io::bcl::barcodes::{
    Barcode, BarcodeError, BarcodeErrorKind, DemultiplexOptions, Demultiplexer, Match,
};
use fafnir_io::bcl::override_cycles::CyclePlan;
use proptest::prelude::*;

use crate::reads;

/// A line: its sample, indexes, mismatches, and `OverrideCycles`.
#[derive(Clone, Debug)]
struct Line {
    sample: usize,
    indexes: [Vec<u8>; 2],
    mismatches: [u8; 2],
    cycles: Option<String>,
}

fn line(sample: usize, index1: &str, index2: &str, mismatches: [u8; 2]) -> Line {
    Line {
        sample,
        indexes: [index1.into(), index2.into()],
        mismatches,
        cycles: None,
    }
}

fn with_cycles(line: Line, cycles: &str) -> Line {
    Line {
        cycles: Some(cycles.to_owned()),
        ..line
    }
}

fn plans(run: &[i32], lines: &[Line]) -> Vec<CyclePlan> {
    let plan = |line: &Line| CyclePlan::new(&reads(run), line.cycles.as_deref()).unwrap();
    lines.iter().map(plan).collect()
}

fn open(
    run: &[i32],
    lines: &[Line],
    options: DemultiplexOptions,
) -> Result<Demultiplexer, BarcodeError> {
    let plans = plans(run, lines);
    let barcodes: Vec<Barcode<'_>> = lines
        .iter()
        .zip(&plans)
        .enumerate()
        .map(|(i, (line, plan))| Barcode {
            line: 20 + i,
            sample: line.sample,
            indexes: [&line.indexes[0], &line.indexes[1]],
            mismatches: line.mismatches,
            plan,
        })
        .collect();
    Demultiplexer::new(1, &barcodes, options)
}

fn strict(run: &[i32], lines: &[Line]) -> Result<Demultiplexer, BarcodeError> {
    open(run, lines, DemultiplexOptions::default())
}

fn place(demultiplexer: &Demultiplexer, index1: &str, index2: &str) -> Option<usize> {
    let found = demultiplexer.assign(index1.as_bytes(), index2.as_bytes());
    found.map(|found| found.barcode)
}

const DUAL: [i32; 4] = [50, -8, -8, 50];

#[test]
fn each_index_has_its_mismatches() {
    let lines = [
        line(0, "AAAAAAAA", "CCCCCCCC", [1, 1]),
        line(1, "AAAAAAAA", "GGGGGGGG", [1, 0]),
        line(2, "TTTTTTTT", "CCCCCCCC", [2, 1]),
    ];
    let lane = strict(&DUAL, &lines).unwrap();
    assert_eq!(place(&lane, "AAAAAAAA", "CCCCCCCC"), Some(0));
    assert_eq!(place(&lane, "AANAAAAA", "CCCCTCCC"), Some(0));
    assert_eq!(place(&lane, "AANAAATA", "CCCCCCCC"), None);
    assert_eq!(place(&lane, "AATAAAAA", "GGGGGGGG"), Some(1));
    assert_eq!(place(&lane, "AAAAAAAA", "GGGGGGGN"), None);
    assert_eq!(place(&lane, "TTNTTATT", "CCCCCCCA"), Some(2));
    assert_eq!(place(&lane, "NNNNNNNN", "NNNNNNNN"), None);
    // Cycles that are missing differ.
    assert_eq!(place(&lane, "TTTTTTTT", "CCCCCCC"), Some(2));
    assert_eq!(place(&lane, "TTTTTTTT", ""), None);
    assert_eq!(
        lane.assign(b"TANTTTTT", b"CCCCCCCA"),
        Some(Match {
            barcode: 2,
            mismatches: [2, 1]
        })
    );
}

#[test]
fn one_sample_without_index_takes_all() {
    for run in [&DUAL[..], &[50, 50]] {
        let lane = strict(run, &[line(0, "", "", [1, 1])]).unwrap();
        assert_eq!(place(&lane, "NNNNNNNN", "ACGTACGT"), Some(0));
        assert_eq!(place(&lane, "", ""), Some(0));
    }
    let error = strict(
        &[50, 50],
        &[line(0, "", "", [1, 1]), line(1, "", "", [1, 1])],
    )
    .unwrap_err();
    assert_eq!(
        (error.line, error.kind),
        (20, BarcodeErrorKind::NoIndex { other: 21 })
    );
}

#[test]
fn no_sample_claims_nothing() {
    assert_eq!(
        place(&strict(&DUAL, &[]).unwrap(), "ACGTACGT", "ACGTACGT"),
        None
    );
}

#[test]
fn single_and_dual_indexes_share_a_lane() {
    let run = [50, -10, -10, 50];
    let lines = [
        with_cycles(line(0, "AAAAAAAA", "", [1, 0]), "Y50;I8N2;N10;Y50"),
        with_cycles(
            line(1, "CCCCCCCCCC", "GGGGGGGG", [1, 1]),
            "Y50;I10;N2I8;Y50",
        ),
        with_cycles(line(2, "TTTTTT", "", [1, 0]), "Y50;U4I6;U10;Y50"),
    ];
    let lane = strict(&run, &lines).unwrap();
    assert_eq!(place(&lane, "AAAACAAACC", "GGGGGGGGGG"), Some(0));
    assert_eq!(place(&lane, "CCCCCCCCCC", "AAGGGGGGGG"), Some(1));
    assert_eq!(place(&lane, "CCCCCCCCCC", "GGGGGGGGAA"), None);
    assert_eq!(place(&lane, "ACGTTTTTTN", "NNNNNNNNNN"), Some(2));
    // A read that is AAAAAAAA and TTTTTT in its last cycles is of both.
    let close = [
        lines[0].clone(),
        with_cycles(line(2, "AAAATT", "", [1, 0]), "Y50;U4I6;U10;Y50"),
    ];
    assert!(matches!(
        strict(&run, &close).unwrap_err().kind,
        BarcodeErrorKind::Collision(_)
    ));
}

#[test]
fn indexes_that_do_not_fit_are_refused() {
    let refused = |index1: &str, index2: &str| {
        let lines = [
            line(0, index1, index2, [1, 1]),
            line(1, "GGGGGGGG", "GGGGGGGG", [1, 1]),
        ];
        let error = strict(&DUAL, &lines).unwrap_err();
        (error.line, error.index, error.kind)
    };
    let kind = refused("ACGTACGTA", "ACGTACGT");
    assert!(matches!(
        kind,
        (20, 1, BarcodeErrorKind::TooLong { cycles: 8, .. })
    ));
    assert!(matches!(
        refused("ACGTACGT", "ACGTACG"),
        (20, 2, BarcodeErrorKind::TooShort { .. })
    ));
    assert!(matches!(
        refused("ACGTACGT", ""),
        (20, 2, BarcodeErrorKind::TooShort { .. })
    ));
    let kind = refused("ACGTACGN", "ACGTACGT");
    assert!(matches!(
        kind,
        (20, 1, BarcodeErrorKind::Character { character: 'N', .. })
    ));
    let third = strict(
        &[50, -8, -8, -8],
        &[line(0, "ACGTACGT", "ACGTACGT", [1, 1])],
    );
    assert_eq!(third.unwrap_err().kind, BarcodeErrorKind::IndexReads(3));
    let (long, other) = ("A".repeat(40), "C".repeat(40));
    let long = strict(&[50, -40, -40], &[line(0, &long, &other, [1, 1])]);
    assert_eq!(long.unwrap_err().kind, BarcodeErrorKind::IndexCycles(80));
}

#[test]
fn shorter_indexes_are_of_the_first_cycles_where_allowed() {
    let options = DemultiplexOptions {
        allow_shorter: true,
        ..DemultiplexOptions::default()
    };
    let lines = [
        line(0, "AAAAAA", "", [1, 1]),
        line(1, "CCCCCCCC", "", [1, 1]),
    ];
    let lane = open(&DUAL, &lines, options).unwrap();
    assert_eq!(place(&lane, "AAAAATGG", "TTTTTTTT"), Some(0));
    assert_eq!(place(&lane, "CCCCCCCT", "TTTTTTTT"), Some(1));
    // A second index that only one line has is more likely forgotten than meant.
    let lines = [
        line(0, "AAAAAA", "", [1, 1]),
        line(1, "CCCCCCCC", "ACGT", [1, 1]),
    ];
    let error = open(&DUAL, &lines, options).unwrap_err();
    assert!(matches!(error.kind, BarcodeErrorKind::TooShort { .. }));
}

#[test]
fn barcodes_that_could_claim_one_read_are_refused_with_both_lines() {
    let error = |first: Line, second: Line| strict(&DUAL, &[first, second]).unwrap_err();
    let collision = error(
        line(0, "AAAAAAAA", "CCCCCCCC", [1, 1]),
        line(1, "AAAAAATT", "CCCCCCGG", [1, 1]),
    );
    assert_eq!(
        collision.to_string(),
        "lane 1: indexes AAAAAATT+CCCCCCGG (mismatches 1 and 1) and those of line 20, AAAAAAAA+CCCCCCCC (mismatches 1 and 1), could claim the same read: lower BarcodeMismatchesIndex1 or BarcodeMismatchesIndex2, or correct the indexes"
    );
    assert_eq!(collision.line, 21);
    // With one mismatch less on one side, no read is within reach of both.
    let lines = [
        line(0, "AAAAAAAA", "CCCCCCCC", [1, 1]),
        line(1, "AAAAAATT", "CCCCCCGG", [0, 1]),
    ];
    assert!(strict(&DUAL, &lines).is_ok());
    let duplicate = error(
        line(0, "AAAAAAAA", "CCCCCCCC", [0, 0]),
        line(0, "AAAAAAAA", "CCCCCCCC", [0, 0]),
    );
    assert!(matches!(
        duplicate.kind,
        BarcodeErrorKind::Duplicate { other: 20, .. }
    ));
    // Lines of one sample may be close.
    let lines = [
        line(0, "AAAAAAAA", "CCCCCCCC", [1, 1]),
        line(0, "AAAAAAAT", "CCCCCCCC", [1, 1]),
    ];
    let lane = strict(&DUAL, &lines).unwrap();
    assert_eq!(place(&lane, "AAAAAAAT", "CCCCCCCC"), Some(1));
    assert_eq!(place(&lane, "AAAAAAAN", "CCCCCCCC"), Some(0));
}

#[test]
fn indexes_can_be_checked_each_by_itself() {
    let options = DemultiplexOptions {
        independent: true,
        ..DemultiplexOptions::default()
    };
    let near = [
        line(0, "AAAAAAAA", "CCCCCCCC", [1, 1]),
        line(1, "AAAAAATT", "GGGGGGGG", [1, 1]),
    ];
    assert!(strict(&DUAL, &near).is_ok());
    let error = open(&DUAL, &near, options).unwrap_err();
    assert_eq!((error.line, error.index), (21, 1));
    let second = [
        line(0, "AAAAAAAA", "CCCCCCCC", [1, 1]),
        line(1, "TTTTTTTT", "CCCCCCCG", [1, 1]),
    ];
    assert_eq!(open(&DUAL, &second, options).unwrap_err().index, 2);
    // The same index again is no danger: combinations of few indexes are made so.
    let equal = [
        line(0, "AAAAAAAA", "CCCCCCCC", [1, 1]),
        line(1, "AAAAAAAA", "GGGGGGGG", [1, 1]),
    ];
    assert!(open(&DUAL, &equal, options).is_ok());
}

/// Every line, base by base.
fn oracle(run: &[i32], lines: &[Line], read: [&[u8]; 2]) -> Option<Match> {
    let plans = plans(run, lines);
    let claims = lines
        .iter()
        .zip(&plans)
        .enumerate()
        .filter_map(|(barcode, (line, plan))| {
            let mut mismatches = [0; 2];
            for (i, index) in plan.index_reads().enumerate() {
                for (cycle, base) in index.kept.iter().cloned().flatten().zip(&line.indexes[i]) {
                    let cycle = cycle - index.span.start;
                    mismatches[i] += u32::from(read[i].get(cycle) != Some(base));
                }
            }
            let claimed = (0..2).all(|i| mismatches[i] <= u32::from(line.mismatches[i]));
            claimed.then_some(Match {
                barcode,
                mismatches,
            })
        });
    claims.min_by_key(|found| (found.mismatches[0] + found.mismatches[1], found.barcode))
}

/// Whether some read is claimed by lines of two samples: by trying all reads of the lane's cycles.
fn collides(run: &[i32], lines: &[Line]) -> bool {
    let lengths: Vec<usize> = run
        .iter()
        .filter(|&&c| c < 0)
        .map(|&c| c.unsigned_abs() as usize)
        .collect();
    let total: usize = lengths.iter().sum();
    (0..4_usize.pow(total as u32)).any(|code| {
        let read: Vec<u8> = (0..total).map(|i| b"ACGT"[code >> (2 * i) & 3]).collect();
        let (first, second) = read.split_at(lengths[0]);
        let claims: Vec<usize> = (0..lines.len())
            .filter(|&i| oracle(run, &lines[i..=i], [first, second]).is_some())
            .map(|i| lines[i].sample)
            .collect();
        claims.iter().any(|sample| *sample != claims[0])
    })
}

fn index(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(&b"ACGT"[..]), length)
}

fn lines_over(
    masks: &'static [(&'static str, usize, usize)],
    most: u8,
    number: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<Line>> {
    let line = prop::sample::select(masks).prop_flat_map(move |(cycles, first, second)| {
        (
            index(first),
            index(second),
            [0..=most, 0..=most],
            0_usize..4,
        )
            .prop_map(move |(first, second, mismatches, sample)| Line {
                sample,
                indexes: [first, second],
                mismatches,
                cycles: Some(cycles.to_owned()),
            })
    });
    prop::collection::vec(line, number)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Reads near the barcodes of a lane, some with few and some with many mismatches.
    #[test]
    fn equal_to_a_comparison_with_every_barcode(
        lines in lines_over(&[
            ("Y9;I8;I6", 8, 6),
            ("Y9;I6N2;I6", 6, 6),
            ("Y9;U2I6;N2I4", 6, 4),
            ("Y9;I8;N6", 8, 0),
        ], 2, 1..24),
        reads in prop::collection::vec((any::<prop::sample::Index>(), index(14), prop::collection::vec((0_usize..14, prop::sample::select(&b"ACGTN"[..])), 0..7)), 40),
    ) {
        let run = [9, -8, -6];
        // Barcodes that collide are refused one by one, so that many lanes are left to test.
        let mut kept: Vec<Line> = Vec::new();
        for line in lines {
            kept.push(line);
            if strict(&run, &kept).is_err() {
                kept.pop();
            }
        }
        let lane = strict(&run, &kept).unwrap();
        for (of, fill, damage) in reads {
            let mut read = fill;
            if !kept.is_empty() {
                let at = of.index(kept.len());
                let plan = &plans(&run, &kept[at..=at])[0];
                for (i, index) in plan.index_reads().enumerate() {
                    for (cycle, &base) in index.kept.iter().cloned().flatten().zip(&kept[at].indexes[i]) {
                        read[cycle - 9] = base;
                    }
                }
            }
            for (place, base) in damage {
                read[place] = base;
            }
            let (first, second) = read.split_at(8);
            prop_assert_eq!(lane.assign(first, second), oracle(&run, &kept, [first, second]));
        }
    }

    /// Lanes are refused exactly where a read exists that two samples claim.
    #[test]
    fn exactly_the_lanes_with_collisions_are_refused(
        lines in lines_over(&[("Y9;I3;I2", 3, 2), ("Y9;N1I2;I2", 2, 2), ("Y9;I3;N2", 3, 0), ("Y9;N3;I2", 0, 2)], 1, 2..5),
    ) {
        let run = [9, -3, -2];
        let expected = collides(&run, &lines);
        match strict(&run, &lines) {
            Ok(_) => prop_assert!(!expected, "{:?}", lines),
            Err(error) => {
                let repeated = matches!(error.kind, BarcodeErrorKind::Duplicate { .. });
                prop_assert!(repeated || expected, "{:?}: {}", lines, error);
            }
        }
    }
}

/// 100,000 samples with two indexes each: near enough to each other that few pairs are looked at
/// twice, far enough for one mismatch.
#[test]
fn a_hundred_thousand_samples_open() {
    // Indexes of 12 bases, each base of a Reed-Solomon-like code twice or thrice: distance 4 or more.
    let index = |number: usize| -> String {
        let digits = [number & 7, number >> 3 & 7, number >> 6 & 7];
        let sum = (digits[0] + digits[1] + digits[2]) & 7;
        let twisted = (digits[0] + 3 * digits[1] + 5 * digits[2]) & 7;
        let all = [
            digits[0],
            digits[1],
            digits[2],
            sum,
            twisted,
            digits[1] ^ digits[2],
        ];
        let letters = all
            .iter()
            .flat_map(|digit| [digit & 3, (digit + (digit >> 2)) & 3]);
        letters
            .map(|letter| "ACGT".as_bytes()[letter] as char)
            .collect()
    };
    let mut apart: Vec<String> = Vec::new();
    for number in 0..512 {
        let candidate = index(number);
        let far = |other: &String| {
            let differ = candidate.bytes().zip(other.bytes()).filter(|(a, b)| a != b);
            differ.count() >= 3
        };
        if apart.len() < 320 && apart.iter().all(far) {
            apart.push(candidate);
        }
    }
    let side = apart.len();
    let lines: Vec<Line> = (0..100_000.min(side * side))
        .map(|i| line(i, &apart[i / side], &apart[i % side], [1, 1]))
        .collect();
    let lane = strict(&[50, -12, -12, 50], &lines).unwrap();
    for i in (0..lines.len()).step_by(97) {
        let [first, second] = &lines[i].indexes;
        assert_eq!(
            lane.assign(first, second).map(|found| found.barcode),
            Some(i)
        );
        let mut damaged = first.clone();
        damaged[i % 12] = b'N';
        assert_eq!(
            lane.assign(&damaged, second).map(|found| found.barcode),
            Some(i)
        );
    }
    let mut again = lines.clone();
    again.push(line(lines.len(), &apart[5], &apart[7], [1, 1]));
    assert!(matches!(
        strict(&[50, -12, -12, 50], &again).unwrap_err().kind,
        BarcodeErrorKind::Duplicate { .. }
    ));
}
