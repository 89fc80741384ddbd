//! Puts back into records what soft cuts hid, as clips.

use super::{Hidden, TrimmedBatch};
use crate::bam::aux::{AuxValue, push_z};
use crate::bam::{RecordBatch, RecordFields, RecordView, encode, flag};

const SOFT_CLIP: u32 = 4;
const HARD_CLIP: u32 = 5;

impl TrimmedBatch {
    /// The records of this batch's reads with what was cut softly, as clips (in `CIGAR`, `MC` and
    /// `SA`); filtered reads get FLAG 0x200.
    pub fn restore(&self, records: RecordBatch) -> RecordBatch {
        let filtered = |end: &[bool]| end.contains(&true);
        let hidden = |end: &[Hidden]| end.iter().any(|h| *h != Hidden::default());
        let ends = &self.ends;
        if !ends
            .iter()
            .any(|end| filtered(&end.filtered) || hidden(&end.hidden))
        {
            return records;
        }
        let mut out = RecordBatch {
            bytes: Vec::with_capacity(records.bytes.len() + records.bytes.len() / 8),
            template_ends: Vec::with_capacity(records.len()),
            ..records
        };
        let mut scratch = Scratch::default();
        for template in 0..records.template_ends.len() {
            for record in records.template(template) {
                self.restore_record(template, &record, &mut scratch, &mut out.bytes);
            }
            out.template_ends.push(out.bytes.len());
        }
        out
    }

    fn restore_record(
        &self,
        template: usize,
        record: &RecordView<'_>,
        scratch: &mut Scratch,
        out: &mut Vec<u8>,
    ) {
        let end = usize::from(record.flag() & flag::LAST != 0);
        let hidden_of = |end: usize| {
            let hidden = self.ends[end].hidden.get(template);
            hidden.copied().unwrap_or_default()
        };
        let (own, mate) = (hidden_of(end), hidden_of(1 - end));
        let filtered = match self.ends[end].filtered[template] {
            true => flag::QC_FAIL,
            false => 0,
        };
        let none = Hidden::default();
        if (own, mate) == (none, none) {
            let at = out.len();
            out.extend_from_slice(&(record.as_bytes().len() as u32).to_le_bytes());
            out.extend_from_slice(record.as_bytes());
            let bits = (record.flag() | filtered).to_le_bytes();
            out[at + 4 + 14..at + 4 + 16].copy_from_slice(&bits);
            return;
        }
        let reverse = record.flag() & flag::REVERSE != 0;
        scratch.take_bases(record);
        // Supplementary records may have a part of the bases, and secondary ones have none.
        let mut whole = true;
        if own != none {
            let kept = &self.ends[end].kept;
            let (bases, qualities) = (kept.bases(template), kept.qualities(template));
            let shown = bases.len() - (own.five_prime + own.three_prime) as usize;
            whole = record.length() == shown;
            if whole {
                scratch.surround(own, bases, qualities, reverse);
            }
        }
        scratch.cigar.clear();
        scratch.cigar.extend(record.raw_cigar());
        if own != none {
            let clip = if whole { SOFT_CLIP } else { HARD_CLIP };
            clip_more(&mut scratch.cigar, own.sides(reverse), clip);
        }
        let fields = RecordFields {
            name: record.name(),
            flag: record.flag() | filtered,
            contig: record.contig(),
            position: record.position(),
            mapping_quality: record.mapping_quality(),
            cigar: &scratch.cigar,
            mate_contig: record.mate_contig(),
            mate_position: record.mate_position(),
            template_length: record.template_length(),
            bases: &scratch.bases,
            qualities: &scratch.qualities,
        };
        let text = &mut scratch.text;
        encode(&fields, out, |out| {
            let mut fields = record.aux_fields();
            loop {
                let before = fields.rest();
                let Some((tag, value)) = fields.next() else {
                    break;
                };
                text.clear();
                match (&tag, value) {
                    (b"MC", AuxValue::Text(cigar)) => {
                        let reverse = record.flag() & flag::MATE_REVERSE != 0;
                        clip_text_more(cigar, mate.sides(reverse), text);
                        push_z(tag, text, out);
                    }
                    (b"SA", AuxValue::Text(others)) => {
                        clip_others_more(others, 3, own, text);
                        push_z(tag, text, out);
                    }
                    (b"XA", AuxValue::Text(others)) => {
                        clip_others_more(others, 2, own, text);
                        push_z(tag, text, out);
                    }
                    _ => out.extend_from_slice(&before[..before.len() - fields.rest().len()]),
                }
            }
        });
    }
}

