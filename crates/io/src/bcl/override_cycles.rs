//! Which cycles of a run are read, index or unique molecular identifier (UMI).
//!
//! `OverrideCycles` has a field for each read of the run, separated by `;`, and each field has
//! letters with counts: `Y` a cycle of a sequencing read, `I` of an index, `U` of a UMI, `N` a cycle
//! to leave out. Example: `U7N1Y143;I8N2;I8N2;U7N1Y143`. Rules as the page "How to use the
//! 'OverrideCycles' setting in BaseSpace" (Illumina Knowledge 5671) gives them.

use std::ops::Range;

/// A read of the run, as RunInfo.xml describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadCycles {
    /// Number of cycles.
    pub cycles: usize,
    /// Whether it is an index read (`IsIndexedRead`).
    pub is_index: bool,
    /// Whether it is read as the reverse complement (`IsReverseComplement`; absent means no).
    pub is_reverse_complement: bool,
}

/// The use of one read's cycles. Ranges are 0-based and half-open, over all cycles of the run, in
/// order, and neighbouring ones are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadPlan {
    /// Number among the reads of its kind, from 1: the 2 of `R2` or `I2`.
    pub number: usize,
    /// Whether it is an index read.
    pub is_index: bool,
    /// Whether the run reads it as the reverse complement. Its UMI is turned in the read's name.
    pub is_reverse_complement: bool,
    /// All cycles of the read.
    pub span: Range<usize>,
    /// Cycles of the sequencing read (`Y`), or of the index (`I`).
    pub kept: Vec<Range<usize>>,
    /// Cycles of the UMI (`U`).
    pub umi: Vec<Range<usize>>,
    /// Cycles of both: what is written when `TrimUMI` is off.
    pub kept_and_umi: Vec<Range<usize>>,
}

/// The use of every cycle of a run.
///
/// ```
/// use fafnir_io::bcl::override_cycles::{CyclePlan, ReadCycles};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let read = |cycles, is_index| ReadCycles { cycles, is_index, is_reverse_complement: false };
/// let run = [read(151, false), read(10, true), read(151, false)];
/// let plan = CyclePlan::new(&run, Some("U7N1Y143;I8N2;Y151"))?;
/// assert_eq!(plan.reads()[0].umi, [0..7]);
/// assert_eq!(plan.reads()[0].kept, [8..151]);
/// assert_eq!(plan.index_reads().next().map(|read| read.kept.clone()), Some(vec![151..159]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CyclePlan {
    reads: Vec<ReadPlan>,
}

/// What is wrong with an `OverrideCycles`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CycleError {
    /// Too few or too many fields.
    #[error(
        "OverrideCycles {text:?} has {found} fields, but RunInfo.xml has {expected} reads: give one for each, separated by ';'"
    )]
    Fields {
        /// The setting.
        text: String,
        /// Number of fields.
        found: usize,
        /// Number of reads.
        expected: usize,
    },
    /// A field that is not letters with counts.
    #[error(
        "{field:?} in OverrideCycles is not understood at {rest:?}: write Y, I, U or N, each with a count of 1 or more, such as U7N1Y143"
    )]
    Token {
        /// The field.
        field: String,
        /// What is left of it from the error on.
        rest: String,
    },
    /// A letter that the kind of read cannot have.
    #[error(
        "{field:?} in OverrideCycles has {letter} cycles, but read {read} is {kind}: use {instead} there"
    )]
    Kind {
        /// The field.
        field: String,
        /// The letter.
        letter: char,
        /// Number of the read in RunInfo.xml.
        read: usize,
        /// What kind of read it is.
        kind: &'static str,
        /// The letter that goes with it.
        instead: char,
    },
    /// Counts that do not add up.
    #[error(
        "{field:?} in OverrideCycles adds up to {found} cycles, but read {read} of RunInfo.xml has {expected}: cover every cycle, those left out by N"
    )]
    Sum {
        /// The field.
        field: String,
        /// Number of the read in RunInfo.xml.
        read: usize,
        /// Sum of the counts.
        found: usize,
        /// Cycles of the read.
        expected: usize,
    },
    /// A read that is named twice, or is not one of the run.
    #[error(
        "{label:?} in OverrideCycles names no read of the run, or one twice: name each of {reads} once, or none"
    )]
    Label {
        /// The label.
        label: String,
        /// The labels of the run's reads.
        reads: String,
    },
    /// A run without reads to write.
    #[error(
        "no cycle is left to write: a sequencing read needs Y cycles in OverrideCycles, or cycles in RunInfo.xml"
    )]
    NothingToWrite,
}

impl CyclePlan {
    /// Plans the cycles of a run. Without `override_cycles` every cycle of a sequencing read is `Y`
    /// and every cycle of an index read `I`.
    ///
    /// Fields follow the order of `reads`, or are labelled (`R1:Y151;I1:I8;R2:Y151`). In an index
    /// read that is read as the reverse complement, the field is written in the direction of the
    /// sheet's index, so it is reversed (Illumina Knowledge 7945).
    ///
    /// # Errors
    /// When `override_cycles` does not cover exactly the cycles of `reads`, or nothing is left to
    /// write.
    pub fn new(reads: &[ReadCycles], override_cycles: Option<&str>) -> Result<Self, CycleError> {
        let fields = match override_cycles {
            Some(text) => in_order(text, reads)?.into_iter().map(Some).collect(),
            None => vec![None; reads.len()],
        };
        let mut plans = Vec::with_capacity(reads.len());
        let (mut start, mut numbers) = (0, [0, 0]);
        for (i, (read, field)) in reads.iter().zip(fields).enumerate() {
            let number = &mut numbers[usize::from(read.is_index)];
            *number += 1;
            let mut tokens = match field {
                Some(field) => tokens(field, i + 1, read)?,
                None => vec![(kept_letter(read), read.cycles)],
            };
            if read.is_index && read.is_reverse_complement {
                tokens.reverse();
            }
            plans.push(plan(read, *number, start, &tokens));
            start += read.cycles;
        }
        if !plans
            .iter()
            .any(|read| !read.is_index && !read.kept.is_empty())
        {
            return Err(CycleError::NothingToWrite);
        }
        Ok(Self { reads: plans })
    }

