#![allow(clippy::unwrap_used)]

use fafnir_io::bam::{RecordFields, Records, encode};
use fafnir_io::fasta;
use proptest::prelude::*;

use super::super::loci::FLANK;
use super::*;

/// A read over the tracts: where it begins and how it is aligned.
#[derive(Clone, Debug)]
struct Read {
    start: u32,
    /// Kind (M, I, D), and length.
    cigar: Vec<(u32, u32)>,
    mapping_quality: u8,
    flag: u16,
    /// Start of a mate to the left.
    mate: Option<u32>,
}

impl Read {
    fn encode(&self, out: &mut Vec<u8>) {
        let cigar: Vec<u32> = self.cigar.iter().map(|(op, n)| n << 4 | op).collect();
        let on_read = self.cigar.iter().filter(|(op, _)| *op != 2);
        let length = on_read.map(|(_, n)| *n as usize).sum::<usize>();
        let fields = RecordFields {
            name: b"r",
            flag: self.flag | if self.mate.is_some() { flag::PAIRED } else { 0 },
            contig: 0,
            position: self.start as i32,
            mapping_quality: self.mapping_quality,
            cigar: &cigar,
            mate_contig: if self.mate.is_some() { 0 } else { -1 },
            mate_position: self.mate.map_or(-1, |p| p as i32),
            template_length: if self.mate.is_some() { -300 } else { 0 },
            bases: &vec![b'A'; length],
            qualities: &vec![30; length],
        };
        encode(&fields, out, |_| {});
    }

    fn length(&self) -> u32 {
        let on_reference = self.cigar.iter().filter(|(op, _)| *op != 1);
        on_reference.map(|(_, n)| n).sum()
    }

    /// What it shows of a tract, base by base.
    fn shows(&self, locus: &Locus) -> Option<usize> {
        let unused = flag::DUPLICATE | flag::SECONDARY | flag::QC_FAIL | flag::SUPPLEMENTARY;
        let wide = locus.span.start - FLANK..locus.span.end + FLANK;
        let spans = |start: u32| start <= wide.start && start + self.length() >= wide.end;
        if self.flag & unused != 0
            || self.mapping_quality < 20
            || !spans(self.start)
            || self.mate.is_some_and(spans)
        {
            return None;
        }
        let (mut change, mut position) = (0, self.start);
        for (op, length) in &self.cigar {
            for _ in 0..*length {
                let (touches, within) = match op {
                    1 => (
                        position > wide.start && position < wide.end,
                        (locus.span.start..=locus.span.end).contains(&position),
                    ),
                    _ => (wide.contains(&position), locus.span.contains(&position)),
                };
                if *op != 0 && touches {
                    if !within {
                        return Some(7);
                    }
                    change += if *op == 1 { 1 } else { -1 };
                }
                position += u32::from(*op != 1);
            }
        }
        let period = i32::from(locus.class.period);
        let units = change / period;
        let told = change % period == 0 && (-3..=3).contains(&units);
        Some(if told { (units + 3) as usize } else { 7 })
    }
}

const LENGTH: u32 = 1_600;

fn bases(tracts: &[(u8, usize, usize)]) -> Vec<u8> {
    // Without repeats of its own to speak of.
    let mut x = 7u32;
    let mut bases: Vec<u8> = (0..LENGTH)
        .map(|_| {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 30) as u8
        })
        .collect();
    for (i, (base, period, units)) in tracts.iter().enumerate() {
        let start = 1_060 + 90 * i;
        for at in 0..period * units {
            bases[start + at] = (*base + u8::from(at % period == 0)) % 4;
        }
    }
    bases
}

fn reference(bases: &[u8]) -> Reference {
    let text: String = bases
        .iter()
        .map(|&b| char::from(b"ACGT"[b as usize]))
        .collect();
    fasta::read("r.fa", format!(">c\n{text}\n").as_bytes()).unwrap()
}

fn of_reads(reference: &Reference, reads: &[Read]) -> SlipCounts {
    let mut bytes = Vec::new();
    reads.iter().for_each(|read| read.encode(&mut bytes));
    let records: Vec<RecordView<'_>> = Records::new(&bytes).collect();
    SlipCounts::of_span(reference, ContigId(0), 0..LENGTH, &records)
}

fn reads() -> impl Strategy<Value = Vec<Read>> {
    let gap = (20u32..90, prop_oneof![Just(1u32), Just(2)], 1u32..9);
    let rest = (
        20u32..120,
        15u8..25,
        0usize..12,
        proptest::option::weighted(0.3, 0u32..100),
    );
    let read = (1_000u32..1_500, proptest::collection::vec(gap, 0..3), rest);
    let read = read.prop_map(|(start, gaps, (end, mapping_quality, flag, mate))| {
        let gaps = gaps.iter().flat_map(|(m, op, n)| [(0, *m), (*op, *n)]);
        let unused = [
            flag::DUPLICATE,
            flag::SECONDARY,
            flag::QC_FAIL,
            flag::SUPPLEMENTARY,
        ];
        Read {
            start,
            cigar: gaps.chain([(0, end)]).collect(),
            mapping_quality,
            flag: unused.get(flag).copied().unwrap_or(0),
            mate: mate.map(|before| start - before),
        }
    });
    proptest::collection::vec(read, 0..40)
}

proptest! {
    #[test]
    fn counts_are_those_of_the_written_out_alignments(
        tracts in proptest::collection::vec((0u8..4, 1usize..5, 4usize..12), 5),
        reads in reads(),
    ) {
        let bases = bases(&tracts);
        let mut expected = SlipCounts::default();
        for locus in loci(&bases[LEAD as usize..], LEAD) {
            let mut shown = Shown::default();
            for bin in reads.iter().filter_map(|read| read.shows(&locus)) {
                shown[bin] += 1;
            }
            if shown != Shown::default() {
                expected.add(locus.class, shown, 1);
            }
        }
        let reference = reference(&bases);
        prop_assert_eq!(&of_reads(&reference, &reads), &expected);
        // In whatever order they come.
        let reversed: Vec<Read> = reads.iter().rev().cloned().collect();
        prop_assert_eq!(&of_reads(&reference, &reversed), &expected);
    }

    #[test]
    fn spans_add_up_in_any_order(
        loci in proptest::collection::vec((1u8..9, 1u8..21, any::<[u8; BINS]>(), 0usize..5), 0..40),
    ) {
        let mut spans = vec![SlipCounts::default(); 5];
        for (period, repeats, shown, span) in &loci {
            let class = Class { period: *period, repeats: *repeats };
            spans[*span].add(class, shown.map(u16::from), 1);
        }
        let sum = |order: &[usize]| {
            let mut sum = SlipCounts::default();
            order.iter().for_each(|&i| sum.merge(&spans[i]));
            sum
        };
        let all = sum(&[0, 1, 2, 3, 4]);
        prop_assert_eq!(all.loci(), loci.len() as u64);
        prop_assert_eq!(&sum(&[3, 1, 4, 0, 2]), &all);
        let mut nested = sum(&[2, 4]);
        nested.merge(&sum(&[1, 3, 0]));
        prop_assert_eq!(&nested, &all);
    }
}
