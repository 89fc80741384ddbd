//! Where reads end up, against where they came from.

use fafnir_aligner::{Aligner, AlignerOptions, InsertSizeModel, InsertSizeObservations};
use fafnir_fpga_hal::Hal;
use fafnir_io::{
    ReadPairBatch,
    bam::flag,
    fastq::{FastqInput, FastqOptions, Layout, PairReader},
};
use fafnir_simulate::{
    genome::{Genome, GenomeOptions},
    reads::{ReadOptions, Reads},
    variants::{Truth, VariantOptions},
};

use crate::common::{
    READ_GROUP, Random, aligner, batch, cigar, index_bytes, map, open, reference,
    reverse_complement,
};

/// Reads of a simulated diploid genome: (reads, placed within 20 bases, wrong at MAPQ >= 30).
fn place(length: u32, seed: u64) -> (u32, u32, u32) {
    let options = GenomeOptions::of_size(1_000_000, 2);
    let simulated = Genome::new(&options, seed).unwrap().reference(&|_| {});
    let truth = Truth::simulate(&simulated, &VariantOptions::default(), seed, &|_| {}).unwrap();
    let options = ReadOptions {
        length,
        pairs: Some(4096),
        contamination: 0.0,
        ..Default::default()
    };
    let reads = Reads::new(&simulated, &truth, &options, seed).unwrap();
    let chunk = reads.chunk(0);

    let contigs: Vec<_> = simulated
        .contigs
        .iter()
        .map(|c| (c.name.as_str(), c.sequence.clone()))
        .collect();
    let index = open(&index_bytes(&reference(&contigs))).unwrap();
    let aligner = Aligner::new(index, AlignerOptions::default(), Hal::new().unwrap());
    let input = |file: &str, read| FastqInput {
        file: file.into(),
        read,
    };
    let layout = Layout::Paired(
        input("r1", chunk.r1.as_slice()),
        input("r2", chunk.r2.as_slice()),
    );
    let mut reader = PairReader::new(layout, FastqOptions::default());
    let mut pairs = ReadPairBatch::default();
    assert!(reader.next_batch(&mut pairs).unwrap());
    let mut scratch = aligner.scratch();
    let mut seen = InsertSizeObservations::default();
    aligner.observe(&pairs, false, &mut scratch, &mut seen);
    let model = seen.model().expect("pairs enough for a model");
    let (_, sizes) = model.iter().next().expect("paired ends");
    assert!((430..470).contains(&sizes.mean) && (80..100).contains(&sizes.standard_deviation));
    let out = aligner.map(&pairs, &model, READ_GROUP, &mut scratch);

    let positions = String::from_utf8(chunk.positions).unwrap();
    let (mut count, mut placed, mut wrong) = (0, 0, 0);
    for (i, line) in positions.lines().enumerate() {
        let fields: Vec<&str> = line.split('\t').collect();
        for record in out
            .template(i)
            .filter(|r| r.flag() & flag::SUPPLEMENTARY == 0)
        {
            let field = if record.flag() & flag::FIRST != 0 {
                2
            } else {
                4
            };
            let expected: i64 = fields[field].parse().unwrap();
            let clip = record
                .cigar()
                .next()
                .filter(|op| op.kind == b'S')
                .map_or(0, |op| op.length);
            let near = |position: i64| (position + 1 - expected).abs() <= 20;
            let position = i64::from(record.position());
            let right = record.contig() >= 0
                && contigs[record.contig() as usize].0 == fields[1]
                && (near(position) || near(position - i64::from(clip)));
            count += 1;
            placed += u32::from(right);
            // A clipped end beside a long indel is no wrong place.
            let elsewhere = !right && (position + 1 - expected).abs() > 200;
            wrong += u32::from(elsewhere && record.mapping_quality() >= 30);
        }
    }
    (count, placed, wrong)
}

#[test]
fn nearly_all_reads_come_home() {
    for (length, floor) in [(100, 0.995), (150, 0.998), (250, 0.998)] {
        let (count, placed, wrong) = place(length, 7);
        assert_eq!(count, 8192);
        let share = f64::from(placed) / f64::from(count);
        assert!(share >= floor, "2x{length}: {share}");
        assert!(wrong == 0, "2x{length}: {wrong} confident and wrong");
    }
}

#[test]
fn an_exact_repeat_has_mapping_quality_zero_and_spreads() {
    let mut random = Random(20);
    let repeat = random.sequence(1000);
    let genome = [
        random.sequence(2000),
        repeat.clone(),
        random.sequence(2000),
        repeat.clone(),
    ]
    .concat();
    let aligner = aligner(&[("a", genome)]);
    let reads: Vec<_> = (0..100)
        .map(|i| (&repeat[5 * i..5 * i + 150], None))
        .collect();
    let out = map(&aligner, &batch(&reads));
    let mut first_copy = 0;
    for i in 0..100 {
        let record = out.template(i).next().unwrap();
        assert_eq!(record.mapping_quality(), 0);
        first_copy += u32::from(record.position() < 4000);
    }
    assert!((25..75).contains(&first_copy), "{first_copy} of 100");
}

