//! Writes a template's alignments as BAM records.

mod difference;
mod lines;
mod tags;

use fafnir_io::{
    Reads, Reference,
    bam::{
        RecordFields,
        aux::{push_f, push_i, push_z},
        encode, flag,
    },
};

use self::{
    difference::Differences,
    lines::{Kind, Line},
};
use crate::{
    alignment::{Alignment, Alignments, HARD_CLIP, SOFT_CLIP},
    options::AlignerOptions,
    packed::PackedReads,
    pairing::Pairing,
};

/// A template that is to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Template<'a> {
    /// Its reads, as they came: one or two.
    pub(crate) sources: &'a [&'a Reads],
    /// Its number in `sources`.
    pub(crate) index: usize,
    /// Number of its first read in the packed reads.
    pub(crate) first_read: usize,
    pub(crate) pairing: Pairing,
    pub(crate) hidden: [bool; 2],
}

/// What the writer looks things up in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) reference: &'a Reference,
    pub(crate) reads: &'a PackedReads,
    pub(crate) alignments: &'a Alignments,
    pub(crate) read_group: &'a [u8],
    pub(crate) options: &'a AlignerOptions,
}

/// Working memory for writing records.
#[derive(Debug, Default)]
pub(crate) struct RecordWriter {
    lines: [Vec<Line>; 2],
    cigar: Vec<u32>,
    differences: Differences,
    bases: Vec<u8>,
    qualities: Vec<u8>,
    /// XA of the record that is being written.
    elsewhere: Vec<u8>,
}

impl RecordWriter {
    /// Appends the records of a template to `out`: each read's primary record, then its
    /// supplementary ones, then its secondary ones.
    pub(crate) fn write(
        &mut self,
        template: &Template<'_>,
        context: &Context<'_>,
        out: &mut Vec<u8>,
    ) {
        self.differences.clear();
        for end in 0..template.sources.len() {
            let lines = &mut self.lines[end];
            lines::collect(template, end, context, &mut self.differences, lines);
        }
        for end in 0..template.sources.len() {
            if self.lines[end].is_empty() {
                self.write_unmapped(template, end, context, out);
            }
            for line in 0..self.lines[end].len() {
                self.write_line(template, end, line, context, out);
            }
        }
    }

    fn write_line(
        &mut self,
        template: &Template<'_>,
        end: usize,
        line: usize,
        context: &Context<'_>,
        out: &mut Vec<u8>,
    ) {
        let read = template.first_read + end;
        let own = self.lines[end][line];
        let a = &own.alignment;
        let length = context.reads.length(read);
        let soft = own.kind == Kind::Primary || a.alternate || context.options.records.soft_clip;
        let clip = if soft { SOFT_CLIP } else { HARD_CLIP };
        clipped_cigar(
            a,
            context.alignments.cigar(a),
            length,
            clip,
            &mut self.cigar,
        );
        self.orient(template, end, a.reverse);
        let kept = match own.kind {
            Kind::Secondary => 0..0,
            _ if soft => 0..length as usize,
            _ => a.query_start as usize..a.query_end as usize,
        };
        let mut flags = self.flags(template, end);
        flags |= if a.reverse { flag::REVERSE } else { 0 };
        flags |= own.kind.flag();
        let mate = self.mate(template, end);
        let (mate_contig, mate_position) = match mate {
            Some(m) => (m.alignment.contig.0 as i32, m.alignment.start as i32),
            // An unmapped mate lies where this read's primary record does.
            None if template.sources.len() > 1 => {
                let primary = &self.lines[end][0].alignment;
                (primary.contig.0 as i32, primary.start as i32)
            }
            None => (-1, -1),
        };
        let fields = RecordFields {
            name: template.sources[end].name(template.index),
            flag: flags,
            contig: a.contig.0 as i32,
            position: a.start as i32,
            mapping_quality: own.quality,
            cigar: &self.cigar,
            mate_contig,
            mate_position,
            template_length: mate.map_or(0, |m| template_length(a, &m.alignment)),
            bases: &self.bases[kept.clone()],
            qualities: &self.qualities[kept],
        };
        let lines = &self.lines[end];
        self.elsewhere.clear();
        lines::elsewhere(
            lines,
            line,
            (context, read),
            &mut self.differences,
            &mut self.elsewhere,
        );
        let better = lines::alternate_score(&own, (context, read));
        encode(&fields, out, |out| {
            push_i(*b"NM", own.distance as i32, out);
            push_z(
                *b"MD",
                &self.differences.text()[own.text.0..own.text.1],
                out,
            );
            if let Some(m) = mate {
                let mate_length = context.reads.length(template.first_read + 1 - end);
                let cigar = context.alignments.cigar(&m.alignment);
                tags::cigar(out, *b"MC", &m.alignment, cigar, mate_length);
                push_i(*b"MQ", i32::from(m.quality), out);
            }
            push_i(*b"AS", a.score, out);
            if own.kind != Kind::Secondary {
                push_i(*b"XS", own.rival, out);
            }
            push_z(*b"RG", context.read_group, out);
            let others = lines
                .iter()
                .enumerate()
                .filter(|(i, l)| *i != line && l.kind != Kind::Secondary);
            if own.kind != Kind::Secondary && others.clone().next().is_some() {
                let others = others.map(|(_, l)| (&l.alignment, l.quality, l.distance));
                tags::supplementary(out, others, context, length);
            }
            if let Some(better) = better {
                // As bwa mem, to three decimals.
                let share = (2000 * a.score + better) / (2 * better);
                push_f(*b"pa", share as f32 / 1000.0, out);
            }
            if !self.elsewhere.is_empty() {
                push_z(*b"XA", &self.elsewhere, out);
            }
        });
    }

