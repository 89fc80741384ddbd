#![allow(clippy::unwrap_used)]

use proptest::{collection::vec, prelude::*};

use super::*;

/// A batch of these pairs of read and haplotype, whose lengths are their numbers; with `spare`, one of
/// other reads and haplotypes besides, that no pair uses.
fn batch(pairs: &[(u8, u8)], spare: bool) -> Batch {
    let mut batch = Batch::new();
    let (mut reads, mut haplotypes) = (HashMap::new(), HashMap::new());
    for &(read, haplotype) in pairs {
        let read = *reads.entry(read).or_insert_with(|| {
            if spare {
                batch
                    .push_read(&[3; 5], &[9; 5], &[9; 5], &[9; 5], &[9; 5])
                    .unwrap();
            }
            let values = |first: u8| (first..first + read).collect::<Vec<u8>>();
            let bases: Vec<u8> = (0..read).map(|base| base % 5).collect();
            batch
                .push_read(&bases, &values(20), &values(40), &values(45), &values(10))
                .unwrap()
        });
        let haplotype = *haplotypes.entry(haplotype).or_insert_with(|| {
            if spare {
                batch.push_haplotype(&[2; 7]).unwrap();
            }
            let bases: Vec<u8> = (0..haplotype).map(|base| base % 4).collect();
            batch.push_haplotype(&bases).unwrap()
        });
        batch.push_pair(read, haplotype).unwrap();
    }
    batch
}

proptest! {
    #[test]
    fn a_range_travels_as_a_batch_of_its_own(
        pairs in vec((0u8..6, 0u8..6), 0..12),
        from: usize,
        to: usize,
    ) {
        let at = |at: usize| at % (pairs.len() + 1);
        let range = at(from).min(at(to))..at(from).max(at(to));
        let part = encode(&batch(&pairs, true), range.clone()).unwrap();
        let own = encode(&batch(&pairs[range.clone()], false), 0..range.len()).unwrap();
        let sizes = check(&part).unwrap();
        let shape = |size: &Size| (size.rows as u8, size.columns as u8);
        prop_assert_eq!(sizes.iter().map(shape).collect::<Vec<_>>(), &pairs[range]);
        prop_assert_eq!(part, own);
    }
}

#[test]
fn sums_come_to_their_places() {
    let batch = batch(&[(0, 3), (2, 0), (0, 0), (2, 3), (1, 1)], false);
    let right = [f32::INITIAL, 0.0, f32::INITIAL, 0.5];
    let decode = |sums: &[f32], out: &mut [f32]| {
        decode_results(&batch, 0..4, &encode_results(sums).unwrap(), out)
    };
    let mut out = [7.0; 5];
    decode(&right, &mut out).unwrap();
    assert_eq!(out, [f32::INITIAL, 0.0, f32::INITIAL, 0.5, 7.0]);
    let part = encode_results(&right[3..]).unwrap();
    let mut out = [7.0; 5];
    decode_results(&batch, 3..4, &part, &mut out).unwrap();
    assert_eq!(out, [7.0, 7.0, 7.0, 0.5, 7.0]);

    for (at, sum) in [
        (0, 1.0),
        (1, 1.0),
        (2, 0.0),
        (3, -1.0),
        (3, f32::NAN),
        (3, 1e38),
    ] {
        let mut wrong = right;
        wrong[at] = sum;
        assert!(decode(&wrong, &mut out).is_err(), "{at}: {sum}");
    }
    assert!(decode(&right[..3], &mut out).is_err());
}
