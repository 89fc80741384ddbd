//! Which alignments of a read become records, and which are only named by them.

use fafnir_io::bam::flag;

use super::{Context, Template, difference::Differences, tags};
use crate::{
    alignment::Alignment,
    mapq::{self, Rivals},
    pairing::{Placement, min_score},
};

/// Most places in XA where one of them is on an ALT contig (bwa mem's second number of `-h`).
const MAX_XA_WITH_ALTERNATES: u32 = 200;

/// What a record is to its read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The read's place.
    Primary,
    /// The place of bases that no record before it has.
    Supplementary,
    /// Another place of bases that a record before it has.
    Secondary,
}

/// One record of a read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) kind: Kind,
    /// Its number among the read's alignments.
    number: usize,
    pub(super) alignment: Alignment,
    pub(super) quality: u8,
    /// XS.
    pub(super) rival: i32,
    /// NM.
    pub(super) distance: u32,
    /// Where MD stands in the texts of all lines.
    pub(super) text: (usize, usize),
}

impl Kind {
    pub(super) fn flag(self) -> u16 {
        match self {
            Self::Primary => 0,
            Self::Supplementary => flag::SUPPLEMENTARY,
            Self::Secondary => flag::SECONDARY,
        }
    }
}

/// The records of a read: its primary alignment, those of the parts that it leaves out, and other
/// places of what these have, if such are wanted.
pub(super) fn collect(
    template: &Template<'_>,
    end: usize,
    context: &Context<'_>,
    differences: &mut Differences,
    lines: &mut Vec<Line>,
) {
    lines.clear();
    let Some(placement) = template.pairing.places[end] else {
        return;
    };
    let read = template.first_read + end;
    let alignments = context.alignments.of(read);
    let (length, options) = (context.reads.length(read), context.options);
    let mut push = |lines: &mut Vec<Line>, kind, placement: Placement| {
        let alignment = &alignments[placement.alignment];
        let start = differences.text().len();
        let distance = differences.add(context, read, alignment);
        lines.push(Line {
            kind,
            number: placement.alignment,
            alignment: *alignment,
            quality: placement.quality,
            rival: placement.rival,
            distance,
            text: (start, differences.text().len()),
        });
    };
    push(lines, Kind::Primary, placement);
    if alignments.len() == 1 {
        return;
    }
    let least = min_score(length, options);
    let primary = &alignments[placement.alignment];
    let alternates = alignments.last().is_some_and(|a| a.alternate);
    if alternates || primary.query_end - primary.query_start < length {
        for (i, a) in alignments.iter().enumerate() {
            let has_place = if a.alternate && !primary.alternate {
                !surpasses(alignments, i, length)
            } else {
                owner(lines, a, length).is_some()
            };
            if lines.len() > options.records.supplementary as usize || a.score < least || has_place
            {
                continue;
            }
            let rivals = Rivals::of(alignments, i, length, template.hidden[end], options);
            let quality = mapq::single(a, rivals, options) as u8;
            let part = Placement {
                alignment: i,
                quality: if a.alternate {
                    quality
                } else {
                    quality.min(placement.quality)
                },
                rival: Rivals::of(alignments, i, length, false, options).best,
            };
            push(lines, Kind::Supplementary, part);
        }
    }
    let most = lines.len() + options.records.secondary as usize;
    for (i, a) in alignments.iter().enumerate() {
        if lines.len() == most {
            break;
        }
        let Some(owner) = owner(lines, a, length) else {
            continue;
        };
        let best = lines[owner].alignment.score;
        let lowest = match options.records.secondary_delta {
            Some(delta) => best.saturating_sub_unsigned(delta),
            None => best - best / 2,
        };
        if !a.alternate && a.score >= lowest.max(least) && lines.iter().all(|l| l.number != i) {
            let other = Placement {
                alignment: i,
                quality: 0,
                rival: 0,
            };
            push(lines, Kind::Secondary, other);
        }
    }
}

/// Appends the places that XA of record `line` lists: of the same bases and not much worse, if they
/// are few (bwa mem's rule). Nothing where such places are records.
pub(super) fn elsewhere(
    lines: &[Line],
    line: usize,
    (context, read): (&Context<'_>, usize),
    differences: &mut Differences,
    out: &mut Vec<u8>,
) {
    let alignments = context.alignments.of(read);
    let options = &context.options.records;
    if alignments.len() == lines.len() || options.secondary > 0 {
        return;
    }
    let length = context.reads.length(read);
    let listed = alignments.iter().enumerate().filter(|(i, a)| {
        5 * a.score >= 4 * lines[line].alignment.score
            && lines.iter().all(|l| l.number != *i)
            && owner(lines, a, length) == Some(line)
    });
    let most = match listed.clone().any(|(_, a)| a.alternate) {
        true if options.xa_hits > 0 => options.xa_hits.max(MAX_XA_WITH_ALTERNATES),
        _ => options.xa_hits,
    };
    if listed.clone().count() > most as usize {
        return;
    }
    for (_, a) in listed {
        let distance = differences.distance(context, read, a);
        tags::place(out, a, distance, context, length);
    }
}

/// Score of the ALT hit that surpasses a record of the primary assembly, if one does.
pub(super) fn alternate_score(line: &Line, (context, read): (&Context<'_>, usize)) -> Option<i32> {
    let own = &line.alignment;
    let length = context.reads.length(read);
    let alternates = context.alignments.of(read).iter().rev();
    let better = alternates
        .take_while(|a| a.alternate && !own.alternate)
        .filter(|a| a.score > own.score && a.shares_bases(own, length));
    better.map(|a| a.score).max()
}

/// Whether an alignment to an ALT contig is better than all others of its bases, and first of those
/// that equal it.
fn surpasses(alignments: &[Alignment], number: usize, length: u32) -> bool {
    let own = &alignments[number];
    let mut rivals = alignments.iter().enumerate();
    rivals.all(|(i, a)| {
        i == number
            || a.score < own.score
            || a.score == own.score && i > number
            || !a.shares_bases(own, length)
    })
}

/// The first record that has the bases of `alignment` for itself.
fn owner(lines: &[Line], alignment: &Alignment, length: u32) -> Option<usize> {
    let mut own = lines.iter().take_while(|l| l.kind != Kind::Secondary);
    own.position(|l| l.alignment.shares_bases(alignment, length))
}
