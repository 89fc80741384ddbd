//! Frames and batches from bytes that anybody may have sent.
#![allow(clippy::unwrap_used)]

use fafnir_fpga_hal::{
    device::{Frame, FrameError, Kind, MAX_PAYLOAD, MAX_PROGRAM, Memory},
    extend, pairhmm,
};
use proptest::{collection::vec, prelude::*};

const NUMBER: u32 = 7;

/// Writes a frame to a memory; returns that, and what is written to the socket.
fn written(frame: &Frame) -> (Memory, Vec<u8>) {
    let memory = Memory::create().unwrap();
    let mut bytes = Vec::new();
    frame.write_to(NUMBER, &mut bytes, Some(&memory)).unwrap();
    (memory, bytes)
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
fn frames_travel_whole() {
    let text = Frame::message(Kind::Refused, "no");
    let program = Frame::message(Kind::Program, [1, 2, 3]);
    for frame in [extensions(), pairs(), text, program] {
        let (memory, bytes) = written(&frame);
        let received = Frame::read_from(&mut &bytes[..], Some(&memory)).unwrap();
        assert_eq!(received, (NUMBER, frame));
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
fn batches_lie_in_slots_of_their_own() {
    let memory = Memory::create().unwrap();
    let mut bytes = Vec::new();
    extensions().write_to(2, &mut bytes, Some(&memory)).unwrap();
    pairs().write_to(3, &mut bytes, Some(&memory)).unwrap();
    let mut from = &bytes[..];
    for expected in [(2, extensions()), (3, pairs())] {
        assert_eq!(
            Frame::read_from(&mut from, Some(&memory)).unwrap(),
            expected
        );
    }
    // What overwrites one is found.
    let mut other = Vec::new();
    pairs().write_to(4, &mut other, Some(&memory)).unwrap();
    let overwritten = Frame::read_from(&mut &bytes[..], Some(&memory));
    assert!(matches!(overwritten, Err(FrameError::Damaged)));
    let elsewhere = Frame::read_from(&mut &bytes[..], None);
    assert!(matches!(elsewhere, Err(FrameError::Payload { .. })));
}

#[test]
fn every_damaged_bit_and_every_cut_is_found() {
    for frame in [extensions(), Frame::message(Kind::Hello, "{}")] {
        let (memory, whole) = written(&frame);
        for bit in 0..8 * whole.len() {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let read = Frame::read_from(&mut &damaged[..], Some(&memory));
            assert!(read.is_err(), "bit {bit}");
        }
        for length in 0..whole.len() {
            let cut = Frame::read_from(&mut &whole[..length], Some(&memory));
            assert_eq!(length == 0, matches!(cut, Err(FrameError::Closed)));
            assert!(cut.is_err());
        }
    }
}

#[test]
fn long_frames_are_refused_on_both_sides() {
    let memory = Memory::create().unwrap();
    for (kind, longest) in [
        (Kind::Extend, MAX_PAYLOAD),
        (Kind::Results, MAX_PAYLOAD),
        (Kind::Program, MAX_PROGRAM),
        (Kind::Hello, 1 << 20),
    ] {
        let long = Frame::message(kind, vec![0; longest + 1]);
        let refused = long.write_to(0, &mut std::io::sink(), Some(&memory));
        assert!(matches!(refused, Err(FrameError::TooLong { .. })));
        let (memory, mut header) = written(&Frame::message(kind, []));
        header[16..20].copy_from_slice(&(longest as u32 + 1).to_le_bytes());
        let refused = Frame::read_from(&mut &header[..], Some(&memory));
        assert!(matches!(refused, Err(FrameError::TooLong { .. })));
    }
    // A program begins at the first slot: from another it would leave the memory.
    let (memory, mut header) = written(&Frame::message(Kind::Binary, []));
    header[12] = 1;
    header[16..20].copy_from_slice(&(MAX_PROGRAM as u32).to_le_bytes());
    let refused = Frame::read_from(&mut &header[..], Some(&memory));
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
        start in prop_oneof![Just(vec![]), Just(b"FDH1\x04\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0".to_vec())],
        rest in vec(any::<u8>(), 0..200),
    ) {
        let memory = Memory::create().unwrap();
        let received = Frame::read_from(&mut &[start, rest].concat()[..], Some(&memory));
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
