//! Auxiliary fields of a record (SAM specification 1.6, section 4.2.4).

/// The value of an auxiliary field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AuxValue<'a> {
    /// `A`: a printable character.
    Character(u8),
    /// `c`, `C`, `s`, `S`, `i`, `I`: an integer.
    Integer(i64),
    /// `f`: a number.
    Float(f32),
    /// `Z`: text, without the NUL.
    Text(&'a [u8]),
    /// `H`: hexadecimal digits, without the NUL.
    Hex(&'a [u8]),
    /// `B`: the elements' type, one of `cCsSiIf`, and their little-endian bytes.
    Array(u8, &'a [u8]),
}

/// Iterates over auxiliary fields; ends at the first one that is malformed.
#[derive(Clone, Copy, Debug)]
pub struct AuxFields<'a> {
    bytes: &'a [u8],
}

impl<'a> AuxFields<'a> {
    /// Fields in `bytes`, as a record's end holds them.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// What was not iterated over: empty at the end unless a field is malformed.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes
    }
}

impl<'a> Iterator for AuxFields<'a> {
    type Item = ([u8; 2], AuxValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let ([a, b, kind], rest) = self.bytes.split_first_chunk::<3>()?;
        let (value, rest) = value(*kind, rest)?;
        if !a.is_ascii_alphabetic() || !b.is_ascii_alphanumeric() {
            return None;
        }
        self.bytes = rest;
        Some(([*a, *b], value))
    }
}

fn value(kind: u8, bytes: &[u8]) -> Option<(AuxValue<'_>, &[u8])> {
    fn take<const N: usize>(bytes: &[u8]) -> Option<([u8; N], &[u8])> {
        bytes.split_first_chunk().map(|(head, rest)| (*head, rest))
    }
    fn until_nul(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
        let end = bytes.iter().position(|b| *b == 0)?;
        Some((&bytes[..end], &bytes[end + 1..]))
    }
    let integer = |value: i64, rest| Some((AuxValue::Integer(value), rest));
    match kind {
        b'A' => take::<1>(bytes).map(|([c], rest)| (AuxValue::Character(c), rest)),
        b'c' => take(bytes).and_then(|(b, rest)| integer(i8::from_le_bytes(b).into(), rest)),
        b'C' => take(bytes).and_then(|(b, rest)| integer(u8::from_le_bytes(b).into(), rest)),
        b's' => take(bytes).and_then(|(b, rest)| integer(i16::from_le_bytes(b).into(), rest)),
        b'S' => take(bytes).and_then(|(b, rest)| integer(u16::from_le_bytes(b).into(), rest)),
        b'i' => take(bytes).and_then(|(b, rest)| integer(i32::from_le_bytes(b).into(), rest)),
        b'I' => take(bytes).and_then(|(b, rest)| integer(u32::from_le_bytes(b).into(), rest)),
        b'f' => take(bytes).map(|(b, rest)| (AuxValue::Float(f32::from_le_bytes(b)), rest)),
        b'Z' => until_nul(bytes).map(|(text, rest)| (AuxValue::Text(text), rest)),
        b'H' => until_nul(bytes).map(|(text, rest)| (AuxValue::Hex(text), rest)),
        b'B' => {
            let ([kind], rest) = take(bytes)?;
            let (count, rest) = take(rest)?;
            let width = match kind {
                b'c' | b'C' => 1,
                b's' | b'S' => 2,
                b'i' | b'I' | b'f' => 4,
                _ => return None,
            };
            let length = usize::try_from(u32::from_le_bytes(count))
                .ok()?
                .checked_mul(width)?;
            let (elements, rest) = rest.split_at_checked(length)?;
            Some((AuxValue::Array(kind, elements), rest))
        }
        _ => None,
    }
}

/// Appends a character: type `A`.
pub fn push_a(tag: [u8; 2], value: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&[tag[0], tag[1], b'A', value]);
}

/// Appends an integer in the smallest type that holds it, unsigned where it is not negative, as
/// htslib does.
pub fn push_i(tag: [u8; 2], value: i32, out: &mut Vec<u8>) {
    out.extend_from_slice(&tag);
    if let Ok(value) = u8::try_from(value) {
        out.extend_from_slice(&[b'C', value]);
    } else if let Ok(value) = i8::try_from(value) {
        out.extend_from_slice(&[b'c', value as u8]);
    } else if let Ok(value) = u16::try_from(value) {
        out.push(b'S');
        out.extend_from_slice(&value.to_le_bytes());
    } else if let Ok(value) = i16::try_from(value) {
        out.push(b's');
        out.extend_from_slice(&value.to_le_bytes());
    } else {
        out.push(if value < 0 { b'i' } else { b'I' });
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// Appends a number: type `f`.
pub fn push_f(tag: [u8; 2], value: f32, out: &mut Vec<u8>) {
    out.extend_from_slice(&[tag[0], tag[1], b'f']);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends text, which holds no NUL: type `Z`.
pub fn push_z(tag: [u8; 2], value: &[u8], out: &mut Vec<u8>) {
    debug_assert!(!value.contains(&0));
    out.extend_from_slice(&[tag[0], tag[1], b'Z']);
    out.extend_from_slice(value);
    out.push(0);
}
