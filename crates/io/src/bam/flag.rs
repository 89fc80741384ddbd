//! Bits of the FLAG field (SAM specification, section 1.4).

/// The template has several segments.
pub const PAIRED: u16 = 0x1;
/// Each segment is properly aligned.
pub const PROPER: u16 = 0x2;
/// The segment is unmapped.
pub const UNMAPPED: u16 = 0x4;
/// The mate is unmapped.
pub const MATE_UNMAPPED: u16 = 0x8;
/// The bases are the reverse complement of the read.
pub const REVERSE: u16 = 0x10;
/// The mate's bases are reverse-complemented.
pub const MATE_REVERSE: u16 = 0x20;
/// First segment of the template.
pub const FIRST: u16 = 0x40;
/// Last segment of the template.
pub const LAST: u16 = 0x80;
/// Secondary alignment.
pub const SECONDARY: u16 = 0x100;
/// The read failed quality control.
pub const QC_FAIL: u16 = 0x200;
/// PCR or optical duplicate.
pub const DUPLICATE: u16 = 0x400;
/// Supplementary alignment.
pub const SUPPLEMENTARY: u16 = 0x800;
