//! Auxiliary fields that spell alignments (SAM tags specification: MC, SA; bwa's manual: XA).

use std::io::Write;

use super::Context;
use crate::alignment::Alignment;

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

/// One place of XA: `name,strand and position,CIGAR,NM;`.
pub(super) fn place(
    out: &mut Vec<u8>,
    alignment: &Alignment,
    distance: u32,
    context: &Context<'_>,
    length: u32,
) {
    let contig = context.reference.contig(alignment.contig);
    let strand = if alignment.reverse { '-' } else { '+' };
    // Writing to a vector cannot fail.
    let _ = write!(out, "{},{strand}{},", contig.name, alignment.start + 1);
    write_cigar(out, alignment, context.alignments.cigar(alignment), length);
    let _ = write!(out, ",{distance};");
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
