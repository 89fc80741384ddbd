#![allow(clippy::unwrap_used)]

use std::io::Read;

use proptest::prelude::*;

use super::*;

fn file(segments: &[Segment]) -> Vec<u8> {
    let mut bytes: Vec<u8> = segments.iter().flat_map(|s| s.bytes.clone()).collect();
    bytes.extend_from_slice(&EOF_BLOCK);
    bytes
}

fn read_all(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    Reader::new(bytes).read_to_end(&mut out).map(|_| out)
}

/// Record starts and a payload that compresses a little.
fn records() -> impl Strategy<Value = (Vec<u32>, Vec<u8>)> {
    prop::collection::vec((1..3000usize, 0..50u8), 0..120).prop_map(|sizes| {
        let (mut starts, mut payload) = (Vec::new(), Vec::new());
        let mut state = 1u64;
        for (size, kind) in sizes {
            starts.push(payload.len() as u32);
            // Now and then a record of more than one or two blocks.
            let size = if kind == 0 { size * 60 } else { size };
            payload.extend((0..size).map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
                (state >> 60) as u8 + kind
            }));
        }
        (starts, payload)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn round_trip_and_borders((starts, payload) in records(), level in 0..=9u8) {
        let segment = Compressor::new(level).unwrap().compress_records(&payload, &starts);
        let bytes = file(std::slice::from_ref(&segment));
        prop_assert_eq!(&read_all(&bytes).unwrap(), &payload);
        prop_assert_eq!(&Compressor::compress_parallel(&payload, &starts, level).unwrap(), &segment);
        // What a record's virtual offset points at is the record.
        for start in &starts {
            let offset = segment.virtual_offset(0, *start);
            let mut rest = Vec::new();
            Reader::new(&bytes[offset.block() as usize..]).read_to_end(&mut rest).unwrap();
            prop_assert_eq!(&rest[usize::from(offset.within())..], &payload[*start as usize..]);
        }
        // A record straddles blocks only if it is larger than one.
        for (i, start) in starts.iter().enumerate() {
            let end = starts.get(i + 1).map_or(payload.len(), |e| *e as usize);
            let size = end - *start as usize;
            let crossed = segment.blocks.iter()
                .any(|b| b.1 > *start && (b.1 as usize) < end);
            prop_assert!(!crossed || size > BLOCK_SIZE);
        }
    }

    #[test]
    fn damaged_files_are_errors((starts, payload) in records(), at in any::<prop::sample::Index>(), bit in 0..8u8) {
        prop_assume!(!payload.is_empty());
        let segment = Compressor::new(1).unwrap().compress_records(&payload, &starts);
        let mut bytes = file(&[segment]);
        let at = at.index(bytes.len());
        prop_assert!(read_all(&bytes[..at]).is_err(), "truncated at {}", at);
        bytes[at] ^= 1 << bit;
        // MTIME, XFL and OS carry no data: only there may a flipped bit pass.
        if let Ok(read) = read_all(&bytes) {
            prop_assert_eq!(read, payload);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_all(&bytes);
        let mut with_magic = EOF_BLOCK[..18].to_vec();
        with_magic.extend_from_slice(&bytes);
        let _ = read_all(&with_magic);
    }
}

#[test]
fn incompressible_blocks_fit() {
    let mut state = 7u64;
    let payload: Vec<u8> = (0..3 * BLOCK_SIZE + 5)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect();
    for level in 0..=12 {
        let segment = Compressor::new(level).unwrap().compress_bytes(&payload);
        assert_eq!(segment.blocks.len(), 4);
        assert_eq!(read_all(&file(&[segment])).unwrap(), payload);
    }
    assert!(Compressor::new(13).is_err());
}

#[test]
fn missing_end_is_an_error() {
    let segment = Compressor::new(6).unwrap().compress_bytes(b"a few bytes");
    let error = read_all(&segment.bytes).unwrap_err();
    assert!(error.to_string().contains("truncated"), "{error}");
}