    /// All reads, in the run's order.
    pub fn reads(&self) -> &[ReadPlan] {
        &self.reads
    }

    /// Sequencing reads with cycles to write: those that get a FASTQ file.
    pub fn output_reads(&self) -> impl Iterator<Item = &ReadPlan> {
        self.reads
            .iter()
            .filter(|read| !read.is_index && !read.kept.is_empty())
    }

    /// All index reads, also those without index cycles.
    pub fn index_reads(&self) -> impl Iterator<Item = &ReadPlan> {
        self.reads.iter().filter(|read| read.is_index)
    }

    /// Reads with UMI cycles. In a read's name their UMIs stand in this order, joined by `+`.
    pub fn umi_reads(&self) -> impl Iterator<Item = &ReadPlan> {
        self.reads.iter().filter(|read| !read.umi.is_empty())
    }
}

fn kept_letter(read: &ReadCycles) -> char {
    if read.is_index { 'I' } else { 'Y' }
}

/// The fields of `text` in the order of `reads`.
fn in_order<'a>(text: &'a str, reads: &[ReadCycles]) -> Result<Vec<&'a str>, CycleError> {
    let fields: Vec<&str> = text.split(';').map(str::trim).collect();
    if fields.len() != reads.len() {
        return Err(CycleError::Fields {
            text: text.to_owned(),
            found: fields.len(),
            expected: reads.len(),
        });
    }
    if !text.contains(':') {
        return Ok(fields);
    }
    let mut numbers = [0, 0];
    let labels: Vec<String> = reads
        .iter()
        .map(|read| {
            numbers[usize::from(read.is_index)] += 1;
            let letter = if read.is_index { 'I' } else { 'R' };
            format!("{letter}{}", numbers[usize::from(read.is_index)])
        })
        .collect();
    let mut ordered = vec![None; reads.len()];
    for field in fields {
        let (label, rest) = field.split_once(':').unwrap_or((field, ""));
        let place = labels
            .iter()
            .position(|known| known.eq_ignore_ascii_case(label.trim()))
            .filter(|&place| ordered[place].is_none())
            .ok_or_else(|| CycleError::Label {
                label: label.to_owned(),
                reads: labels.join(", "),
            })?;
        ordered[place] = Some(rest.trim());
    }
    // As many fields as labels, each at a place of its own: none is missing.
    Ok(ordered.into_iter().flatten().collect())
}

/// The letters and counts of one field.
fn tokens(field: &str, number: usize, read: &ReadCycles) -> Result<Vec<(char, usize)>, CycleError> {
    let mut tokens = Vec::new();
    let mut sum = 0_usize;
    let mut rest = field;
    while let Some(first) = rest.chars().next() {
        let letter = first.to_ascii_uppercase();
        let digits = rest[first.len_utf8()..]
            .bytes()
            .take_while(u8::is_ascii_digit)
            .count();
        let count = match letter {
            'Y' | 'I' | 'U' | 'N' => rest[1..1 + digits].parse::<u32>().ok(),
            _ => None,
        };
        let Some(count) = count.filter(|&count| count > 0) else {
            return Err(CycleError::Token {
                field: field.to_owned(),
                rest: rest.to_owned(),
            });
        };
        let other = if read.is_index { 'Y' } else { 'I' };
        if letter == other {
            return Err(CycleError::Kind {
                field: field.to_owned(),
                letter,
                read: number,
                kind: if read.is_index {
                    "an index read"
                } else {
                    "a sequencing read"
                },
                instead: kept_letter(read),
            });
        }
        tokens.push((letter, count as usize));
        sum = sum.saturating_add(count as usize);
        rest = &rest[1 + digits..];
    }
    if sum != read.cycles {
        return Err(CycleError::Sum {
            field: field.to_owned(),
            read: number,
            found: sum,
            expected: read.cycles,
        });
    }
    Ok(tokens)
}

fn plan(read: &ReadCycles, number: usize, start: usize, tokens: &[(char, usize)]) -> ReadPlan {
    let mut plan = ReadPlan {
        number,
        is_index: read.is_index,
        is_reverse_complement: read.is_reverse_complement,
        span: start..start + read.cycles,
        kept: Vec::new(),
        umi: Vec::new(),
        kept_and_umi: Vec::new(),
    };
    let mut at = start;
    for &(letter, count) in tokens {
        let range = at..at + count;
        at += count;
        if count == 0 || letter == 'N' {
            continue;
        }
        let of_letter = if letter == 'U' {
            &mut plan.umi
        } else {
            &mut plan.kept
        };
        push(of_letter, &range);
        push(&mut plan.kept_and_umi, &range);
    }
    plan
}

fn push(ranges: &mut Vec<Range<usize>>, range: &Range<usize>) {
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range.clone()),
    }
}
