//! Reads that do not lie on one diagonal of one contig.

use fafnir_io::bam::flag;

use crate::common::{Random, aligner, batch, cigar, map, reverse_complement};

/// CIGARs of the records of one read, the primary's first, and the primary's mapping quality.
fn records(genome: &[(&str, Vec<u8>)], read: &[u8]) -> (Vec<String>, u8) {
    let out = map(&aligner(genome), &batch(&[(read, None)]));
    let cigars = out.template(0).map(|r| cigar(&r)).collect();
    (cigars, out.template(0).next().unwrap().mapping_quality())
}

#[test]
fn a_read_with_a_foreign_middle_gives_both_ends() {
    let mut random = Random(30);
    let genome = random.sequence(5000);
    let middle = random.sequence(50);
    let read = [&genome[1000..1050], &middle, &genome[1100..1150]].concat();
    let (cigars, quality) = records(&[("a", genome)], &read);
    assert_eq!(cigars.len(), 2, "{cigars:?}");
    assert_eq!(quality, 60);
}

#[test]
fn an_inversion_gives_three_records() {
    let mut random = Random(31);
    let genome = random.sequence(5000);
    let inverted = reverse_complement(&genome[1050..1120]);
    let read = [&genome[1000..1050], &inverted, &genome[1120..1165]].concat();
    let (cigars, _) = records(&[("a", genome)], &read);
    assert_eq!(cigars.len(), 3, "{cigars:?}");
    assert!(
        cigars[0].contains("S7") || cigars[0].contains("70M"),
        "{cigars:?}"
    );
}

#[test]
fn two_gaps_that_cancel_are_found() {
    let mut random = Random(32);
    let genome = random.sequence(5000);
    let inserted = random.sequence(12);
    let read = [
        &genome[1000..1040],
        &genome[1052..1080],
        &inserted,
        &genome[1080..1150],
    ]
    .concat();
    let (cigars, _) = records(&[("a", genome)], &read);
    assert_eq!(cigars.len(), 1);
    assert!(
        cigars[0].contains("12D") && cigars[0].contains("12I"),
        "{cigars:?}"
    );
}

#[test]
fn a_read_over_a_contig_border_gives_both_parts_wherever_it_lies() {
    let mut random = Random(33);
    // A length that is a multiple of 32 leaves no padding between the contigs.
    for length in [640, 650] {
        let (left, right) = (random.sequence(length), random.sequence(640));
        for part in [40, 75, 110] {
            let read = [&left[length - part..], &right[..150 - part]].concat();
            let genome = [("a", left.clone()), ("b", right.clone())];
            let (cigars, _) = records(&genome, &read);
            let mut expected = [
                format!("{part}M{}S", 150 - part),
                format!("{part}S{}M", 150 - part),
            ];
            let supplementary = |c: &str| c.replace('S', "H");
            if part < 75 {
                expected.swap(0, 1);
            }
            expected[1] = supplementary(&expected[1]);
            let either = [supplementary(&expected[0]), expected[1].replace('H', "S")];
            let found = cigars == expected
                || part == 75 && cigars == [either[1].clone(), either[0].clone()];
            assert!(found, "{length} {part}: {cigars:?}");
        }
    }
}

#[test]
fn a_palindromic_tract_is_mapped_and_known_as_a_repeat() {
    let mut random = Random(34);
    let tract = |random: &mut Random| [random.sequence(500), b"AT".repeat(200)].concat();
    let genome = [tract(&mut random), tract(&mut random), random.sequence(500)].concat();
    let read = b"AT".repeat(75);
    let out = map(&aligner(&[("a", genome)]), &batch(&[(&read, None)]));
    let record = out.template(0).next().unwrap();
    assert_eq!(record.flag() & flag::UNMAPPED, 0);
    assert_eq!(record.mapping_quality(), 0);
}

#[test]
fn reads_of_many_copies_spread_over_all_of_them() {
    let mut random = Random(35);
    let copy = random.sequence(500);
    let mut genome = Vec::new();
    for _ in 0..200 {
        genome.extend(random.sequence(600));
        genome.extend_from_slice(&copy);
    }
    let aligner = aligner(&[("a", genome)]);
    let reads: Vec<_> = (0..300)
        .map(|i| {
            (
                &copy[i..i + 100],
                Some(reverse_complement(&copy[i + 50..i + 150])),
            )
        })
        .collect();
    let views: Vec<_> = reads.iter().map(|(a, b)| (*a, b.as_deref())).collect();
    let out = map(&aligner, &batch(&views));
    let mut tenths = [0; 10];
    for i in 0..out.len() {
        for record in out.template(i) {
            assert_eq!(record.mapping_quality(), 0);
            tenths[record.position() as usize / 22_000] += 1;
        }
    }
    assert!(tenths.iter().all(|n| (20..120).contains(n)), "{tenths:?}");
}
