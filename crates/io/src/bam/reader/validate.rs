//! Checks the structure of one record.

use crate::bam::aux::AuxFields;
use crate::bam::flag;
use crate::bam::header::HeaderContig;

/// What can be wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The lengths of its parts exceed the record.
    #[error("name, CIGAR, bases and qualities do not fit into the record")]
    Length,
    /// The name is empty, has a NUL inside or none at its end.
    #[error("the read name is not terminated by one NUL")]
    Name,
    /// A contig that the header does not have.
    #[error("refID is not in the header")]
    Contig,
    /// A position outside of its contig.
    #[error("the position is outside of its contig")]
    Position,
    /// The same of the mate.
    #[error("next_refID or next_pos is outside of the header's contigs")]
    Mate,
    /// Mapped, but nowhere.
    #[error("the read is flagged as mapped but has no position")]
    MappedNowhere,
    /// An operation that does not exist.
    #[error("the CIGAR has an operation beyond =MIDNSHPX")]
    CigarOperation,
    /// The CIGAR and the bases differ in length.
    #[error("the CIGAR covers another number of bases than the read has")]
    CigarLength,
    /// The alignment is longer than its contig.
    #[error("the alignment ends beyond its contig")]
    End,
    /// An auxiliary field that cannot be read.
    #[error("the auxiliary fields are malformed")]
    Aux,
}

/// Checks `record`, without `block_size`: [`super::RecordView`] never panics on one that passes.
///
/// # Errors
/// When it is not valid for a file with these contigs.
pub fn validate(record: &[u8], contigs: &[HeaderContig]) -> Result<(), RecordError> {
    let (fixed, rest) = record
        .split_first_chunk::<32>()
        .ok_or(RecordError::Length)?;
    let u16_at = |i: usize| u16::from_le_bytes([fixed[i], fixed[i + 1]]);
    let i32_at =
        |i: usize| i32::from_le_bytes([fixed[i], fixed[i + 1], fixed[i + 2], fixed[i + 3]]);
    let length = usize::try_from(i32_at(16)).map_err(|_| RecordError::Length)?;

    let name_end = usize::from(fixed[8]);
    let cigar_end = name_end + 4 * usize::from(u16_at(12));
    let aux_start = cigar_end + length.div_ceil(2) + length;
    if aux_start > rest.len() {
        return Err(RecordError::Length);
    }
    let name = &rest[..name_end];
    if name.len() < 2 || name.iter().position(|b| *b == 0) != Some(name.len() - 1) {
        return Err(RecordError::Name);
    }

    let (contig, position) = (i32_at(0), i32_at(4));
    let contig_length = check_place(contig, position, contigs)?;
    check_place(i32_at(20), i32_at(24), contigs).map_err(|_| RecordError::Mate)?;
    let mapped = u16_at(14) & flag::UNMAPPED == 0;
    if mapped && (contig < 0 || position < 0) {
        return Err(RecordError::MappedNowhere);
    }

    let (mut of_read, mut of_reference) = (0u64, 0u64);
    for op in rest[name_end..cigar_end].chunks_exact(4) {
        let op = u32::from_le_bytes([op[0], op[1], op[2], op[3]]);
        let count = u64::from(op >> 4);
        match op & 15 {
            0 | 7 | 8 => {
                of_read += count;
                of_reference += count;
            }
            1 | 4 => of_read += count,
            2 | 3 => of_reference += count,
            5 | 6 => {}
            _ => return Err(RecordError::CigarOperation),
        }
    }
    if cigar_end > name_end && length > 0 && of_read != length as u64 {
        return Err(RecordError::CigarLength);
    }
    let limit = contig_length.map_or(0x7fff_ffff, u64::from);
    if position.max(0) as u64 + of_reference > limit {
        return Err(RecordError::End);
    }

    let mut fields = AuxFields::new(&rest[aux_start..]);
    fields.by_ref().for_each(drop);
    match fields.rest() {
        [] => Ok(()),
        _ => Err(RecordError::Aux),
    }
}

/// The length of the contig, `None` without a contig.
fn check_place(
    contig: i32,
    position: i32,
    contigs: &[HeaderContig],
) -> Result<Option<u32>, RecordError> {
    if contig == -1 {
        return match position {
            -1.. => Ok(None),
            _ => Err(RecordError::Position),
        };
    }
    let contig = usize::try_from(contig)
        .ok()
        .and_then(|contig| contigs.get(contig))
        .ok_or(RecordError::Contig)?;
    if position < -1 || position >= contig.length as i32 {
        return Err(RecordError::Position);
    }
    Ok(Some(contig.length))
}
