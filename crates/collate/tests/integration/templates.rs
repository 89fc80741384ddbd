//! Random templates whose ends fall together often, at every awkward place.

use fafnir_io::bam::{RecordBatch, RecordFields, encode, flag};
use proptest::prelude::*;

/// The first and the last contig have more than one bin of tiles.
pub(crate) const CONTIG_LENGTHS: [u32; 3] = [20_000_000, 300_000, 17_000_000];
/// Library of each read group.
pub(crate) const LIBRARIES: [u16; 4] = [0, 1, 0, 2];
/// Unclipped ends: left of the contig, and around borders of tiles and bins.
const ENDS: [i32; 8] = [
    -3, 500, 501, 262_143, 262_144, 262_145, 16_777_215, 16_777_217,
];

/// One end of a template, before it is written down.
#[derive(Clone, Debug)]
pub(crate) struct End {
    contig: usize,
    /// Unclipped 5' end, 0-based.
    end: i32,
    reverse: bool,
    /// Soft and hard clips at the 5' and the 3' end.
    clips: [u32; 4],
    /// 0: aligned through; 1: with an insertion; 2: with a deletion; 3: an `N` and `=`, `X`.
    gaps: u8,
    quality: u8,
    failed: bool,
    /// Secondary (1) or supplementary (2) record beside the primary one.
    beside: u8,
}

/// A template of one or two reads.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// 0: single read; 1: only one of two mapped; 2: none mapped; 3: one unmapped single read;
    /// 4: mate's record missing; else a mapped pair.
    kind: u8,
    ends: [End; 2],
    second_first: bool,
}

fn end() -> impl Strategy<Value = End> {
    (
        (0..CONTIG_LENGTHS.len(), 0..ENDS.len(), any::<bool>()),
        prop::array::uniform4(prop_oneof![2 => Just(0u32), 1 => 1u32..9]),
        (
            0u8..4,
            prop_oneof![Just(2u8), Just(14), Just(15), Just(30), Just(93)],
        ),
        (
            prop::bool::weighted(0.1),
            prop_oneof![4 => Just(0u8), 1 => Just(1), 1 => Just(2)],
        ),
    )
        .prop_map(
            |((contig, end, reverse), clips, (gaps, quality), (failed, beside))| End {
                contig,
                end: ENDS[end],
                reverse,
                clips,
                gaps,
                quality,
                failed,
                beside,
            },
        )
}

pub(crate) fn template() -> impl Strategy<Value = Template> {
    (0u8..16, [end(), end()], any::<bool>()).prop_map(|(kind, ends, second_first)| Template {
        kind,
        ends,
        second_first,
    })
}

/// Batches as mapping makes them: of two inputs, with read groups by turns.
pub(crate) fn batches(templates: &[Template], size: usize) -> Vec<RecordBatch> {
    let half = templates.len() / 2;
    let inputs = [&templates[..half], &templates[half..]];
    let mut batches = Vec::new();
    for (input, templates) in inputs.into_iter().enumerate() {
        for (number, group) in templates.chunks(size).enumerate() {
            let mut batch = RecordBatch {
                first_ordinal: (input as u64) << 48 | (number * size) as u64,
                read_group: ((number + input) % LIBRARIES.len()) as u16,
                ..RecordBatch::default()
            };
            for (i, template) in group.iter().enumerate() {
                let name = format!("t{input}.{}", number * size + i);
                template.encode(name.as_bytes(), &mut batch.bytes);
                batch.template_ends.push(batch.bytes.len());
            }
            batches.push(batch);
        }
    }
    batches
}

impl Template {
    fn encode(&self, name: &[u8], out: &mut Vec<u8>) {
        let [a, b] = &self.ends;
        let reverse = |end: &End, bit| if end.reverse { bit } else { 0 };
        let mate_reverse = |end| reverse(end, flag::MATE_REVERSE);
        match self.kind {
            0 => a.mapped(name, 0, None, out),
            1 => {
                let first = flag::PAIRED | flag::FIRST | flag::MATE_UNMAPPED;
                a.mapped(name, first, Some(a), out);
                let last = flag::PAIRED | flag::LAST | flag::UNMAPPED | mate_reverse(a);
                b.unmapped(name, last, Some(a), out);
            }
            2 => {
                let both = flag::PAIRED | flag::UNMAPPED | flag::MATE_UNMAPPED;
                a.unmapped(name, both | flag::FIRST, None, out);
                b.unmapped(name, both | flag::LAST, None, out);
            }
            3 => a.unmapped(name, flag::UNMAPPED, None, out),
            4 => a.mapped(name, flag::PAIRED | flag::FIRST, Some(b), out),
            _ => {
                let first = flag::PAIRED | flag::FIRST | mate_reverse(b);
                let last = flag::PAIRED | flag::LAST | mate_reverse(a);
                if self.second_first {
                    b.mapped(name, last, Some(a), out);
                    a.mapped(name, first, Some(b), out);
                } else {
                    a.mapped(name, first, Some(b), out);
                    b.mapped(name, last, Some(a), out);
                }
            }
        }
    }
}

