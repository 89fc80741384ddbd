//! Allele frequencies, and each sample's genotypes given those of the others.

use rustc_hash::FxHashMap;

use crate::evidence::Evidence;
use crate::genotype;
use crate::options::JointOptions;
use crate::quality::linear_of;
use crate::site::Site;

/// Rounds of expectation and maximisation at most.
const ROUNDS: usize = 50;
/// A change of every frequency below this ends them.
const CONVERGED: f64 = 1e-5;
/// Rounds in which posteriors are made given the others' at most.
const SWEEPS: usize = 8;

/// Samples whose likelihoods are alike: cohorts have far fewer such classes than samples.
struct Class {
    ploidy: u8,
    samples: f64,
    linear: Vec<f64>,
    posteriors: Vec<f64>,
    /// Expected copies of each allele in one sample.
    copies: Vec<f64>,
}

/// Allele frequencies at a site.
#[derive(Clone, Debug)]
pub(crate) struct Frequencies {
    /// Of each allele, above 0.
    pub(crate) of: Vec<f64>,
}

/// What a site's samples are given all of them.
#[derive(Clone, Debug)]
pub(crate) struct Cohort {
    pub(crate) frequencies: Frequencies,
    /// Of the prior, for each allele: as if so many copies had been seen.
    pub(crate) prior: Vec<f64>,
    /// Expected copies of each allele among all samples.
    pub(crate) totals: Vec<f64>,
    classes: Vec<(Vec<f64>, Vec<f64>)>,
    class_of: Vec<Option<usize>>,
}

impl Cohort {
    /// Genotype posteriors of a sample; `None` where it tells nothing.
    pub(crate) fn posteriors(&self, sample: usize) -> Option<&[f64]> {
        self.class_of[sample].map(|class| self.classes[class].0.as_slice())
    }

    /// Expected copies of each allele in a sample.
    pub(crate) fn copies(&self, sample: usize) -> Option<&[f64]> {
        self.class_of[sample].map(|class| self.classes[class].1.as_slice())
    }

    /// Frequencies by expectation and maximisation from the likelihoods alone; then posteriors, each
    /// with a prior of what the others have and of neutral sites: a Dirichlet distribution, of which
    /// a single sample gets heterozygous variants at the rate of the options, and half as many
    /// homozygous ones.
    pub(crate) fn new(site: &Site, samples: &[Evidence], options: &JointOptions) -> Self {
        let alleles = site.alleles();
        let prior: Vec<f64> = (0..alleles)
            .map(|allele| match allele {
                0 => 1.0,
                a if site.is_indel(a) => options.indel_heterozygosity,
                _ => options.snp_heterozygosity,
            })
            .collect();
        let (mut classes, class_of) = classes(samples, alleles);
        let mut of = vec![0.5 / (alleles as f64 - 1.0).max(1.0); alleles];
        of[0] = 0.5;
        let mut totals = vec![0.0; alleles];
        for _ in 0..ROUNDS {
            let same = |class: &Class, a: usize, b: usize| match class.ploidy {
                1 => of[a],
                _ if a == b => of[a] * of[b],
                _ => 2.0 * of[a] * of[b],
            };
            totals.fill(0.0);
            for class in &mut classes {
                class.weigh(alleles, same);
                class.add_to(&mut totals, class.samples);
            }
            let all: f64 = totals.iter().sum();
            if all == 0.0 {
                break;
            }
            let mut change: f64 = 0.0;
            for (frequency, total) in of.iter_mut().zip(&totals) {
                let next = total / all;
                change = change.max((next - *frequency).abs());
                *frequency = next;
            }
            if change < CONVERGED {
                break;
            }
        }
        for _ in 0..SWEEPS {
            let mut change: f64 = 0.0;
            for class in &mut classes {
                let others: Vec<f64> = (0..alleles)
                    .map(|a| prior[a] + (totals[a] - class.copies[a]).max(0.0))
                    .collect();
                let before = class.copies.clone();
                class.add_to(&mut totals, -class.samples);
                class.weigh(alleles, |class, a, b| urn(&others, class.ploidy, a, b));
                class.add_to(&mut totals, class.samples);
                let changes = before.iter().zip(&class.copies).map(|(a, b)| (a - b).abs());
                change = changes.fold(change, f64::max);
            }
            if change < CONVERGED {
                break;
            }
        }
        let all: f64 = totals.iter().zip(&prior).map(|(t, p)| t.max(0.0) + p).sum();
        let smooth = totals
            .iter()
            .zip(&prior)
            .map(|(t, p)| (t.max(0.0) + p) / all);
        Self {
            frequencies: Frequencies {
                of: smooth.collect(),
            },
            prior,
            totals,
            classes: classes
                .into_iter()
                .map(|c| (c.posteriors, c.copies))
                .collect(),
            class_of,
        }
    }
}

/// Weight of a genotype drawn from an urn of so many copies, each put back with another of its kind.
pub(crate) fn urn(copies: &[f64], ploidy: u8, a: usize, b: usize) -> f64 {
    match ploidy {
        1 => copies[a],
        _ if a == b => copies[a] * (copies[a] + 1.0),
        _ => 2.0 * copies[a] * copies[b],
    }
}

impl Class {
    /// Makes posteriors with the prior weight of each genotype.
    fn weigh(&mut self, alleles: usize, prior: impl Fn(&Self, usize, usize) -> f64) {
        let mut posteriors = std::mem::take(&mut self.posteriors);
        posteriors.clear();
        let genotypes = genotype::all(alleles, self.ploidy).zip(&self.linear);
        posteriors.extend(genotypes.map(|((a, b), likelihood)| likelihood * prior(self, a, b)));
        let sum: f64 = posteriors.iter().sum();
        if sum > 0.0 {
            posteriors
                .iter_mut()
                .for_each(|posterior| *posterior /= sum);
        }
        self.copies.fill(0.0);
        for ((a, b), posterior) in genotype::all(alleles, self.ploidy).zip(&posteriors) {
            self.copies[a] += posterior;
            if self.ploidy == 2 {
                self.copies[b] += posterior;
            }
        }
        self.posteriors = posteriors;
    }

    fn add_to(&self, totals: &mut [f64], times: f64) {
        for (total, copies) in totals.iter_mut().zip(&self.copies) {
            *total += times * copies;
        }
    }
}

/// The classes in the order of their first samples, and the class of each sample.
fn classes(samples: &[Evidence], alleles: usize) -> (Vec<Class>, Vec<Option<usize>>) {
    let mut numbers: FxHashMap<(u8, &[u32]), usize> = FxHashMap::default();
    let mut classes: Vec<Class> = Vec::new();
    let class_of = samples.iter().map(|sample| {
        if sample.is_empty() {
            return None;
        }
        let key = (sample.ploidy, sample.likelihoods.as_slice());
        let number = *numbers.entry(key).or_insert_with(|| {
            classes.push(Class {
                ploidy: sample.ploidy,
                samples: 0.0,
                linear: sample.likelihoods.iter().map(|p| linear_of(*p)).collect(),
                posteriors: Vec::new(),
                copies: vec![0.0; alleles],
            });
            classes.len() - 1
        });
        classes[number].samples += 1.0;
        Some(number)
    });
    let class_of = class_of.collect();
    (classes, class_of)
}
