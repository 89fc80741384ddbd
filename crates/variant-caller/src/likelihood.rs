//! How well each haplotype explains each fragment.

use std::ops::Range;

use fafnir_fpga_hal::{Hal, HalError, pairhmm};

use crate::event::Event;
use crate::haplotype::{self, Haplotype};
use crate::model::Model;
use crate::reads::RegionRead;
use crate::repeats::{Tract, tracts};

/// Qualities below the first value are as good as none (GATK: 18 and 6).
const DOUBTFUL_QUALITY: u8 = 18;
const LEAST_QUALITY: u8 = 6;
/// log10 below the best haplotype that no haplotype falls under: the read may belong elsewhere.
const MOST_DIFFERENCE: f64 = 4.5;
/// A fragment of lower MAPQ has that for a bound, but not less than this: that several are misplaced together is
/// weighed for all at once, where genotypes are.
const LEAST_DIFFERENCE: f64 = 3.0;
/// Gap costs within a read do not rise above this (GATK).
const MOST_GAP_OPEN: f32 = 45.0;

/// Haplotypes reach this much farther than what a read can lie on.
pub(crate) const MARGIN: u32 = 8;

/// log10 likelihoods of fragments (rows) under haplotypes (columns).
#[derive(Debug, Default)]
pub(crate) struct Likelihoods {
    pub(crate) haplotypes: usize,
    values: Vec<f64>,
    pub(crate) fragments: Vec<Fragment>,
}

/// What the reads of one name have in common.
#[derive(Clone, Debug)]
pub(crate) struct Fragment {
    /// From the first reference base that its used reads cover to the last.
    pub(crate) span: Range<u32>,
    /// What lies between the two reads.
    pub(crate) gap: Range<u32>,
    /// What its reads are aligned to, without their clips; the second is empty where one is used.
    alignments: [Range<u32>; 2],
    /// A number that stands for the name.
    pub(crate) name: u64,
    /// MAPQ, the best of its reads.
    pub(crate) mapping_quality: u8,
    pub(crate) reverse: bool,
    pub(crate) f1r2: bool,
}

impl Fragment {
    /// Whether one of its reads covers `position`.
    pub(crate) fn covers(&self, position: u32) -> bool {
        self.span.contains(&position) && !self.gap.contains(&position)
    }

    /// Bases between `position` and the nearer end of the alignment, of the read in which they are more.
    pub(crate) fn bases_to_end(&self, position: u32) -> u32 {
        let to_end = |read: &Range<u32>| {
            let before = position.saturating_sub(read.start);
            before.min(read.end.saturating_sub(position + 1))
        };
        self.alignments.iter().map(to_end).max().unwrap_or(0)
    }
}

impl Likelihoods {
    pub(crate) fn new(haplotypes: usize) -> Self {
        Self {
            haplotypes,
            ..Self::default()
        }
    }

    pub(crate) fn row(&self, fragment: usize) -> &[f64] {
        &self.values[fragment * self.haplotypes..(fragment + 1) * self.haplotypes]
    }

    fn push(&mut self, row: &[f64], fragment: Fragment) {
        self.values.extend_from_slice(row);
        self.fragments.push(fragment);
    }

