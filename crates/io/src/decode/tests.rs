#![allow(clippy::unwrap_used)]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;
use crate::bgzf;

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn bgzip(data: &[u8]) -> Vec<u8> {
    let mut bytes = bgzf::Compressor::new(1).unwrap().compress_bytes(data).bytes;
    bytes.extend_from_slice(&bgzf::EOF_BLOCK);
    bytes
}

fn decode(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    Decoder::new(bytes).read_to_end(&mut out).map(|_| out)
}

fn text(length: usize) -> Vec<u8> {
    (0..length).map(|i| b"ACGTN\n@+I"[i * i % 9]).collect()
}

#[test]
fn told_apart() {
    let data = text(300_000);
    assert_eq!(decode(&data).unwrap(), data);
    assert_eq!(decode(&gzip(&data)).unwrap(), data);
    assert_eq!(decode(&bgzip(&data)).unwrap(), data);
    assert_eq!(decode(b"").unwrap(), b"");
    assert_eq!(decode(&gzip(b"")).unwrap(), b"");
    assert_eq!(decode(&bgzf::EOF_BLOCK).unwrap(), b"");
}

#[test]
fn members_in_any_order() {
    let (a, b) = (text(100_000), text(70_001));
    let expected = [a.clone(), b.clone()].concat();
    for (x, y) in [
        (gzip(&a), gzip(&b)),
        (bgzip(&a), gzip(&b)),
        (gzip(&a), bgzip(&b)),
        (bgzip(&a), bgzip(&b)),
    ] {
        assert_eq!(decode(&[x, y].concat()).unwrap(), expected);
    }
}

#[test]
fn header_with_every_field() {
    let plain = gzip(b"text");
    let mut file = vec![0x1f, 0x8b, 8, 4 | 8 | 16 | 2, 0, 0, 0, 0, 0, 3];
    file.extend_from_slice(b"\x03\0abcname\0comment\0\x12\x34");
    file.extend_from_slice(&plain[10..]);
    assert_eq!(decode(&file).unwrap(), b"text");
}

#[test]
fn damage_is_named() {
    let data = text(50_000);
    for whole in [gzip(&data), bgzip(&data)] {
        for cut in [1, 5, 9, 30, whole.len() / 2, whole.len() - 1] {
            // One byte of the magic is plain text to us.
            let result = decode(&whole[..cut]);
            assert!(cut == 1 || result.is_err(), "cut at {cut}");
        }
        let mut garbage = whole.clone();
        garbage.extend_from_slice(b"@read");
        let error = decode(&garbage).unwrap_err().to_string();
        assert!(
            error.contains("garbage") && error.contains(&whole.len().to_string()),
            "{error}"
        );
    }
    let mut wrong = gzip(&data);
    let at = wrong.len() - 6;
    wrong[at] ^= 1;
    assert!(decode(&wrong).unwrap_err().to_string().contains("CRC32"));
}

/// Tapes and block devices fill up with zeros; `gzip -t` passes over them.
#[test]
fn zeros_at_the_end_are_no_garbage() {
    let data = text(50_000);
    for whole in [gzip(&data), bgzip(&data)] {
        for zeros in [1, 511, 700_000] {
            let padded = [&whole[..], &vec![0; zeros]].concat();
            assert_eq!(decode(&padded).unwrap(), data);
            for behind in [&b"x"[..], &gzip(b"more")] {
                let error = decode(&[&padded[..], behind].concat()).unwrap_err();
                let error = error.to_string();
                let place = format!("byte {}: garbage", whole.len());
                assert!(error.contains(&place), "{error}");
            }
        }
    }
    assert_eq!(decode(&[0; 10]).unwrap(), [0; 10], "no gzip, no padding");
}

proptest! {
    #[test]
    fn flips_and_noise(at in any::<prop::sample::Index>(), bit in 0..8u8, noise in prop::collection::vec(any::<u8>(), 0..64)) {
        let data = text(3_000);
        let mut file = gzip(&data);
        let at = at.index(file.len());
        file[at] ^= 1 << bit;
        // A flip may go unseen only in the header, or where the data stay the same.
        if let Ok(read) = decode(&file) {
            prop_assert!(at < 10 || read == data);
        }
        let _ = decode(&noise);
        let _ = decode(&[&[0x1f, 0x8b, 8][..], &noise].concat());
    }
}
