//! What is a read's name, in every format that reads come in.

/// The name without the `/1` or `/2` of old pipelines: mates have one name.
pub(crate) fn without_mate_number(name: &[u8]) -> &[u8] {
    match name {
        [name @ .., b'/', b'1' | b'2'] => name,
        name => name,
    }
}

/// Where the first byte is that a SAM name cannot have (SAM specification 1.6, section 1.4).
pub(crate) fn forbidden_byte(name: &[u8]) -> Option<usize> {
    let graphic = name.iter().fold(true, |ok, b| ok & b.is_ascii_graphic());
    if graphic && name.first() != Some(&b'@') {
        return None;
    }
    let wrong = name.iter().position(|b| !b.is_ascii_graphic());
    Some(wrong.unwrap_or(0))
}
