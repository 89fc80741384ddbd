#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use fafnir_io::bed::Regions;
use fafnir_io::reference::Storage;
use fafnir_io::{Contig, Reference};
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
    let male = Ploidies::new(2, Sex::Male.ploidies(&reference, None).unwrap());
    let female = Ploidies::new(2, Sex::Female.ploidies(&reference, None).unwrap());
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
    let error = Sex::Male.ploidies(&mouse, None).unwrap_err();
    assert_eq!(
        error,
        PloidyError::UnknownGenome {
            name: "X".into(),
            length: 169_476_592
        }
    );
    // A female needs none.
    assert!(Sex::Female.ploidies(&mouse, None).is_ok());
    let shared = Regions::new([(ContigId(1), 500..800)]);
    let male = Ploidies::new(2, Sex::Male.ploidies(&mouse, Some(&shared)).unwrap());
    assert_eq!(
        [499, 500, 799, 800].map(|p| male.at(ContigId(1), p)),
        [1, 2, 2, 1]
    );
    assert_eq!(male.at(ContigId(2), 600), 1);
    let error = Sex::Male
        .ploidies(&reference(&[("20", 5)]), None)
        .unwrap_err();
    assert_eq!(error, PloidyError::NoSexChromosome);
    assert!("both".parse::<Sex>().is_err());
    assert_eq!("Male".parse::<Sex>(), Ok(Sex::Male));
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