    /// Adds up the rows of reads that share a fragment; `rows` holds one row for each read, none
    /// where a read says nothing.
    pub(crate) fn combine(
        haplotypes: usize,
        reads: &[RegionRead],
        rows: &[Option<Vec<f64>>],
    ) -> Self {
        let mut all = Self::new(haplotypes);
        let mut number: Vec<Option<usize>> = vec![None; reads.len()];
        for (read, row) in reads.iter().zip(rows) {
            let Some(row) = row else { continue };
            let span = read.positions[0]..read.positions[read.positions.len() - 1] + 1;
            match number[read.fragment] {
                Some(known) => {
                    let values = &mut all.values[known * haplotypes..(known + 1) * haplotypes];
                    for (sum, value) in values.iter_mut().zip(row) {
                        *sum += value;
                    }
                    let fragment = &mut all.fragments[known];
                    fragment.gap = fragment.span.end..span.start;
                    fragment.alignments[1] = read.alignment.clone();
                    fragment.span.start = fragment.span.start.min(span.start);
                    fragment.span.end = fragment.span.end.max(span.end);
                    fragment.mapping_quality = fragment.mapping_quality.max(read.mapping_quality);
                }
                None => {
                    number[read.fragment] = Some(all.fragments.len());
                    all.push(
                        row,
                        Fragment {
                            span,
                            gap: 0..0,
                            alignments: [read.alignment.clone(), 0..0],
                            name: read.name,
                            mapping_quality: read.mapping_quality,
                            reverse: read.reverse,
                            f1r2: read.f1r2,
                        },
                    );
                }
            }
        }
        for (fragment, row) in all
            .fragments
            .iter()
            .zip(all.values.chunks_exact_mut(haplotypes.max(1)))
        {
            let best = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let most = (f64::from(fragment.mapping_quality) / 10.0)
                .clamp(LEAST_DIFFERENCE, MOST_DIFFERENCE);
            for value in row {
                *value = value.max(best - most) - best;
            }
        }
        all
    }
}

/// Buffers for the PairHMM.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    batch: pairhmm::Batch,
    results: Vec<f64>,
    tracts: Vec<Tract>,
    sequence: Vec<u8>,
    qualities: Vec<u8>,
    insertion_open: Vec<u8>,
    deletion_open: Vec<u8>,
    continuation: Vec<u8>,
    /// PairHMM cells computed so far.
    pub(crate) cells: u64,
}

/// The haplotypes of a region and the sequence they change.
pub(crate) struct Candidates<'a> {
    pub(crate) haplotypes: &'a [Haplotype],
    /// The reference's codes from `offset` on.
    pub(crate) bases: &'a [u8],
    pub(crate) offset: u32,
    /// The bases that a read must overlap to say anything.
    pub(crate) informative: Range<u32>,
    /// Length of the longest indel.
    pub(crate) longest: u32,
}

/// PairHMM likelihoods of reads under haplotypes; reads that fit none are left out.
///
/// A read meets only the stretch of a haplotype that it can lie on, and haplotypes that are alike
/// there are compared once.
pub(crate) fn pair_hmm(
    reads: &[RegionRead],
    candidates: &Candidates<'_>,
    model: &Model,
    hal: &Hal,
    work: &mut Workspace,
) -> Result<Likelihoods, HalError> {
    work.batch.clear();
    let haplotypes = candidates.haplotypes;
    let mut pairs = 0;
    // For each read and haplotype, the number of its pair.
    let mut columns: Vec<Option<Vec<usize>>> = Vec::with_capacity(reads.len());
    for read in reads {
        let (first, last) = (read.positions[0], read.positions[read.positions.len() - 1]);
        let informative = &candidates.informative;
        if first >= informative.end || last < informative.start {
            columns.push(None);
            continue;
        }
        let reach = candidates.longest + 1;
        let near = first.saturating_sub(reach)..last + 1 + reach;
        let (distinct, mut column) = distinct_nearby(haplotypes, &near);
        if let [_] = distinct.as_slice() {
            columns.push(Some(Vec::new()));
            continue;
        }
        gap_costs(read, model, work);
        let id = work.batch.push_read(
            &read.bases,
            &work.qualities,
            &work.insertion_open,
            &work.deletion_open,
            &work.continuation,
        )?;
        let end = candidates.offset + candidates.bases.len() as u32;
        let window =
            near.start.saturating_sub(MARGIN).max(candidates.offset)..(near.end + MARGIN).min(end);
        for events in &distinct {
            work.sequence.clear();
            haplotype::sequence(
                events,
                candidates.bases,
                candidates.offset,
                &window,
                &mut work.sequence,
            );
            let haplotype = work.batch.push_haplotype(&work.sequence)?;
            work.batch.push_pair(id, haplotype)?;
            work.cells += (work.sequence.len() * read.bases.len()) as u64;
        }
        for c in &mut column {
            *c += pairs;
        }
        pairs += distinct.len();
        columns.push(Some(column));
    }
    hal.pairhmm(&work.batch, &mut work.results);
    let rows: Vec<Option<Vec<f64>>> = reads
        .iter()
        .zip(&columns)
        .map(|(read, column)| {
            let column = column.as_ref()?;
            if column.is_empty() {
                return Some(vec![0.0; haplotypes.len()]);
            }
            let row: Vec<f64> = column.iter().map(|&c| work.results[c]).collect();
            let best = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            (best >= least_likelihood(read.bases.len())).then_some(row)
        })
        .collect();
    Ok(Likelihoods::combine(haplotypes.len(), reads, &rows))
}

