//! The sex chromosomes of a sample, from how deep its reads lie on them: what DRAGEN's ploidy estimator
//! does.

use std::collections::BTreeMap;

use fafnir_io::{ContigId, Reference};

use super::chromosome::Chromosome;
use super::depth::Depth;
use super::karyotype::Karyotype;

/// At less median depth of the autosomes nothing is told.
const LEAST_DEPTH: f64 = 2.0;
/// Where fewer of the windows have reads, only chosen regions were sequenced, of which X and Y may have
/// more or less than others.
const LEAST_COVERED: f64 = 0.8;

/// Median depths of chromosomes, and what they tell.
#[derive(Clone, Debug, PartialEq)]
pub struct PloidyEstimate {
    /// That of the autosomes' stretches.
    pub autosomes: f64,
    /// That of each autosome and sex chromosome, in the reference's order.
    pub chromosomes: Vec<(ContigId, f64)>,
    /// Copies of X and Y; `None` where the reads do not lie on the whole genome, or no number fits.
    pub karyotype: Option<Karyotype>,
}

impl PloidyEstimate {
    /// Estimates from stretches of a genome. `None` where `reference` has no autosome, X or Y.
    pub fn new<'a>(
        reference: &Reference,
        stretches: impl IntoIterator<Item = (ContigId, &'a Depth)>,
    ) -> Option<Self> {
        let of = |contig: ContigId| Chromosome::of(&reference.contig(contig).name);
        let mut depths: BTreeMap<ContigId, Vec<f64>> = BTreeMap::new();
        let (mut autosomes, mut covered) = (Vec::new(), Vec::new());
        for (contig, stretch) in stretches {
            let Some(chromosome) = of(contig).filter(|c| *c != Chromosome::Mitochondrion) else {
                continue;
            };
            let Some(mean) = stretch.mean() else { continue };
            depths.entry(contig).or_default().push(mean);
            if chromosome == Chromosome::Autosome {
                autosomes.push(mean);
                covered.extend(stretch.covered());
            }
        }
        let chromosomes: Vec<(ContigId, f64)> = depths
            .into_iter()
            .filter_map(|(contig, depths)| Some((contig, median(depths)?)))
            .collect();
        let depth_of = |wanted: Chromosome| {
            let found = chromosomes.iter().find(|(id, _)| of(*id) == Some(wanted));
            found.map(|(_, depth)| *depth)
        };
        let (x, y) = (depth_of(Chromosome::X)?, depth_of(Chromosome::Y)?);
        let autosomes = median(autosomes)?;
        let is_whole = autosomes >= LEAST_DEPTH && median(covered)? >= LEAST_COVERED;
        // Two copies have the autosomes' depth.
        let copies = |depth: f64| (2.0 * depth / autosomes).round() as usize;
        let karyotype = is_whole.then(|| Karyotype::new(copies(x), copies(y)));
        Some(Self {
            autosomes,
            karyotype: karyotype.flatten(),
            chromosomes,
        })
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some((lower + upper) / 2.0)
}
