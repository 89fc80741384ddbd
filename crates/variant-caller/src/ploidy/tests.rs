#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use fafnir_io::bam::{RecordFields, Records, encode, flag};
use fafnir_io::bed::Regions;
use fafnir_io::reference::Storage;
use fafnir_io::{Contig, Reference, fasta};
use proptest::prelude::*;

use super::*;

fn reference(contigs: &[(&str, u32)]) -> Reference {
    let contigs = contigs.iter().map(|(name, length)| Contig {
        name: (*name).to_owned(),
        length: *length,
        md5: [0; 16],
        offset: 0,
    });
    Reference::new(
        contigs.collect(),
        Storage::Owned(Arc::new(Vec::new())),
        Vec::new(),
    )
}

#[test]
fn sex_decides_x_y_and_m() {
    let reference = reference(&[
        ("chr1", 248_956_422),
        ("chrX", 156_040_895),
        ("chrY", 57_227_415),
        ("chrM", 16_569),
    ]);
    let [one, x, y, m] = [0, 1, 2, 3].map(ContigId);
    let male = Ploidies::new(2, Karyotype::MALE.ploidies(&reference, None).unwrap());
    let female = Ploidies::new(2, Karyotype::FEMALE.ploidies(&reference, None).unwrap());
    for (contig, position, copies) in [
        (one, 5_000_000, [2, 2]),
        (x, 9_999, [1, 2]),
        (x, 10_000, [2, 2]),
        (x, 2_781_478, [2, 2]),
        (x, 2_781_479, [1, 2]),
        (x, 100_000_000, [1, 2]),
        (x, 155_701_381, [1, 2]),
        (x, 155_701_382, [2, 2]),
        (x, 156_030_895, [1, 2]),
        (y, 2_781_478, [2, 0]),
        (y, 2_781_479, [1, 0]),
        (y, 56_887_902, [2, 0]),
        (m, 5, [1, 1]),
        (ContigId(9), 5, [2, 2]),
    ] {
        let found = [&male, &female].map(|p| p.at(contig, position));
        assert_eq!(found, copies, "{contig:?} {position}");
    }
    assert_eq!(female.bases(), [57_227_415, 16_569, 0]);
    assert_eq!(female.borders(y), [0, 57_227_415]);
    assert_eq!(male.bases()[0], 0);
}

#[test]
fn other_genomes_need_their_regions() {
    let mouse = reference(&[("1", 1_000), ("X", 169_476_592), ("Y", 91_455_967)]);
    let error = Karyotype::MALE.ploidies(&mouse, None).unwrap_err();
    assert_eq!(
        error,
        PloidyError::UnknownGenome {
            name: "X".into(),
            length: 169_476_592
        }
    );
    // A female needs none.
    assert!(Karyotype::FEMALE.ploidies(&mouse, None).is_ok());
    let shared = Regions::new([(ContigId(1), 500..800)]);
    let male = Ploidies::new(2, Karyotype::MALE.ploidies(&mouse, Some(&shared)).unwrap());
    assert_eq!(
        [499, 500, 799, 800].map(|p| male.at(ContigId(1), p)),
        [1, 2, 2, 1]
    );
    assert_eq!(male.at(ContigId(2), 600), 1);
    let error = Karyotype::MALE
        .ploidies(&reference(&[("20", 5)]), None)
        .unwrap_err();
    assert_eq!(error, PloidyError::NoSexChromosome);
}

#[test]
fn karyotypes_read_as_what_they_were_written_from() {
    assert_eq!("Male".parse::<Karyotype>(), Ok(Karyotype::MALE));
    assert_eq!("female".parse::<Karyotype>(), Ok(Karyotype::FEMALE));
    for text in ["X0", "XX", "XY", "XXY", "XYY", "XXXXX", "XYYYY"] {
        assert_eq!(text.parse::<Karyotype>().unwrap().to_string(), text);
    }
    for text in ["both", "", "0", "Y", "YY", "YX", "XXX0", "X", "XXXXXX"] {
        assert!(text.parse::<Karyotype>().is_err(), "{text}");
    }
}

