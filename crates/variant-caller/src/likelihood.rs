//! How well each haplotype explains each fragment.

use std::ops::Range;

use fafnir_fpga_hal::{Hal, HalError, pairhmm};

use crate::model::Model;
use crate::reads::RegionRead;
use crate::repeats::{Tract, tracts};

/// Qualities below the first value are as good as none (GATK: 18 and 6).
const DOUBTFUL_QUALITY: u8 = 18;
const LEAST_QUALITY: u8 = 6;
/// log10 below the best haplotype that no haplotype falls under: the read may belong elsewhere.
const MOST_DIFFERENCE: f64 = 4.5;
/// Gap costs within a read do not rise above this (GATK).
const MOST_GAP_OPEN: f32 = 45.0;

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
    /// Reference bases that its used reads cover.
    pub(crate) span: Range<u32>,
    /// MAPQ, the best of its reads.
    pub(crate) mapping_quality: u8,
    pub(crate) reverse: bool,
    pub(crate) f1r2: bool,
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
            let most = MOST_DIFFERENCE.min(f64::from(fragment.mapping_quality) / 10.0);
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
    qualities: Vec<u8>,
    insertion_open: Vec<u8>,
    deletion_open: Vec<u8>,
    continuation: Vec<u8>,
    /// PairHMM cells computed so far.
    pub(crate) cells: u64,
}

/// PairHMM likelihoods of reads under haplotypes; reads that fit none are left out.
pub(crate) fn pair_hmm(
    reads: &[RegionRead],
    haplotypes: &[Vec<u8>],
    informative: &Range<u32>,
    model: &Model,
    hal: &Hal,
    work: &mut Workspace,
) -> Result<Likelihoods, HalError> {
    work.batch.clear();
    let mut ids = Vec::with_capacity(haplotypes.len());
    for haplotype in haplotypes {
        ids.push(work.batch.push_haplotype(haplotype)?);
    }
    let bases: u64 = haplotypes.iter().map(|h| h.len() as u64).sum();
    let mut asked = vec![false; reads.len()];
    for (read, asked) in reads.iter().zip(&mut asked) {
        let (first, last) = (read.positions[0], read.positions[read.positions.len() - 1]);
        if first >= informative.end || last < informative.start {
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
        for &haplotype in &ids {
            work.batch.push_pair(id, haplotype)?;
        }
        work.cells += bases * read.bases.len() as u64;
        *asked = true;
    }
    hal.pairhmm(&work.batch, &mut work.results);
    let mut results = work.results.chunks_exact(haplotypes.len());
    let rows: Vec<Option<Vec<f64>>> = reads
        .iter()
        .zip(&asked)
        .map(|(read, &asked)| {
            let row = if asked { results.next()? } else { return None };
            let best = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            (best >= least_likelihood(read.bases.len())).then(|| row.to_vec())
        })
        .collect();
    Ok(Likelihoods::combine(haplotypes.len(), reads, &rows))
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
            let error = 10f64.powf(-f64::from(read.qualities[at].max(LEAST_QUALITY)) / 10.0);
            let probability = |allele: u8| {
                let p = if base == allele {
                    1.0 - error
                } else {
                    error / 3.0
                };
                p.log10()
            };
            Some(vec![probability(reference), probability(alternate)])
        })
        .collect();
    Likelihoods::combine(2, reads, &rows)
}