impl Hidden {
    /// What lies left and right of the read as a record of this strand has it.
    fn sides(self, reverse: bool) -> [u32; 2] {
        match reverse {
            true => [self.three_prime, self.five_prime],
            false => [self.five_prime, self.three_prime],
        }
    }
}

/// Parts of the record under work.
#[derive(Default)]
struct Scratch {
    bases: Vec<u8>,
    qualities: Vec<u8>,
    cigar: Vec<u32>,
    text: Vec<u8>,
}

impl Scratch {
    fn take_bases(&mut self, record: &RecordView<'_>) {
        self.bases.clear();
        self.bases
            .extend((0..record.length()).map(|i| record.base_ascii(i)));
        self.qualities.clear();
        self.qualities.extend_from_slice(record.qualities());
    }

    /// Puts the hidden ends of the read `bases` around what the record has of it.
    fn surround(&mut self, hidden: Hidden, bases: &[u8], qualities: &[u8], reverse: bool) {
        let start = hidden.five_prime as usize;
        let end = bases.len() - hidden.three_prime as usize;
        let heads = (&bases[..start], &qualities[..start]);
        let tails = (&bases[end..], &qualities[end..]);
        if reverse {
            self.bases.splice(..0, tails.0.iter().rev().map(complement));
            self.qualities.splice(..0, tails.1.iter().rev().copied());
            self.bases.extend(heads.0.iter().rev().map(complement));
            self.qualities.extend(heads.1.iter().rev());
        } else {
            self.bases.splice(..0, heads.0.iter().copied());
            self.qualities.splice(..0, heads.1.iter().copied());
            self.bases.extend_from_slice(tails.0);
            self.qualities.extend_from_slice(tails.1);
        }
    }
}

/// Lengthens the clips at both ends, or adds some of the kind `clip`; an unmapped read has none.
fn clip_more(cigar: &mut Vec<u32>, [left, right]: [u32; 2], clip: u32) {
    let is_clip = |op: &u32| matches!(op & 15, SOFT_CLIP | HARD_CLIP);
    if cigar.is_empty() {
        return;
    }
    if left > 0 {
        match cigar.first_mut().filter(|op| is_clip(op)) {
            Some(op) => *op += left << 4,
            None => cigar.insert(0, left << 4 | clip),
        }
    }
    if right > 0 {
        match cigar.last_mut().filter(|op| is_clip(op)) {
            Some(op) => *op += right << 4,
            None => cigar.push(right << 4 | clip),
        }
    }
}

/// The same with a CIGAR as text, whose clips are soft.
fn clip_text_more(cigar: &[u8], sides: [u32; 2], out: &mut Vec<u8>) {
    let mut ops = Vec::new();
    let mut length = 0;
    for byte in cigar {
        match byte {
            b'0'..=b'9' => length = 10 * length + u32::from(byte - b'0'),
            kind => {
                let kind = b"MIDNSHP=X".iter().position(|k| k == kind);
                ops.push(std::mem::take(&mut length) << 4 | kind.unwrap_or_default() as u32);
            }
        }
    }
    clip_more(&mut ops, sides, SOFT_CLIP);
    for op in ops {
        out.extend_from_slice((op >> 4).to_string().as_bytes());
        out.push(b"MIDNSHP=X"[(op & 15) as usize]);
    }
}

/// The same in each entry of `SA`, `name,position,strand,CIGAR,MAPQ,NM;`, or of `XA`,
/// `name,strand and position,CIGAR,NM;`, whose CIGAR is column `at`.
fn clip_others_more(others: &[u8], at: usize, hidden: Hidden, out: &mut Vec<u8>) {
    for other in others.split_inclusive(|b| *b == b';') {
        let mut reverse = false;
        for (i, field) in other.split_inclusive(|b| *b == b',').enumerate() {
            match (i, field) {
                (i, [cigar @ .., b',']) if i == at => {
                    clip_text_more(cigar, hidden.sides(reverse), out);
                    out.push(b',');
                }
                _ => out.extend_from_slice(field),
            }
            reverse |= i + 1 == at && field.starts_with(b"-");
        }
    }
}

fn complement(base: &u8) -> u8 {
    let at = b"ACGTMRWSYKVHDBN".iter().position(|b| b == base);
    at.map_or(*base, |i| b"TGCAKYWSRMBDHVN"[i])
}
