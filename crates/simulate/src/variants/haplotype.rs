//! A haplotype as a list of edits over the reference: two of a human genome need no more memory than their variants.

use super::Variant;
use crate::edit::Edit;

/// One haplotype of a contig.
pub(crate) struct Haplotype<'a> {
    sequence: &'a [u8],
    edits: Vec<Edit>,
    /// Where each edit's bases start on the haplotype.
    starts: Vec<u64>,
    length: u64,
}

impl<'a> Haplotype<'a> {
    pub(crate) fn new(sequence: &'a [u8], variants: &[Variant], haplotype: usize) -> Self {
        let (mut edits, mut starts, mut shift) = (Vec::<Edit>::new(), Vec::new(), 0);
        for variant in variants {
            let Some(allele) = usize::from(variant.genotype[haplotype]).checked_sub(1) else {
                continue;
            };
            let Some(bases) = variant.alternates.get(allele) else {
                continue;
            };
            let Some(edit) = Edit::trimmed(variant.position, &variant.reference, bases) else {
                continue;
            };
            starts.push((i64::from(edit.start) + shift) as u64);
            shift += edit.length_change();
            edits.push(edit);
        }
        let length = (sequence.len() as i64 + shift) as u64;
        Self {
            sequence,
            edits,
            starts,
            length,
        }
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Appends `length` bases from `start`, upper case; fewer at the contig's end.
    pub(crate) fn extract(&self, start: u64, length: usize, out: &mut Vec<u8>) {
        let goal = out.len() + length;
        let mut next = self.starts.partition_point(|&edit| edit <= start);
        let mut at = start;
        if let Some(edit) = next.checked_sub(1).map(|index| &self.edits[index]) {
            let inside = (start - self.starts[next - 1]) as usize;
            if inside < edit.bases.len() {
                let take = (edit.bases.len() - inside).min(goal - out.len());
                out.extend_from_slice(&edit.bases[inside..inside + take]);
                at += take as u64;
            }
        }
        while out.len() < goal && at < self.length {
            let reference = self.to_reference(at) as usize;
            let until = self.starts.get(next).copied().unwrap_or(self.length);
            let take = ((until - at) as usize).min(goal - out.len());
            out.extend(
                self.sequence[reference..reference + take]
                    .iter()
                    .map(u8::to_ascii_uppercase),
            );
            at += take as u64;
            while out.len() < goal && self.starts.get(next) == Some(&at) {
                let bases = &self.edits[next].bases;
                let take = bases.len().min(goal - out.len());
                out.extend_from_slice(&bases[..take]);
                at += take as u64;
                next += 1;
            }
        }
    }

    /// The reference position of a base of the haplotype; within an insertion, that of the base after it.
    pub(crate) fn to_reference(&self, position: u64) -> u32 {
        let Some(index) = self
            .starts
            .partition_point(|&edit| edit <= position)
            .checked_sub(1)
        else {
            return position as u32;
        };
        let (edit, inside) = (&self.edits[index], (position - self.starts[index]) as usize);
        match inside.checked_sub(edit.bases.len()) {
            Some(beyond) => edit.end + beyond as u32,
            None => (edit.start + inside as u32).min(edit.end),
        }
    }
}
