#![allow(clippy::unwrap_used)]

use super::*;

/// A file with two streams: one of several segments, one small.
fn filled() -> (SpillFile, Vec<u8>, [Extent; 2]) {
    let file = SpillFile::create(&std::env::temp_dir()).unwrap();
    let mut state = 1u64;
    // Bytes that do not compress.
    let noise: Vec<u8> = (0..300_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    let mut compressor = file.compressor().unwrap();
    let extents = [&noise[..], b"small"].map(|s| file.write(&mut compressor, s).unwrap());
    (file, noise, extents)
}

fn read(file: &SpillFile, extent: &Extent) -> Result<Vec<u8>, CollateError> {
    file.read(&mut file.decompressor().unwrap(), extent)
}

#[test]
fn comes_back() {
    let (file, noise, [large, small]) = filled();
    assert!(read(&file, &small).unwrap() == b"small");
    assert!(read(&file, &large).unwrap() == noise);
}

#[test]
fn holds_no_plain_bytes() {
    let file = SpillFile::create(&std::env::temp_dir()).unwrap();
    let text = b"GATTACA".repeat(3);
    file.write(&mut file.compressor().unwrap(), &text).unwrap();
    let mut raw = vec![0; file.end.load(Ordering::Relaxed) as usize];
    file.file.read_exact_at(&mut raw, 0).unwrap();
    assert!(!raw.windows(4).any(|w| w == b"GATT"));
}

#[test]
fn every_flipped_bit_is_found() {
    let (file, _, [large, small]) = filled();
    let places = (small.offset..file.end.load(Ordering::Relaxed))
        .chain([0, 65_535, 65_536, 70_000, 200_000]);
    for place in places {
        let mut byte = [0];
        file.file.read_exact_at(&mut byte, place).unwrap();
        file.file.write_all_at(&[byte[0] ^ 1], place).unwrap();
        let extent = if place >= small.offset { small } else { large };
        let error = read(&file, &extent).unwrap_err();
        assert!(
            matches!(error, CollateError::SpillDamaged { .. }),
            "{error}"
        );
        file.file.write_all_at(&byte, place).unwrap();
    }
}

#[test]
fn swapped_segments_are_found() {
    let (file, _, [large, _]) = filled();
    let mut segments = vec![0; 2 * (SEGMENT + TAG)];
    file.file.read_exact_at(&mut segments, 0).unwrap();
    segments.rotate_left(SEGMENT + TAG);
    file.file.write_all_at(&segments, 0).unwrap();
    assert!(read(&file, &large).is_err());
}

#[test]
fn swapped_streams_are_found() {
    let (file, _, [large, small]) = filled();
    let swapped = Extent {
        stream: large.stream,
        ..small
    };
    assert!(read(&file, &swapped).is_err());
}

#[test]
fn a_cut_is_found() {
    let (file, _, [large, small]) = filled();
    // At a segment's border, where each segment on its own is whole.
    let cut = Extent {
        packed: SEGMENT,
        ..large
    };
    assert!(matches!(
        read(&file, &cut),
        Err(CollateError::SpillDamaged { .. })
    ));
    file.file.set_len(small.offset + 3).unwrap();
    assert!(matches!(
        read(&file, &small),
        Err(CollateError::Spill { .. })
    ));
}

#[test]
fn another_file_has_another_key() {
    let (one, _, [_, small]) = filled();
    let (mut two, ..) = filled();
    two.file = one.file;
    assert!(read(&two, &small).is_err());
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let file = SpillFile::with_file(full, Path::new("/dev")).unwrap();
    let error = file
        .write(&mut file.compressor().unwrap(), b"text")
        .unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("cannot write") && message.contains("/dev"),
        "{message}"
    );
}
