//! How reads show the length of tracts: whole numbers that add up in any order.

use std::collections::BTreeMap;
use std::ops::Range;

use fafnir_io::bam::{RecordView, flag};
use fafnir_io::{ContigId, Reference};

use super::loci::{Class, Locus, loci};
use crate::reads::{ReadIndex, Usable};

/// Loci this close to a span's start are left out: reads over them may begin before it.
const LEAD: u32 = 1_000;
/// Largest change, in units, that is told apart from others.
pub(super) const MOST_UNITS: usize = 3;
/// Changes by -3 to 3 units, and any other change.
pub(super) const BINS: usize = 2 * MOST_UNITS + 2;

/// Reads of one locus by what they show: changes of -3, -2, -1, 0, 1, 2, 3 units, anything else.
pub(super) type Shown = [u16; BINS];

/// What reads show of the lengths of tracts, by period and units: how many loci have which reads.
/// Counts of several spans [merge](Self::merge) in any order to the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlipCounts {
    loci: BTreeMap<(Class, Shown), u64>,
}

impl SlipCounts {
    /// Counts at the tracts of the 0-based half-open `span`. `records` are those that begin in it, in any
    /// order.
    pub fn of_span(
        reference: &Reference,
        contig: ContigId,
        span: Range<u32>,
        records: &[RecordView<'_>],
    ) -> Self {
        let start = span.start.saturating_add(LEAD);
        if records.is_empty() || start >= span.end {
            return Self::default();
        }
        let mut bases = Vec::new();
        reference.bases(contig, start..span.end, &mut bases);
        let loci = loci(&bases, start);
        let mut shown = vec![Shown::default(); loci.len()];
        for read in ReadIndex::of_sure(records, contig.0).all() {
            let first = loci.partition_point(|l| l.with_flanks().start < read.start);
            let spanned = loci[first..]
                .iter()
                .take_while(|l| l.with_flanks().start < read.end)
                .zip(&mut shown[first..]);
            for (locus, shown) in spanned {
                if locus.with_flanks().end <= read.end && !mate_shows(read, locus) {
                    let bin = &mut shown[bin(read, locus)];
                    *bin = bin.saturating_add(1);
                }
            }
        }
        let mut counts = Self::default();
        for (locus, shown) in loci.iter().zip(shown) {
            if shown != Shown::default() {
                counts.add(locus.class, shown, 1);
            }
        }
        counts
    }

    /// Adds what other spans show.
    pub fn merge(&mut self, other: &Self) {
        for ((class, shown), loci) in &other.loci {
            self.add(*class, *shown, *loci);
        }
    }

    /// Tracts that reads span.
    pub fn loci(&self) -> u64 {
        self.loci.values().sum()
    }

    /// What is shown of a class, and at how many loci.
    pub(super) fn of_class(&self, class: Class) -> impl Iterator<Item = (&Shown, u64)> {
        self.loci
            .range((class, [0; BINS])..=(class, [u16::MAX; BINS]))
            .map(|((_, shown), loci)| (shown, *loci))
    }

    pub(super) fn add(&mut self, class: Class, shown: Shown, loci: u64) {
        *self.loci.entry((class, shown)).or_default() += loci;
    }
}

/// Whether the mate to the left shows the locus too, if it is as long as this read: of a fragment that
/// shares the library's errors one read counts.
fn mate_shows(read: &Usable<'_>, locus: &Locus) -> bool {
    let view = &read.view;
    let wide = locus.with_flanks();
    view.flag() & flag::PAIRED != 0
        && view.flag() & flag::MATE_UNMAPPED == 0
        && view.template_length() < 0
        && view.mate_position() <= wide.start as i32
        && view.mate_position() + (read.end - read.start) as i32 >= wide.end as i32
}

/// Which change of the locus a read shows that spans it.
fn bin(read: &Usable<'_>, locus: &Locus) -> usize {
    const OTHER: usize = BINS - 1;
    let (tract, wide) = (&locus.span, locus.with_flanks());
    let mut position = read.start;
    let mut change = 0i64;
    for op in read.view.raw_cigar() {
        let length = op >> 4;
        match op & 15 {
            0 | 7 | 8 => position += length,
            1 if position > wide.start && position < wide.end && length > 0 => {
                if position < tract.start || position > tract.end {
                    return OTHER;
                }
                change += i64::from(length);
            }
            kind @ (2 | 3) => {
                let end = position + length;
                if position < wide.end && end > wide.start && length > 0 {
                    if kind == 3 || position < tract.start || end > tract.end {
                        return OTHER;
                    }
                    change -= i64::from(length);
                }
                position = end;
            }
            _ => {}
        }
    }
    let period = i64::from(locus.class.period);
    let units = change / period + MOST_UNITS as i64;
    match usize::try_from(units) {
        Ok(bin) if bin < OTHER && change % period == 0 => bin,
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests;
