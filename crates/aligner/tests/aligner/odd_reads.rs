//! Reads that no library should have, and references that none should map to.

use fafnir_io::bam::flag;

use crate::common::{Random, aligner, bases, batch, cigar, map, reverse_complement};

#[test]
fn short_empty_and_unknown_reads_are_written_unmapped() {
    let mut random = Random(10);
    let genome = random.sequence(5000);
    let aligner = aligner(&[("a", genome.clone())]);
    let unknown = vec![b'N'; 150];
    let reads: Vec<&[u8]> = vec![b"", b"A", &genome[100..119], &unknown];
    let pairs: Vec<_> = reads.iter().map(|r| (*r, Some(*r))).collect();
    let out = map(&aligner, &batch(&pairs));
    for (i, read) in reads.iter().enumerate() {
        let records: Vec<_> = out.template(i).collect();
        assert_eq!(records.len(), 2);
        for record in records {
            assert_ne!(record.flag() & flag::UNMAPPED, 0);
            assert_ne!(record.flag() & flag::MATE_UNMAPPED, 0);
            assert_eq!((record.contig(), record.position()), (-1, -1));
            assert_eq!(bases(&record), *read);
        }
    }
}

#[test]
fn a_reference_shorter_than_the_read_is_no_harm() {
    let mut random = Random(11);
    let genome = random.sequence(300);
    let aligner = aligner(&[("tiny", genome[100..160].to_vec()), ("dot", b"A".to_vec())]);
    let out = map(&aligner, &batch(&[(&genome[50..250], None)]));
    let record = out.template(0).next().unwrap();
    assert_eq!(record.position(), 0);
    assert_eq!(cigar(&record), "50S60M90S");
}

#[test]
fn reads_that_hang_over_a_contigs_end_are_clipped() {
    let mut random = Random(12);
    let (left, right) = (random.sequence(1000), random.sequence(1000));
    let aligner = aligner(&[("a", left.clone()), ("b", right.clone())]);
    let across = [&left[920..], &right[..70]].concat();
    let out = map(
        &aligner,
        &batch(&[(&across, None), (&reverse_complement(&across), None)]),
    );
    for i in 0..2 {
        let records: Vec<_> = out.template(i).collect();
        let primary = &records[0];
        assert_eq!((primary.contig(), primary.position()), (0, 920));
        let expected = "80M70S";
        assert_eq!(cigar(primary), expected);
        // The other part is a supplementary alignment on the other contig.
        assert_eq!(records.len(), 2);
        assert_ne!(records[1].flag() & flag::SUPPLEMENTARY, 0);
        assert_eq!((records[1].contig(), records[1].position()), (1, 0));
        assert_eq!(cigar(&records[1]), "80H70M");
    }
}

#[test]
fn letters_of_the_whole_alphabet_survive() {
    let mut random = Random(13);
    let genome = random.sequence(2000);
    let aligner = aligner(&[("a", genome.clone())]);
    let mut read = genome[500..650].to_vec();
    read[40] = b'R';
    read[90] = b'N';
    let reversed: Vec<u8> = {
        let mut r = reverse_complement(&genome[500..650]);
        r[10] = b'M';
        r
    };
    let out = map(&aligner, &batch(&[(&read, None), (&reversed, None)]));
    let forward = out.template(0).next().unwrap();
    assert_eq!(bases(&forward), read);
    let backward = out.template(1).next().unwrap();
    assert_ne!(backward.flag() & flag::REVERSE, 0);
    assert_eq!(bases(&backward)[149 - 10], b'K');
}

#[test]
fn mates_may_be_of_unequal_length_and_overlap_wholly() {
    let mut random = Random(14);
    let genome = random.sequence(3000);
    let aligner = aligner(&[("a", genome.clone())]);
    // A fragment of 120 bases, read through into adapters that differ from what lies beside it.
    let fragment = &genome[1000..1120];
    let mut adapter = random.sequence(60);
    adapter[0] = if genome[1120] == b'A' { b'C' } else { b'A' };
    adapter[30] = if genome[999] == b'T' { b'C' } else { b'A' };
    let first = [fragment, &adapter[..30]].concat();
    let second = [&reverse_complement(fragment)[..], &adapter[30..]].concat();
    let out = map(&aligner, &batch(&[(&first, Some(&second[..135]))]));
    let records: Vec<_> = out.template(0).collect();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].position(), 1000);
    assert_eq!(records[1].position(), 1000);
    assert_eq!(records[0].template_length(), 120);
    assert_eq!(records[1].template_length(), -120);
    assert_ne!(records[0].flag() & flag::PROPER, 0);
}

#[test]
fn a_long_read_maps() {
    let mut random = Random(15);
    let genome = random.sequence(80_000);
    let aligner = aligner(&[("a", genome.clone())]);
    let out = map(&aligner, &batch(&[(&genome[7000..72_000], None)]));
    let record = out.template(0).next().unwrap();
    assert_eq!(
        (record.position(), cigar(&record).as_str()),
        (7000, "65000M")
    );
}

#[test]
fn thirty_bases_are_enough_where_they_are_unique() {
    let mut random = Random(16);
    let genome = random.sequence(20_000);
    let aligner = aligner(&[("a", genome.clone())]);
    let starts: Vec<usize> = (0..200).map(|i| 50 + 97 * i).collect();
    let reads: Vec<_> = starts
        .iter()
        .map(|s| (&genome[*s..*s + 30], None))
        .collect();
    let out = map(&aligner, &batch(&reads));
    let placed = (0..out.len()).filter(|i| {
        let record = out.template(*i).next().unwrap();
        record.flag() & flag::UNMAPPED == 0 && record.position() as usize == starts[*i]
    });
    // A read without a seed stays unmapped: open syncmers promise none in 11 k-mers.
    assert!(placed.count() >= 170);
}
