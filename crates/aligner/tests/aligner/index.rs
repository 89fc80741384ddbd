//! The index file: the same bytes always, and not one of them changed unnoticed.

use std::{io::Write, sync::Arc};

use fafnir_aligner::{Aligner, AlignerOptions, Index, IndexError, IndexLoader};
use fafnir_fpga_hal::{Hal, Isa};
use tempfile::NamedTempFile;

use crate::common::{Random, batch, index_bytes, map, open, reference, reverse_complement};

fn small() -> Vec<u8> {
    let mut random = Random(1);
    let gap = [
        random.sequence(3000),
        vec![b'N'; 100],
        random.sequence(2000),
    ]
    .concat();
    index_bytes(&reference(&[("a", random.sequence(9000)), ("b", gap)]))
}

#[test]
fn the_reference_comes_back() {
    let mut random = Random(2);
    let with_gap = [random.sequence(777), vec![b'N'; 50], random.sequence(333)].concat();
    let original = reference(&[("a", random.sequence(1000)), ("b", with_gap)]);
    let index = open(&index_bytes(&original)).unwrap();
    assert_eq!(index.reference().contigs(), original.contigs());
    assert_eq!(index.reference().words(), original.words());
    assert_eq!(index.reference().unknown(), original.unknown());
}

#[test]
fn bytes_do_not_depend_on_threads() {
    let mut random = Random(3);
    let reference = reference(&[
        ("a", random.sequence(2_500_000)),
        ("b", random.sequence(70_000)),
    ]);
    let build = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| index_bytes(&reference))
    };
    let one = build(1);
    assert!(one == build(2) && one == build(7));
}

#[test]
fn a_changed_byte_is_found_wherever_it_is() {
    let bytes = small();
    open(&bytes).unwrap();
    let mut random = Random(4);
    let places = (0..64).chain((0..300).map(|_| random.below(bytes.len())));
    for at in places.chain([bytes.len() - 1]) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        let error = open(&changed).expect_err("the change was not noticed");
        assert!(error.to_string().contains("fafnir index"), "{at}: {error}");
    }
}

#[test]
fn a_resident_index_is_the_mapped_one() {
    let bytes = small();
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    let (mapped, check) = Index::load(file.path(), IndexLoader::Mapped).unwrap();
    let (resident, checked) = Index::load(file.path(), IndexLoader::Resident).unwrap();
    assert_eq!(check.run().unwrap(), checked.run().unwrap());
    assert_eq!(mapped.reference().words(), resident.reference().words());
    assert_eq!(mapped.seed_frequencies(), resident.seed_frequencies());

    let mut random = Random(5);
    for _ in 0..100 {
        let at = random.below(bytes.len());
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        std::fs::write(file.path(), &changed).unwrap();
        let mapped = Index::open(file.path()).unwrap_err().to_string();
        let resident = Index::load(file.path(), IndexLoader::Resident).unwrap_err();
        assert_eq!(mapped, resident.to_string());
    }
}

/// Reads are mapped while the index is checked, so its seeds and bases may be anything.
#[test]
fn reads_can_be_mapped_to_a_damaged_index_but_its_check_fails() {
    let mut random = Random(6);
    let unit = random.sequence(400);
    let genome = [random.sequence(9000), unit.repeat(40), random.sequence(900)].concat();
    let bytes = index_bytes(&reference(&[
        ("a", genome.clone()),
        ("b", random.sequence(500)),
    ]));
    let reads: Vec<_> = (0..40)
        .map(|_| {
            let at = random.below(genome.len() - 500);
            (
                genome[at..at + 150].to_vec(),
                reverse_complement(&genome[at + 250..at + 400]),
            )
        })
        .collect();
    let pairs: Vec<_> = reads
        .iter()
        .map(|(one, two)| (&one[..], Some(&two[..])))
        .collect();
    let batch = batch(&pairs);
    let file = NamedTempFile::new().unwrap();
    let mut mapped = 0;
    for round in 0..150 {
        let mut damaged = bytes.clone();
        let from = 8192 + random.below(damaged.len() - 8192);
        let length = 1 + random.below((damaged.len() - from).min(1 << (round % 18)));
        damaged[from..from + length].fill_with(|| random.next() as u8);
        if damaged == bytes {
            continue;
        }
        std::fs::write(file.path(), &damaged).unwrap();
        // What look-ups rely on is found at once.
        let Ok((index, check)) = Index::load(file.path(), IndexLoader::Mapped) else {
            continue;
        };
        let hal = Hal::with_isa(Isa::Scalar).unwrap();
        map(
            &Aligner::new(Arc::new(index), AlignerOptions::default(), hal),
            &batch,
        );
        assert!(matches!(check.run(), Err(IndexError::Damaged { .. })));
        mapped += 1;
    }
    assert!(mapped > 50, "{mapped}");
}

#[test]
fn seeds_are_counted_by_their_places() {
    let mut random = Random(7);
    let (once, unit) = (random.sequence(4000), random.sequence(300));
    let index = open(&index_bytes(&reference(&[(
        "a",
        [once, unit.repeat(30)].concat(),
    )])))
    .unwrap();
    let counted = index.seed_frequencies();
    // A unit has 300 k-mers, those over its border included; one in five is a seed.
    assert!((40..80).contains(&counted.seeds[3]), "{counted:?}");
    assert!(
        (29 * 40..30 * 80).contains(&counted.places[3]),
        "{counted:?}"
    );
    assert!((650..950).contains(&counted.seeds[0]), "{counted:?}");
    assert!((29..=30).contains(&counted.most));
    assert!(counted.to_string().lines().count() == 10);
}

#[test]
fn a_cut_or_lengthened_file_is_refused() {
    let bytes = small();
    for length in [1, 8, 64, 4095, 4096, 5000, bytes.len() / 2, bytes.len() - 1] {
        assert!(open(&bytes[..length]).is_err(), "{length}");
    }
    assert!(open(&[bytes.as_slice(), &[0; 4096]].concat()).is_err());
}

#[test]
fn damage_is_placed_and_other_files_are_named() {
    let mut bytes = small();
    let last = bytes.len() - 5000;
    bytes[last] ^= 4;
    match open(&bytes).unwrap_err() {
        IndexError::Damaged {
            section,
            start,
            end,
            ..
        } => {
            assert_eq!(section, "seeds");
            assert!((start..end).contains(&(last as u64)));
        }
        other => panic!("{other}"),
    }
    assert!(matches!(
        open(b">chr1\nACGT\n"),
        Err(IndexError::NotAnIndex { .. })
    ));
    let mut newer = small();
    newer[8] = 99;
    assert!(matches!(
        open(&newer),
        Err(IndexError::Version { found: 99, .. })
    ));
    assert!(matches!(
        Index::open("/nonexistent/x".as_ref()),
        Err(IndexError::Io { .. })
    ));
}