impl End {
    /// Operations in the reference's direction, and bases read and covered.
    fn cigar(&self) -> (Vec<u32>, u32, u32) {
        let [soft5, hard5, soft3, hard3] = self.clips;
        let middle: &[(u32, u32)] = match self.gaps {
            0 => &[(20, 0)],
            1 => &[(10, 0), (3, 1), (7, 0)],
            2 => &[(10, 0), (4, 2), (10, 0)],
            _ => &[(9, 7), (1, 8), (50, 3), (10, 7)],
        };
        let mut cigar = vec![(hard5, 5), (soft5, 4)];
        cigar.extend_from_slice(middle);
        cigar.extend([(soft3, 4), (hard3, 5)]);
        if self.reverse {
            cigar.reverse();
        }
        let sum = |kinds: &[u32]| {
            let counted = cigar.iter().filter(|op| kinds.contains(&op.1));
            counted.map(|op| op.0).sum()
        };
        let (read, covered) = (sum(&[0, 1, 4, 7, 8]), sum(&[0, 2, 3, 7, 8]));
        let packed = cigar.iter().filter(|op| op.0 > 0);
        (packed.map(|op| op.0 << 4 | op.1).collect(), read, covered)
    }

    fn position(&self) -> i32 {
        let (_, _, covered) = self.cigar();
        let clips = (self.clips[0] + self.clips[1]) as i32;
        let end = self
            .end
            .rem_euclid(CONTIG_LENGTHS[self.contig] as i32 - 300);
        let position = match (self.end < 0, self.reverse) {
            (true, false) => self.end + clips,
            (false, false) => end + clips,
            (_, true) => end - clips - covered as i32 + 1,
        };
        position.max(0)
    }

    fn mapped(&self, name: &[u8], flags: u16, mate: Option<&Self>, out: &mut Vec<u8>) {
        let reverse = if self.reverse { flag::REVERSE } else { 0 };
        let failed = if self.failed { flag::QC_FAIL } else { 0 };
        let flags = flags | reverse | failed;
        self.write(name, flags, Some(self), mate, out);
        let beside = [0, flag::SECONDARY, flag::SUPPLEMENTARY][usize::from(self.beside)];
        if beside != 0 {
            let elsewhere = Self {
                contig: (self.contig + 1) % CONTIG_LENGTHS.len(),
                ..self.clone()
            };
            elsewhere.write(name, flags | beside, Some(&elsewhere), mate, out);
        }
    }

    /// An unmapped read, placed with its mate.
    fn unmapped(&self, name: &[u8], flags: u16, mate: Option<&Self>, out: &mut Vec<u8>) {
        self.write(name, flags, mate, mate, out);
    }

    fn write(
        &self,
        name: &[u8],
        flags: u16,
        place: Option<&Self>,
        mate: Option<&Self>,
        out: &mut Vec<u8>,
    ) {
        let (mut cigar, length, _) = self.cigar();
        if flags & flag::UNMAPPED != 0 {
            cigar.clear();
        }
        let contig = |end: Option<&Self>| end.map_or(-1, |e| e.contig as i32);
        let position = |end: Option<&Self>| end.map_or(-1, Self::position);
        let mut qualities = vec![self.quality; length as usize];
        qualities[0] = 20;
        let fields = RecordFields {
            name,
            flag: flags,
            contig: contig(place),
            position: position(place),
            mapping_quality: if flags & flag::UNMAPPED != 0 { 0 } else { 60 },
            cigar: &cigar,
            mate_contig: contig(mate),
            mate_position: position(mate),
            template_length: 0,
            bases: &vec![b'A'; length as usize],
            qualities: &qualities,
        };
        encode(&fields, out, |tags| tags.extend_from_slice(b"XYZtext\0"));
    }
}
