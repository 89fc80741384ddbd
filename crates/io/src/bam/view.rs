//! Reads the fields of an encoded record in place.

use super::aux::{AuxFields, AuxValue};

/// A record's bytes, without `block_size`. The accessors do not check: build one only from bytes
/// that this program encoded or that the BAM reader validated.
#[derive(Clone, Copy, Debug)]
pub struct RecordView<'a> {
    bytes: &'a [u8],
}

/// One CIGAR operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CigarOp {
    /// One of `MIDNSHP=X`.
    pub kind: u8,
    /// Length in bases.
    pub length: u32,
}

impl<'a> RecordView<'a> {
    /// Views `bytes`, a whole record without `block_size`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// All bytes of the record, without `block_size`.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// `refID`, or -1.
    pub fn contig(&self) -> i32 {
        self.i32_at(0)
    }

    /// 0-based leftmost position, or -1.
    pub fn position(&self) -> i32 {
        self.i32_at(4)
    }

    /// MAPQ.
    pub fn mapping_quality(&self) -> u8 {
        self.bytes[9]
    }

    /// FLAG.
    pub fn flag(&self) -> u16 {
        self.u16_at(14)
    }

    /// Number of bases.
    pub fn length(&self) -> usize {
        self.i32_at(16) as usize
    }

    /// `next_refID`, or -1.
    pub fn mate_contig(&self) -> i32 {
        self.i32_at(20)
    }

    /// `next_pos`, or -1.
    pub fn mate_position(&self) -> i32 {
        self.i32_at(24)
    }

    /// TLEN.
    pub fn template_length(&self) -> i32 {
        self.i32_at(28)
    }

    /// Read name without NUL.
    pub fn name(&self) -> &'a [u8] {
        &self.bytes[32..32 + self.name_length() - 1]
    }

    /// CIGAR operations as encoded, `length << 4 | op`.
    pub fn raw_cigar(
        &self,
    ) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + Clone + 'a {
        let start = 32 + self.name_length();
        self.bytes[start..start + 4 * self.cigar_length()]
            .chunks_exact(4)
            .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }

    /// CIGAR operations.
    pub fn cigar(
        &self,
    ) -> impl DoubleEndedIterator<Item = CigarOp> + ExactSizeIterator + Clone + 'a {
        self.raw_cigar().map(|op| CigarOp {
            kind: b"MIDNSHP=X???????"[(op & 15) as usize],
            length: op >> 4,
        })
    }

    /// The packed bases: two to a byte, high nibble first, codes of `=ACMGRSVTWYHKDBN`.
    pub fn packed_bases(&self) -> &'a [u8] {
        let start = 32 + self.name_length() + 4 * self.cigar_length();
        &self.bytes[start..start + self.length().div_ceil(2)]
    }

    /// Base code (A 0, C 1, G 2, T 3, anything else 4) of base `index`.
    pub fn base(&self, index: usize) -> u8 {
        let byte = self.packed_bases()[index / 2];
        CODE[(if index.is_multiple_of(2) {
            byte >> 4
        } else {
            byte & 15
        }) as usize]
    }

    /// Letter of base `index`, one of `=ACMGRSVTWYHKDBN`.
    pub fn base_ascii(&self, index: usize) -> u8 {
        let byte = self.packed_bases()[index / 2];
        let code = if index.is_multiple_of(2) {
            byte >> 4
        } else {
            byte & 15
        };
        b"=ACMGRSVTWYHKDBN"[code as usize]
    }

    /// Phred qualities; all 255 where the file has none.
    pub fn qualities(&self) -> &'a [u8] {
        let start = 32 + self.name_length() + 4 * self.cigar_length() + self.length().div_ceil(2);
        &self.bytes[start..start + self.length()]
    }

    /// The auxiliary fields as encoded.
    pub fn tags(&self) -> &'a [u8] {
        let start = 32
            + self.name_length()
            + 4 * self.cigar_length()
            + self.length().div_ceil(2)
            + self.length();
        &self.bytes[start..]
    }

    /// The auxiliary fields, one after another.
    pub fn aux_fields(&self) -> AuxFields<'a> {
        AuxFields::new(self.tags())
    }

    /// The value of the auxiliary field `tag`.
    pub fn aux(&self, tag: &[u8; 2]) -> Option<AuxValue<'a>> {
        self.aux_fields()
            .find_map(|(name, value)| (name == *tag).then_some(value))
    }

    /// Bases of the reference that the alignment covers.
    pub fn reference_length(&self) -> u32 {
        self.raw_cigar()
            .filter(|op| matches!(op & 15, 0 | 2 | 3 | 7 | 8))
            .map(|op| op >> 4)
            .sum()
    }

    /// 0-based end of the alignment (exclusive); one past the position where nothing is aligned.
    pub fn reference_end(&self) -> i32 {
        self.position() + (self.reference_length().max(1) as i32)
    }

    fn name_length(&self) -> usize {
        self.bytes[8] as usize
    }

    fn cigar_length(&self) -> usize {
        self.u16_at(12) as usize
    }

    fn i32_at(&self, at: usize) -> i32 {
        i32::from_le_bytes([
            self.bytes[at],
            self.bytes[at + 1],
            self.bytes[at + 2],
            self.bytes[at + 3],
        ])
    }

    fn u16_at(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]])
    }
}

const CODE: [u8; 16] = [4, 0, 1, 4, 2, 4, 4, 4, 3, 4, 4, 4, 4, 4, 4, 4];