#[test]
fn other_numbers_of_sex_chromosomes() {
    let reference = reference(&[("X", 155_270_560), ("Y", 59_373_566)]);
    let [x, y] = [0, 1].map(ContigId);
    // In and outside of what X and Y have in common, on either.
    for (karyotype, copies) in [
        ("X0", [1, 1, 0, 0]),
        ("XXX", [2, 2, 0, 0]),
        ("XXY", [2, 2, 2, 1]),
        ("XYY", [2, 1, 2, 2]),
        ("XXYY", [2, 2, 2, 2]),
    ] {
        let karyotype: Karyotype = karyotype.parse().unwrap();
        let ploidies = Ploidies::new(2, karyotype.ploidies(&reference, None).unwrap());
        let places = [(x, 100_000), (x, 5_000_000), (y, 100_000), (y, 5_000_000)];
        let found = places.map(|(contig, at)| ploidies.at(contig, at));
        assert_eq!(found, copies, "{karyotype}");
    }
}

#[test]
fn chromosomes_by_their_names() {
    let of = |name| Chromosome::of(name);
    for name in ["1", "22", "chr9"] {
        assert_eq!(of(name), Some(Chromosome::Autosome));
    }
    assert_eq!([of("chrX"), of("X")], [Some(Chromosome::X); 2]);
    assert_eq!([of("chrM"), of("MT")], [Some(Chromosome::Mitochondrion); 2]);
    for name in [
        "",
        "chr",
        "0",
        "23",
        "+1",
        "01",
        "chr1_random",
        "GL000220.1",
    ] {
        assert_eq!(of(name), None, "{name}");
    }
}

/// Stretches of 10,240 bases with reads of 100 bases, so many on each: on a whole genome, or on every
/// eighth window.
fn estimated(reads: &[(&str, &[u32])], is_whole: bool) -> Option<PloidyEstimate> {
    const LENGTH: u32 = 10_240;
    let contigs: Vec<(&str, u32)> = reads
        .iter()
        .map(|(n, s)| (*n, LENGTH * s.len() as u32))
        .collect();
    let mut text = String::new();
    for (name, length) in &contigs {
        text += &format!(">{name}\n{}\n", "ACGT".repeat(*length as usize / 4));
    }
    let reference = fasta::read("r.fa", text.as_bytes()).unwrap();
    let mut depths = Vec::new();
    for (id, (_, stretches)) in (0..).map(ContigId).zip(reads) {
        for (start, count) in (0..).step_by(LENGTH as usize).zip(*stretches) {
            let reach = if is_whole { LENGTH - 100 } else { 900 };
            let starts = (0..*count).map(|i| start + i * reach / (*count).max(1));
            let mut bytes = Vec::new();
            starts.for_each(|position| record(id, position, 60, 0, &mut bytes));
            // None of these counts.
            record(id, start, 19, 0, &mut bytes);
            record(id, start, 60, flag::DUPLICATE, &mut bytes);
            record(id, start, 60, flag::SECONDARY, &mut bytes);
            let records: Vec<_> = Records::new(&bytes).collect();
            depths.push((
                id,
                Depth::of_span(&reference, id, start..start + LENGTH, &records),
            ));
        }
    }
    PloidyEstimate::new(&reference, depths.iter().map(|(id, depth)| (*id, depth)))
}

fn record(contig: ContigId, position: u32, mapping_quality: u8, flag: u16, out: &mut Vec<u8>) {
    let fields = RecordFields {
        name: b"r",
        flag,
        contig: contig.0 as i32,
        position: position as i32,
        mapping_quality,
        cigar: &[100 << 4],
        mate_contig: -1,
        mate_position: -1,
        template_length: 0,
        bases: &[b'A'; 100],
        qualities: &[30; 100],
    };
    encode(&fields, out, |_| {});
}

