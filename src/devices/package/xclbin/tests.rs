#![allow(clippy::unwrap_used)]

use super::*;

/// A container with a section, and `signature` bytes behind it.
fn container(section: &[u8], signature: usize) -> Vec<u8> {
    let end = SECTION_HEADERS + SECTION_HEADER;
    let mut file = vec![0; end];
    file[..8].copy_from_slice(MAGIC);
    let says = if signature == 0 { -1 } else { signature as i32 };
    file[SIGNATURE_LENGTH..][..4].copy_from_slice(&says.to_le_bytes());
    let length = (end + section.len()) as u64;
    file[LENGTH..][..8].copy_from_slice(&length.to_le_bytes());
    for (i, byte) in file[UUID..][..16].iter_mut().enumerate() {
        *byte = i as u8 * 0x11;
    }
    file[SECTIONS..][..4].copy_from_slice(&1u32.to_le_bytes());
    file[end - 16..][..8].copy_from_slice(&(end as u64).to_le_bytes());
    file[end - 8..].copy_from_slice(&(section.len() as u64).to_le_bytes());
    file.extend_from_slice(section);
    file.resize(file.len() + signature, 7);
    file
}

#[test]
fn sound_containers_show_their_identifier() {
    for signature in [0, 100] {
        assert_eq!(
            uuid(&container(b"bits", signature)).unwrap().unwrap(),
            "00112233-4455-6677-8899-aabbccddeeff"
        );
    }
}

#[test]
fn other_files_are_no_containers() {
    for file in [&b""[..], b"xclbin2", b"xclbin1\0", b"\x7fELF", b"poclbin\0"] {
        assert_eq!(uuid(file), Ok(None));
    }
}

#[test]
fn a_container_of_another_length_is_refused() {
    let good = container(b"bits", 10);
    for length in MAGIC.len()..good.len() {
        assert!(uuid(&good[..length]).is_err(), "{length}");
    }
    assert!(uuid(&[&good[..], b"x"].concat()).is_err());
}

#[test]
fn no_header_leads_out_of_the_file() {
    let good = container(b"bits", 0);
    let end = SECTION_HEADERS + SECTION_HEADER;
    for (at, bytes) in [
        (SIGNATURE_LENGTH, &(-2i32).to_le_bytes()[..]),
        (SIGNATURE_LENGTH, &i32::MAX.to_le_bytes()),
        (LENGTH, &u64::MAX.to_le_bytes()),
        (SECTIONS, &2u32.to_le_bytes()),
        (SECTIONS, &u32::MAX.to_le_bytes()),
        (end - 16, &u64::MAX.to_le_bytes()),
        (end - 8, &u64::MAX.to_le_bytes()),
        (end - 8, &5u64.to_le_bytes()),
    ] {
        let mut bad = good.clone();
        bad[at..][..bytes.len()].copy_from_slice(bytes);
        assert!(uuid(&bad).is_err(), "{bytes:?} at {at}");
    }
}
