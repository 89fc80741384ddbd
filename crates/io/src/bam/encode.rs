//! Writes one record.

/// The fixed part of a record, its bases and qualities. Tags follow behind it: append them to the
/// same buffer and call the closure's end.
#[derive(Clone, Copy, Debug)]
pub struct RecordFields<'a> {
    /// Read name, without the NUL; at most 254 bytes.
    pub name: &'a [u8],
    /// FLAG.
    pub flag: u16,
    /// `refID`, or -1.
    pub contig: i32,
    /// 0-based leftmost position, or -1.
    pub position: i32,
    /// MAPQ.
    pub mapping_quality: u8,
    /// CIGAR operations, `length << 4 | op`.
    pub cigar: &'a [u32],
    /// `next_refID`, or -1.
    pub mate_contig: i32,
    /// `next_pos`, or -1.
    pub mate_position: i32,
    /// TLEN.
    pub template_length: i32,
    /// Bases as ASCII, in the record's orientation.
    pub bases: &'a [u8],
    /// Phred qualities in the record's orientation.
    pub qualities: &'a [u8],
}

/// Appends a record with its `block_size` to `out`; `tags` appends the auxiliary fields.
/// Section 4.2 of the SAM specification; `bin` by section 5.3.
pub fn encode(fields: &RecordFields<'_>, out: &mut Vec<u8>, tags: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    let reference_length: u32 = fields
        .cigar
        .iter()
        .filter(|op| matches!(*op & 15, 0 | 2 | 3 | 7 | 8))
        .map(|op| op >> 4)
        .sum();
    let end = i64::from(fields.position) + i64::from(reference_length.max(1));
    let bin = region_to_bin(i64::from(fields.position), end);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&fields.contig.to_le_bytes());
    out.extend_from_slice(&fields.position.to_le_bytes());
    out.push(fields.name.len() as u8 + 1);
    out.push(fields.mapping_quality);
    out.extend_from_slice(&bin.to_le_bytes());
    out.extend_from_slice(&(fields.cigar.len() as u16).to_le_bytes());
    out.extend_from_slice(&fields.flag.to_le_bytes());
    out.extend_from_slice(&(fields.bases.len() as u32).to_le_bytes());
    out.extend_from_slice(&fields.mate_contig.to_le_bytes());
    out.extend_from_slice(&fields.mate_position.to_le_bytes());
    out.extend_from_slice(&fields.template_length.to_le_bytes());
    out.extend_from_slice(fields.name);
    out.push(0);
    for op in fields.cigar {
        out.extend_from_slice(&op.to_le_bytes());
    }
    let mut pairs = fields.bases.chunks_exact(2);
    out.extend(
        pairs
            .by_ref()
            .map(|p| NIBBLE[p[0] as usize] << 4 | NIBBLE[p[1] as usize]),
    );
    out.extend(pairs.remainder().iter().map(|b| NIBBLE[*b as usize] << 4));
    out.extend_from_slice(fields.qualities);
    tags(out);
    let size = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&size.to_le_bytes());
}

/// Bin of `[start, end)`, as section 5.3 computes it; 4680 for what has no position.
fn region_to_bin(start: i64, end: i64) -> u16 {
    let last = end - 1;
    [(14, 4681), (17, 585), (20, 73), (23, 9), (26, 1)]
        .into_iter()
        .find(|(shift, _)| start >> shift == last >> shift)
        .map_or(0, |(shift, offset)| (offset + (start >> shift)) as u16)
}

/// ASCII to 4-bit base, `=ACMGRSVTWYHKDBN`; what is no base becomes N.
const NIBBLE: [u8; 256] = {
    let mut table = [15; 256];
    let letters = b"=ACMGRSVTWYHKDBN";
    let mut i = 0;
    while i < 16 {
        table[letters[i] as usize] = i as u8;
        table[letters[i].to_ascii_lowercase() as usize] = i as u8;
        i += 1;
    }
    table
};
