//! Frames and batches from bytes that anybody may have sent.
#![allow(clippy::unwrap_used)]

use fafnir_fpga_hal::{
    device::{Frame, FrameError, Kind, MAX_PAYLOAD},
    extend, pairhmm,
};
use proptest::{collection::vec, prelude::*};

fn bytes(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.write_to(&mut bytes).unwrap();
    bytes
}

fn extensions() -> Frame {
    let mut batch = extend::Batch::new(extend::Scoring::default());
    for job in [
        extend::Job::default(),
        extend::Job {
            query: &[0, 1, 2, 3],
            target: &[0, 9, 3],
            reversed: true,
            traceback: true,
            ..extend::Job::default()
        },
    ] {
        batch.push(job).unwrap();
    }
    extend::wire::encode(&batch, 0..batch.len()).unwrap()
}

fn pairs() -> Frame {
    let mut batch = pairhmm::Batch::new();
    let haplotype = batch.push_haplotype(&[0, 1, 9]).unwrap();
    let empty = batch.push_haplotype(&[]).unwrap();
    let read = batch
        .push_read(&[0; 5], &[30; 5], &[45; 5], &[45; 5], &[10; 5])
        .unwrap();
    for haplotype in [haplotype, empty] {
        batch.push_pair(read, haplotype).unwrap();
    }
    pairhmm::wire::encode(&batch, 0..batch.len()).unwrap()
}

#[test]
fn batches_travel_whole() {
    for frame in [extensions(), pairs(), Frame::message(Kind::Bye, [])] {
        let received = Frame::read_from(&mut &bytes(&frame)[..]).unwrap();
        assert_eq!(received, frame);
    }
    let sizes = extend::wire::check(&extensions()).unwrap();
    let shapes: Vec<_> = sizes.iter().map(|s| (s.rows, s.columns, s.width)).collect();
    assert_eq!(shapes, [(0, 0, 0), (4, 3, 3)]);
    assert_eq!([sizes[0].traceback, sizes[1].traceback], [false, true]);
    let sizes = pairhmm::wire::check(&pairs()).unwrap();
    let shapes: Vec<_> = sizes.iter().map(|s| (s.rows, s.columns)).collect();
    assert_eq!(shapes, [(5, 3), (5, 0)]);
}

#[test]
fn every_damaged_bit_and_every_cut_is_found() {
    let whole = bytes(&extensions());
    for bit in 0..8 * whole.len() {
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(Frame::read_from(&mut &damaged[..]).is_err(), "bit {bit}");
    }
    for length in 0..whole.len() {
        let cut = Frame::read_from(&mut &whole[..length]);
        assert_eq!(length == 0, matches!(cut, Err(FrameError::Closed)));
        assert!(cut.is_err());
    }
}

#[test]
fn long_frames_are_refused_on_both_sides() {
    let long = Frame::message(Kind::Bye, vec![0; MAX_PAYLOAD + 1]);
    let refused = long.write_to(&mut std::io::sink());
    assert!(matches!(refused, Err(FrameError::TooLong { .. })));
    let mut batch = pairhmm::Batch::new();
    let long = vec![0; pairhmm::MAX_LENGTH];
    let read = batch.push_read(&[], &[], &[], &[], &[]).unwrap();
    for _ in 0..MAX_PAYLOAD / long.len() + 1 {
        let haplotype = batch.push_haplotype(&long).unwrap();
        batch.push_pair(read, haplotype).unwrap();
    }
    let refused = pairhmm::wire::encode(&batch, 0..batch.len());
    assert!(matches!(refused, Err(FrameError::TooLong { .. })));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(
        start in prop_oneof![Just(vec![]), Just(b"FDH0\x02\0\0\0\0\0\0\0\x05\0\0\0".to_vec())],
        rest in vec(any::<u8>(), 0..200),
    ) {
        let received = Frame::read_from(&mut &[start, rest].concat()[..]);
        prop_assert!(received.is_err());
    }

    #[test]
    fn no_payload_makes_a_check_panic(
        extensions in Just(extensions()),
        pairs in Just(pairs()),
        count in prop_oneof![4 => 0u32..8, 1 => any::<u32>()],
        payload in vec(prop_oneof![Just(0u8), any::<u8>()], 0..300),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        for whole in [extensions, pairs] {
            let mut changed = whole.clone();
            for (at, value) in &changes {
                let at = at.index(changed.payload.len());
                changed.payload[at] = *value;
            }
            let noise = Frame { count, payload: payload.clone(), ..whole };
            for frame in [changed, noise] {
                if let Ok(sizes) = extend::wire::check(&frame) {
                    prop_assert_eq!(sizes.len(), frame.count as usize);
                }
                if let Ok(sizes) = pairhmm::wire::check(&frame) {
                    prop_assert_eq!(sizes.len(), frame.count as usize);
                }
            }
        }
    }
}