#[test]
fn depth_tells_the_sex_chromosomes() {
    let autosome: &[u32] = &[1024, 1000, 1050, 5, 1024, 9000, 1024];
    for (x, y, expected) in [
        (1010, 3, Some("XX")),
        (500, 520, Some("XY")),
        (480, 40, Some("X0")),
        (1100, 450, Some("XXY")),
        (530, 1090, Some("XYY")),
        (1500, 0, Some("XXX")),
        (100, 0, None),
        (3000, 0, None),
    ] {
        let reads: [(&str, &[u32]); 3] = [
            ("chr1", autosome),
            ("chrX", &[x, x, 9, x]),
            ("chrY", &[y, y]),
        ];
        let estimate = estimated(&reads, true).unwrap();
        let karyotype = estimate.karyotype.map(|k| k.to_string());
        assert_eq!(karyotype.as_deref(), expected, "{x} {y}");
        assert!((estimate.autosomes - 10.0).abs() < 1e-9);
        let depths: Vec<f64> = estimate.chromosomes.iter().map(|c| c.1).collect();
        let expected = [1024, x, y].map(|reads| f64::from(reads) / 102.4);
        assert!(
            depths
                .iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < 1e-9)
        );
    }
}

#[test]
fn stretches_of_n_have_no_depth() {
    let mean = |unknown: usize| {
        let text = format!(
            ">1\n{}{}\n",
            "N".repeat(unknown),
            "A".repeat(4096 - unknown)
        );
        let reference = fasta::read("r.fa", text.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        (0..20).for_each(|_| record(ContigId(0), 3_500, 60, 0, &mut bytes));
        let records: Vec<_> = Records::new(&bytes).collect();
        Depth::of_span(&reference, ContigId(0), 0..4096, &records).mean()
    };
    assert_eq!(mean(0), Some(2000.0 / 4096.0));
    assert_eq!(mean(2000), Some(2000.0 / 2096.0));
    assert_eq!([mean(2048), mean(3000), mean(4096)], [None; 3]);
}

#[test]
fn nothing_is_told_from_chosen_regions_or_few_reads() {
    let reads = |n: u32| {
        move |is_whole| {
            let (many, half) = ([n; 5], [n / 2; 5]);
            let reads: [(&str, &[u32]); 3] = [("1", &many), ("X", &half), ("Y", &half)];
            estimated(&reads, is_whole).unwrap().karyotype
        }
    };
    assert_eq!(reads(1000)(true), Some(Karyotype::MALE));
    assert_eq!(reads(1000)(false), None);
    assert_eq!(reads(210)(true), Some(Karyotype::MALE));
    assert_eq!(reads(200)(true), None);
    // Without an autosome, or one of the two.
    let reads: [(&str, &[u32]); 2] = [("1", &[1000]), ("X", &[1000])];
    assert_eq!(estimated(&reads, true), None);
    let reads: [(&str, &[u32]); 2] = [("X", &[1000]), ("Y", &[1000])];
    assert_eq!(estimated(&reads, true), None);
}

proptest! {
    #[test]
    fn the_last_region_decides(regions in prop::collection::vec((0..100u32, 0..40u32, 0..3u8), 0..12)) {
        let mut plain = [2u8; 150];
        let regions: Vec<_> = regions.into_iter().map(|(s, l, p)| (ContigId(1), s..s + l, p)).collect();
        for (_, region, ploidy) in &regions {
            plain[region.start as usize..region.end as usize].fill(*ploidy);
        }
        let ploidies = Ploidies::new(2, regions);
        let borders = ploidies.borders(ContigId(1));
        for (position, ploidy) in (0u32..).zip(plain) {
            prop_assert_eq!(ploidies.at(ContigId(1), position), ploidy);
            if position > 0 && ploidy != plain[position as usize - 1] {
                prop_assert!(borders.contains(&position));
            }
        }
        prop_assert!(borders.is_sorted());
        let odd = |copies| plain.iter().filter(|p| **p == copies).count() as u64;
        prop_assert_eq!(ploidies.bases(), [odd(0), odd(1), 0]);
    }
}