    fn write_unmapped(
        &mut self,
        template: &Template<'_>,
        end: usize,
        context: &Context<'_>,
        out: &mut Vec<u8>,
    ) {
        self.orient(template, end, false);
        let mate = self.mate(template, end);
        let (contig, position) = mate.map_or((-1, -1), |m| {
            (m.alignment.contig.0 as i32, m.alignment.start as i32)
        });
        let fields = RecordFields {
            name: template.sources[end].name(template.index),
            flag: self.flags(template, end) | flag::UNMAPPED,
            contig,
            position,
            mapping_quality: 0,
            cigar: &[],
            mate_contig: contig,
            mate_position: position,
            template_length: 0,
            bases: &self.bases,
            qualities: &self.qualities,
        };
        encode(&fields, out, |out| {
            if let Some(m) = mate {
                let mate_length = context.reads.length(template.first_read + 1 - end);
                let cigar = context.alignments.cigar(&m.alignment);
                tags::cigar(out, *b"MC", &m.alignment, cigar, mate_length);
                push_i(*b"MQ", i32::from(m.quality), out);
            }
            push_i(*b"AS", 0, out);
            push_i(*b"XS", 0, out);
            push_z(*b"RG", context.read_group, out);
        });
    }

    /// The mate's primary record, if it is mapped.
    fn mate(&self, template: &Template<'_>, end: usize) -> Option<Line> {
        if template.sources.len() < 2 {
            return None;
        }
        self.lines[1 - end].first().copied()
    }

    /// The flags that all records of a read share.
    fn flags(&self, template: &Template<'_>, end: usize) -> u16 {
        if template.sources.len() < 2 {
            return 0;
        }
        let mut flags = flag::PAIRED | if end == 0 { flag::FIRST } else { flag::LAST };
        flags |= if template.pairing.proper {
            flag::PROPER
        } else {
            0
        };
        flags
            | match self.lines[1 - end].first() {
                Some(mate) if mate.alignment.reverse => flag::MATE_REVERSE,
                Some(_) => 0,
                None => flag::MATE_UNMAPPED,
            }
    }

    /// Puts the read's bases and qualities in the record's orientation.
    fn orient(&mut self, template: &Template<'_>, end: usize, reverse: bool) {
        let bases = template.sources[end].bases(template.index);
        let qualities = template.sources[end].qualities(template.index);
        self.bases.clear();
        self.qualities.clear();
        if reverse {
            self.bases
                .extend(bases.iter().rev().map(|b| COMPLEMENT[*b as usize]));
            self.qualities.extend(qualities.iter().rev());
        } else {
            self.bases.extend_from_slice(bases);
            self.qualities.extend_from_slice(qualities);
        }
    }
}

/// The CIGAR with its clips.
fn clipped_cigar(a: &Alignment, cigar: &[u32], length: u32, clip: u32, out: &mut Vec<u32>) {
    out.clear();
    if a.query_start > 0 {
        out.push(a.query_start << 4 | clip);
    }
    out.extend_from_slice(cigar);
    if a.query_end < length {
        out.push((length - a.query_end) << 4 | clip);
    }
}

/// TLEN: from 5' end to 5' end, positive for the leftmost (SAM specification, section 1.4).
fn template_length(own: &Alignment, mate: &Alignment) -> i32 {
    if own.contig != mate.contig {
        return 0;
    }
    let outer = |a: &Alignment| {
        if a.reverse {
            a.end as i64 - 1
        } else {
            i64::from(a.start)
        }
    };
    let (here, there) = (outer(own), outer(mate));
    let length = there - here;
    (length + length.signum()) as i32
}

/// Complement of an IUPAC letter; other bytes stay.
const COMPLEMENT: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = i as u8;
        i += 1;
    }
    let (from, to) = (b"ACGTUMRWSYKVHDBN", b"TGCAAKYWSRMBDHVN");
    i = 0;
    while i < from.len() {
        table[from[i] as usize] = to[i];
        i += 1;
    }
    table
};