#[test]
fn a_mate_lifts_a_read_of_a_repeat() {
    let mut random = Random(21);
    let repeat = random.sequence(300);
    let genome = [
        random.sequence(2000),
        repeat.clone(),
        random.sequence(2000),
        repeat.clone(),
        random.sequence(1000),
    ]
    .concat();
    let aligner = aligner(&[("a", genome.clone())]);
    let (inside, outside) = (&repeat[50..200], &genome[2450..2600]);
    let out = map(
        &aligner,
        &batch(&[(inside, Some(&reverse_complement(outside)))]),
    );
    let records: Vec<_> = out.template(0).collect();
    assert_eq!(records[0].position(), 2050);
    assert!(
        records[0].mapping_quality() >= 30,
        "{}",
        records[0].mapping_quality()
    );
    assert_ne!(records[0].flag() & flag::PROPER, 0);
}

#[test]
fn a_mate_finds_the_gap_in_one_of_many_copies() {
    let mut random = Random(23);
    let repeat = random.sequence(200);
    let copies: Vec<_> = (0..60)
        .map(|_| [random.sequence(400), repeat.clone()].concat())
        .collect();
    let genome = [copies.concat(), random.sequence(400)].concat();
    let aligner = aligner(&[("a", genome.clone())]);
    // Three bases of the copy are lacking in the middle of the read.
    let read =
        |start: usize| [&genome[start..start + 75], &genome[start + 78..start + 153]].concat();
    let pairs: Vec<_> = (0..60)
        .map(|copy| {
            (
                genome[600 * copy + 150..][..150].to_vec(),
                read(600 * copy + 420),
            )
        })
        .map(|(outside, inside)| (outside, reverse_complement(&inside)))
        .collect();
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(a, b)| (a.as_slice(), Some(b.as_slice())))
        .collect();
    let out = map(&aligner, &batch(&pairs));
    for copy in 0..60 {
        let records: Vec<_> = out.template(copy).collect();
        assert_eq!(records[1].position(), 600 * copy as i32 + 420);
        assert!(cigar(&records[1]).contains("3D"), "{}", cigar(&records[1]));
    }
}

/// Another base at every `step`-th place from `from` on.
fn differing(sequence: &[u8], from: usize, step: usize) -> Vec<u8> {
    let mut out = sequence.to_vec();
    for base in out[from..].iter_mut().step_by(step) {
        *base = if *base == b'A' { b'C' } else { b'A' };
    }
    out
}

#[test]
fn every_copy_of_a_repeat_is_asked_for_the_mate() {
    let mut random = Random(24);
    let repeat = random.sequence(150);
    let mut genome = random.sequence(400);
    let mut pairs = Vec::new();
    // Seeds of the mate lead to the first of two copies, its bases belong to the second.
    for _ in 0..12 {
        let own = random.sequence(150);
        let mate = differing(&own, 9, 18);
        for beside in [differing(&mate, 50, 8), own] {
            let start = genome.len();
            let (gap, spacer) = (random.sequence(100), random.sequence(400));
            genome.extend([repeat.as_slice(), &gap, &beside, &spacer].concat());
            pairs.push((start, mate.clone()));
        }
    }
    let aligner = aligner(&[("a", genome)]);
    for (start, mate) in pairs.iter().skip(1).step_by(2) {
        let out = map(
            &aligner,
            &batch(&[(&repeat, Some(&reverse_complement(mate)))]),
        );
        let places: Vec<_> = out.template(0).map(|r| r.position()).collect();
        assert_eq!(places, [*start as i32, *start as i32 + 250]);
    }
}

#[test]
fn a_read_without_seeds_is_rescued_by_its_mate() {
    let mut random = Random(22);
    let genome = random.sequence(10_000);
    let aligner = aligner(&[("a", genome.clone())]);
    let mut damaged = reverse_complement(&genome[5300..5400]);
    for i in (8..100).step_by(13) {
        damaged[i] = if damaged[i] == b'A' { b'C' } else { b'A' };
    }
    let out = map(&aligner, &batch(&[(&genome[5000..5150], Some(&damaged))]));
    let records: Vec<_> = out.template(0).collect();
    assert_eq!(records[1].flag() & flag::UNMAPPED, 0);
    assert_eq!(records[1].position(), 5300);
}

#[test]
fn indels_are_found_inside_and_near_the_ends() {
    let mut random = Random(23);
    let genome = random.sequence(4000);
    let aligner = aligner(&[("a", genome.clone())]);
    let deleted = [&genome[1000..1075], &genome[1105..1180]].concat();
    let inserted = [
        &genome[2000..2075],
        &random.sequence(25),
        &genome[2075..2125],
    ]
    .concat();
    let near_end = [&genome[3000..3135], &genome[3137..3152]].concat();
    let out = map(
        &aligner,
        &batch(&[(&deleted, None), (&inserted, None), (&near_end, None)]),
    );
    let cigars: Vec<String> = (0..3)
        .map(|i| crate::common::cigar(&out.template(i).next().unwrap()))
        .collect();
    assert!(cigars[0].contains("30D"), "{cigars:?}");
    assert!(cigars[1].contains("25I"), "{cigars:?}");
    assert!(cigars[2].contains("2D"), "{cigars:?}");
}

#[test]
fn the_default_model_takes_over_without_pairs() {
    let none = InsertSizeObservations::default();
    assert_eq!(none.model(), None);
    let model = InsertSizeModel::default();
    let (orientation, sizes) = model.iter().next().unwrap();
    assert_eq!((orientation.name(), sizes.mean), ("FR", 400));
}
