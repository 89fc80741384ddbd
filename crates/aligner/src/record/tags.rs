//! Auxiliary fields (SAM specification, section 4.2.4).

use std::io::Write;

use super::Context;
use crate::alignment::Alignment;

/// A text field (`Z`).
pub(super) fn text(out: &mut Vec<u8>, tag: [u8; 2], value: &[u8]) {
    out.extend_from_slice(&tag);
    out.push(b'Z');
    out.extend_from_slice(value);
    out.push(0);
}

/// An integer field in the smallest type that holds it, as htslib writes it.
pub(super) fn unsigned(out: &mut Vec<u8>, tag: [u8; 2], value: u32) {
    out.extend_from_slice(&tag);
    if let Ok(value) = u8::try_from(value) {
        out.extend_from_slice(&[b'C', value]);
    } else if let Ok(value) = u16::try_from(value) {
        out.push(b'S');
        out.extend_from_slice(&value.to_le_bytes());
    } else {
        out.push(b'I');
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// The CIGAR of an alignment with soft clips, as text.
pub(super) fn cigar(
    out: &mut Vec<u8>,
    tag: [u8; 2],
    alignment: &Alignment,
    ops: &[u32],
    length: u32,
) {
    out.extend_from_slice(&tag);
    out.push(b'Z');
    write_cigar(out, alignment, ops, length);
    out.push(0);
}

/// SA: the other records of the read, as `name,position,strand,CIGAR,MAPQ,NM;`.
pub(super) fn supplementary<'a>(
    out: &mut Vec<u8>,
    others: impl Iterator<Item = (&'a Alignment, u8, u32)>,
    context: &Context<'_>,
    length: u32,
) {
    out.extend_from_slice(b"SAZ");
    for (alignment, quality, distance) in others {
        let contig = context.reference.contig(alignment.contig);
        let strand = if alignment.reverse { '-' } else { '+' };
        // Writing to a vector cannot fail.
        let _ = write!(out, "{},{},{strand},", contig.name, alignment.start + 1);
        write_cigar(out, alignment, context.alignments.cigar(alignment), length);
        let _ = write!(out, ",{quality},{distance};");
    }
    out.push(0);
}

fn write_cigar(out: &mut Vec<u8>, alignment: &Alignment, ops: &[u32], length: u32) {
    let mut op = |kind: u8, length: u32| {
        if length > 0 {
            let _ = write!(out, "{length}{}", char::from(kind));
        }
    };
    op(b'S', alignment.query_start);
    for o in ops {
        op(b"MIDNSHP=X"[(o & 15) as usize], o >> 4);
    }
    op(b'S', length - alignment.query_end);
}
