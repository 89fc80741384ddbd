//! The container of programs for AMD's cards, as far as it must be sound before their runtime,
//! which checks little, reads it. Layout: `struct axlf` in XRT's public `xclbin.h`; little-endian.

const MAGIC: &[u8; 8] = b"xclbin2\0";

/// Length in bytes of a signature behind the container, -1 for none: 4 bytes.
const SIGNATURE_LENGTH: usize = 8;
/// Length in bytes of the container: 8 bytes.
const LENGTH: usize = 304;
/// The container's identifier: 16 bytes.
const UUID: usize = 416;
/// Number of sections: 4 bytes.
const SECTIONS: usize = 448;
/// Headers of the sections, one after the other.
const SECTION_HEADERS: usize = 456;
/// Size of a section's header; its last 16 bytes are the section's offset and size.
const SECTION_HEADER: usize = 40;
/// More sections than this are refused by the runtime too.
const MAX_SECTIONS: usize = 0x1_0000;

/// Returns the container's identifier; `None` for what is no `xclbin`.
///
/// Refused, with the reason, are containers that are cut or longer than they say, and sections
/// that lie outside them.
pub(super) fn uuid(file: &[u8]) -> Result<Option<String>, String> {
    if !file.starts_with(MAGIC) {
        return Ok(None);
    }
    let cut = || format!("{} bytes are too few for its header", file.len());
    let field = |at: usize, size: usize| {
        let bytes = file.get(at..)?.get(..size)?;
        Some(bytes.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b)))
    };
    let uuid = file.get(UUID..UUID + 16).ok_or_else(cut)?;
    let length = field(LENGTH, 8).ok_or_else(cut)?;
    let signature = match field(SIGNATURE_LENGTH, 4).ok_or_else(cut)? as u32 as i32 {
        -1 => 0,
        length => u64::try_from(length).map_err(|_| format!("a signature of {length} bytes"))?,
    };
    if length.checked_add(signature) != Some(file.len() as u64) {
        return Err(format!(
            "its header says {length} bytes and {signature} of signature, the file has {}",
            file.len()
        ));
    }
    let sections = field(SECTIONS, 4).ok_or_else(cut)? as usize;
    if sections > MAX_SECTIONS {
        return Err(format!("{sections} sections"));
    }
    let headers_end = (SECTION_HEADERS + sections * SECTION_HEADER) as u64;
    if headers_end > length {
        return Err(format!(
            "no room for the headers of {sections} sections in {length} bytes"
        ));
    }
    for section in 0..sections {
        let header = SECTION_HEADERS + section * SECTION_HEADER;
        let offset = field(header + SECTION_HEADER - 16, 8).ok_or_else(cut)?;
        let size = field(header + SECTION_HEADER - 8, 8).ok_or_else(cut)?;
        if offset.checked_add(size).is_none_or(|end| end > length) {
            return Err(format!("section {section} lies outside the container"));
        }
    }
    Ok(Some(text(uuid)))
}

/// As RFC 9562, section 4 writes it.
fn text(uuid: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (i, byte) in uuid.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests;
