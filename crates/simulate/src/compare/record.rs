//! Records as edits of the two haplotypes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use super::Kind;
use crate::edit::Edit;
use crate::reference::is_known;
use crate::vcf::{Call, Reader};
use crate::{Error, Reference, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Truth,
    Calls,
}

/// One variant with its genotype; a substitution of several bases is several.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) side: Side,
    pub(super) line: u64,
    pub(super) contig: usize,
    /// What each haplotype changes, as written.
    pub(super) edits: [Option<Edit>; 2],
    /// The same left-aligned, in order: equal for equal genotypes of one variant.
    pub(super) normal: [Option<Edit>; 2],
    /// All bases that the edits could be moved over.
    pub(super) reach: Range<u32>,
    pub(super) kind: Kind,
    /// Records of one group keep their haplotypes together; `None` is free.
    pub(super) phase: Option<Phase>,
    /// Lies in the regions.
    pub(super) counted: bool,
}

/// Which haplotype is first is known within a phase set, and within a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Set(usize),
    Line(u64),
}

impl Record {
    /// The reference bases that change; an insertion counts as the base after it.
    pub(super) fn changed(&self) -> Range<u32> {
        let edits = || self.normal.iter().flatten();
        let start = edits().map(|edit| edit.start).min().unwrap_or(0);
        start
            ..edits()
                .map(|edit| edit.end.max(edit.start + 1))
                .fold(start + 1, u32::max)
    }

    pub(super) fn is_heterozygous(&self) -> bool {
        self.edits[0] != self.edits[1]
    }
}

/// Appends a VCF's variants; returns how many records no haplotype can spell (symbolic alleles, no genotype).
pub(super) fn read(
    side: Side,
    path: &Path,
    reference: &Reference,
    only_passed: bool,
    records: &mut Vec<Record>,
) -> Result<u64> {
    let numbers = reference.numbers();
    let mut sets = BTreeMap::new();
    let mut unusable = 0;
    let mut reader = Reader::open(path)?;
    while let Some(mut call) = reader.next()? {
        if (only_passed && !call.passed) || call.alternates.is_empty() {
            continue;
        }
        let Some(genotype) = call.genotype else {
            unusable += 1;
            continue;
        };
        let contig = *numbers.get(call.contig.as_str()).ok_or_else(|| {
            Error::parse(
                path,
                call.line,
                format!("the reference has no contig {}", call.contig),
            )
        })?;
        let sequence = &reference.contigs[contig].sequence;
        check(&call, sequence).map_err(|message| Error::parse(path, call.line, message))?;
        let set = call
            .phase_set
            .take()
            .filter(|_| side == Side::Truth)
            .map(|set| {
                let next = sets.len();
                *sets.entry((contig, set)).or_insert(next)
            });
        let Some(alleles) = alleles(&call, genotype) else {
            unusable += 1;
            continue;
        };
        let parts = split(&call, alleles);
        let line = (parts.len() > 1).then_some(Phase::Line(call.line));
        let phase = set.map(Phase::Set).or(line);
        records.extend(
            parts
                .into_iter()
                .map(|edits| record(side, call.line, contig, sequence, phase, edits)),
        );
    }
    Ok(unusable)
}

fn check(call: &Call, sequence: &[u8]) -> std::result::Result<(), &'static str> {
    let start = call.position as usize;
    let bases = sequence
        .get(start..start + call.reference.len())
        .ok_or("REF goes beyond the contig's end")?;
    let differs = |(a, b): (&u8, &u8)| is_known(*a) && is_known(*b) && !a.eq_ignore_ascii_case(b);
    match bases.iter().zip(&call.reference).any(differs) {
        true => {
            Err("the REF allele is not what the reference says; is this VCF of another reference?")
        }
        false => Ok(()),
    }
}

/// The bases of each haplotype, `None` for the reference's; `None` at all where one is symbolic.
fn alleles(call: &Call, genotype: [u8; 2]) -> Option<[Option<&[u8]>; 2]> {
    let allele = |number: u8| {
        let Some(index) = usize::from(number).checked_sub(1) else {
            return Some(None);
        };
        let bases = call.alternates[index].as_slice();
        // A star stands for a deletion that another record describes.
        match bases {
            b"*" => Some(None),
            _ if bases.iter().all(|base| b"ACGTN".contains(base)) => Some(Some(bases)),
            _ => None,
        }
    };
    Some([allele(genotype[0])?, allele(genotype[1])?])
}

/// One pair of edits, or one for each base that a substitution of several changes; none for a reference genotype.
fn split(call: &Call, alleles: [Option<&[u8]>; 2]) -> Vec<[Option<Edit>; 2]> {
    let length = call.reference.len();
    let edits = |position: u32, reference: &[u8], alleles: [Option<&[u8]>; 2]| {
        let edits = alleles.map(|bases| Edit::trimmed(position, reference, bases?));
        edits.iter().any(Option::is_some).then_some(edits)
    };
    if alleles.iter().flatten().all(|bases| bases.len() == length) {
        let base = |at: usize| {
            edits(
                call.position + at as u32,
                &call.reference[at..=at],
                alleles.map(|bases| Some(&bases?[at..=at])),
            )
        };
        (0..length).filter_map(base).collect()
    } else {
        edits(call.position, &call.reference, alleles)
            .into_iter()
            .collect()
    }
}

fn record(
    side: Side,
    line: u64,
    contig: usize,
    sequence: &[u8],
    phase: Option<Phase>,
    edits: [Option<Edit>; 2],
) -> Record {
    let mut normal = edits.clone();
    normal
        .iter_mut()
        .flatten()
        .for_each(|edit| edit.left_align(sequence));
    let start = normal
        .iter()
        .flatten()
        .map(|edit| edit.start)
        .min()
        .unwrap_or(0);
    let ends = normal
        .iter()
        .flatten()
        .map(|edit| edit.rightmost(sequence) + (edit.end - edit.start));
    let reach = start..ends.fold(start, u32::max);
    normal.sort();
    let same_length = edits.iter().flatten().all(|edit| edit.length_change() == 0);
    let kind = if same_length { Kind::Snv } else { Kind::Indel };
    Record {
        side,
        line,
        contig,
        edits,
        normal,
        reach,
        kind,
        phase,
        counted: true,
    }
}