/// The distinct runs of events that the haplotypes have in `near`, and which of them each has.
fn distinct_nearby<'h>(
    haplotypes: &'h [Haplotype],
    near: &Range<u32>,
) -> (Vec<&'h [Event]>, Vec<usize>) {
    let mut distinct: Vec<&[Event]> = Vec::new();
    let of = haplotypes
        .iter()
        .map(|haplotype| {
            let from = haplotype.partition_point(|e| e.end() < near.start);
            let to = haplotype.partition_point(|e| e.position < near.end);
            let events = &haplotype[from.min(to)..to];
            distinct
                .iter()
                .position(|d| *d == events)
                .unwrap_or_else(|| {
                    distinct.push(events);
                    distinct.len() - 1
                })
        })
        .collect();
    (distinct, of)
}

/// Reads less likely than this under every haplotype belong elsewhere: more than a few errors of
/// good quality.
fn least_likelihood(length: usize) -> f64 {
    -4.0 * (1.0 + (0.02 * length as f64).ceil()).min(3.0)
}

/// Fills the four phred arrays of a read. A tract's gap cost stands at its left end alone, where a
/// left-aligned gap opens: a tract then has its rate once, not once a base.
fn gap_costs(read: &RegionRead, model: &Model, work: &mut Workspace) {
    let length = read.bases.len();
    work.qualities.clear();
    work.qualities.extend(read.qualities.iter().map(|&q| {
        if q < DOUBTFUL_QUALITY {
            LEAST_QUALITY
        } else {
            q
        }
    }));
    let open = model.gap_open().min(MOST_GAP_OPEN).round() as u8;
    for costs in [&mut work.insertion_open, &mut work.deletion_open] {
        costs.clear();
        costs.resize(length, open);
    }
    work.continuation.clear();
    work.continuation
        .resize(length, model.plain_gap_continuation().round() as u8);
    work.tracts.clear();
    tracts(&read.bases, &mut work.tracts);
    for tract in &work.tracts {
        let cost = model
            .repeat_gap_open(tract.period, tract.repeats())
            .min(MOST_GAP_OPEN)
            .round() as u8;
        let before = tract.start.saturating_sub(1);
        for at in [before, tract.start] {
            work.deletion_open[at] = work.deletion_open[at].min(cost);
            work.insertion_open[at] = work.insertion_open[at].min(cost);
        }
        if cost < open {
            let goes_on = model.gap_continuation(tract.period).round().max(1.0) as u8;
            for c in &mut work.continuation[before..tract.end] {
                *c = (*c).min(goes_on);
            }
        }
    }
    // Mates that cover the same bases share the library's errors: half each.
    for (i, &shared) in read.shared.iter().enumerate() {
        if shared {
            work.insertion_open[i] /= 2;
            work.deletion_open[i] /= 2;
        }
    }
}

/// Likelihoods of the reference and of one substitution by the bases at its place alone.
pub(crate) fn by_base(
    reads: &[RegionRead],
    position: u32,
    reference: u8,
    alternate: u8,
) -> Likelihoods {
    let rows: Vec<Option<Vec<f64>>> = reads
        .iter()
        .map(|read| {
            let at = read.positions.partition_point(|&p| p < position);
            let (&found, &base) = (read.positions.get(at)?, read.bases.get(at)?);
            if found != position || base > 3 {
                return None;
            }
            let error = libm::exp10(-f64::from(read.qualities[at].max(LEAST_QUALITY)) / 10.0);
            let probability = |allele: u8| {
                let p = if base == allele {
                    1.0 - error
                } else {
                    error / 3.0
                };
                libm::log10(p)
            };
            Some(vec![probability(reference), probability(alternate)])
        })
        .collect();
    Likelihoods::combine(2, reads, &rows)
}
