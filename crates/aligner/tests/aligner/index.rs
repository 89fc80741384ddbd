//! The index file: the same bytes always, and not one of them changed unnoticed.

use fafnir_aligner::{Index, IndexError};

use crate::common::{Random, index_bytes, open, reference};

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
