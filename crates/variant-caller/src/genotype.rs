//! Genotypes: all pairs of haplotypes are weighed at once, so that events which stand together or
//! exclude each other are judged together; then each site's genotypes are read off.

use crate::event::Event;
use crate::haplotype::Haplotype;
use crate::likelihood::Likelihoods;

/// Homozygous variants are half as frequent as heterozygous ones.
const LOG_HOMOZYGOUS: f64 = -std::f64::consts::LOG10_2;
/// log10 prior, negated, of substitutions that come together on one strand: so many times that of one
/// of them (BQD's 2.5 times the mean quality), within bounds.
const STRAND_COST: f64 = 2.5;
const STRAND_COSTS: (f64, f64) = (5.0, 10.0);
/// The same for indels.
const STRAND_COST_INDEL: f64 = 9.5;
/// Variants come in clusters, and where a repeat has one other length it often has two: of the events of a
/// haplotype pair, the least likely has its whole prior, the others this share of theirs (log10).
const COMPANY_SHARE: f64 = 0.6;
/// Fragments that belong elsewhere are looked for up to each of these MAPQ, at this log10 prior, negated.
/// It falls slower than MAPQ: that many reads are misplaced together, and all in the same way, takes
/// another difference between sample and reference at the place that they come from.
const FOREIGN_COSTS: [(u8, f64); 7] = [
    (5, 2.0),
    (10, 3.5),
    (20, 5.0),
    (30, 6.0),
    (40, 6.5),
    (50, 7.0),
    (MOST_MAPPING_QUALITY, 7.5),
];
/// All fragments are among those of this MAPQ.
const MOST_MAPPING_QUALITY: u8 = 60;
/// A fragment tells alleles apart by this log10 ratio or more (GATK).
const INFORMATIVE: f64 = 0.2;
/// Values this far (log10) below the largest do not change a sum.
const NEGLIGIBLE: f64 = 12.0;

/// What a haplotype has at a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Allele {
    /// The reference, or these events.
    Events(Vec<Event>),
    /// Nothing: a deletion that began before covers the site. VCF's `*`.
    Spanned,
}

/// A place at which haplotypes differ, and what each has there.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// 0-based POS.
    pub(crate) position: u32,
    /// Allele 0 is the reference.
    pub(crate) alleles: Vec<Allele>,
    /// Allele of each haplotype.
    of: Vec<usize>,
    /// log10 prior of one copy of each allele.
    priors: Vec<f64>,
}

/// A site's genotypes.
#[derive(Clone, Debug)]
pub(crate) struct Genotypes {
    /// log10 likelihood of each genotype, in VCF's order.
    pub(crate) likelihoods: Vec<f64>,
    /// log10 posterior, normalised.
    pub(crate) posteriors: Vec<f64>,
}

/// The sites at which `haplotypes` differ from the reference, by position.
pub(crate) fn sites(haplotypes: &[Vec<Event>], prior: impl Fn(&Event) -> f64) -> Vec<Site> {
    let mut positions: Vec<u32> = haplotypes.iter().flatten().map(Event::anchor).collect();
    positions.sort_unstable();
    positions.dedup();
    positions
        .into_iter()
        .map(|position| {
            let mut alleles = vec![Allele::Events(Vec::new())];
            let of: Vec<usize> = haplotypes
                .iter()
                .map(|haplotype| {
                    let allele = allele_at(haplotype, position);
                    alleles
                        .iter()
                        .position(|a| *a == allele)
                        .unwrap_or_else(|| {
                            alleles.push(allele);
                            alleles.len() - 1
                        })
                })
                .collect();
            let priors: Vec<f64> = alleles
                .iter()
                .map(|allele| match allele {
                    Allele::Events(events) => events.iter().map(&prior).sum(),
                    Allele::Spanned => 0.0,
                })
                .collect();
            Site {
                position,
                alleles,
                of,
                priors,
            }
        })
        .collect()
}

fn allele_at(haplotype: &[Event], position: u32) -> Allele {
    let here: Vec<Event> = haplotype
        .iter()
        .filter(|e| e.anchor() == position)
        .cloned()
        .collect();
    let spanned = here.is_empty()
        && haplotype
            .iter()
            .any(|e| e.anchor() < position && position < e.end());
    if spanned {
        Allele::Spanned
    } else {
        Allele::Events(here)
    }
}

impl Site {
    fn is_indel(&self, allele: usize) -> bool {
        match &self.alleles[allele] {
            Allele::Events(events) => events.iter().any(Event::is_indel),
            Allele::Spanned => true,
        }
    }

    pub(crate) fn is_variant(&self, allele: usize) -> bool {
        allele != 0 && self.alleles[allele] != Allele::Spanned
    }

    /// log10 prior of a genotype.
    pub(crate) fn prior(&self, x: usize, y: usize, ploidy: u8) -> f64 {
        let homozygous = self.is_homozygous(x, y, ploidy);
        self.alleles_prior(x, y) + if homozygous { LOG_HOMOZYGOUS } else { 0.0 }
    }

    /// log10 prior that a genotype's variant alleles are there, in whatever number.
    fn alleles_prior(&self, x: usize, y: usize) -> f64 {
        match (self.is_variant(x), self.is_variant(y)) {
            (false, false) => 0.0,
            (true, false) => self.priors[x],
            (false, true) => self.priors[y],
            (true, true) if x == y => self.priors[x],
            (true, true) => Together::of([x, y].into_iter().map(|a| self.priors[a])).all(),
        }
    }

    /// Whether both copies have the same variant allele.
    fn is_homozygous(&self, x: usize, y: usize, ploidy: u8) -> bool {
        ploidy > 1 && x == y && self.is_variant(x)
    }

    /// Alleles of each genotype in VCF's order.
    pub(crate) fn genotypes(&self, ploidy: u8) -> Vec<(usize, usize)> {
        let count = self.alleles.len();
        if ploidy == 1 {
            return (0..count).map(|a| (a, a)).collect();
        }
        (0..count)
            .flat_map(|y| (0..=y).map(move |x| (x, y)))
            .collect()
    }

    fn index(&self, a: usize, b: usize, ploidy: u8) -> usize {
        let (x, y) = (self.of[a].min(self.of[b]), self.of[a].max(self.of[b]));
        if ploidy == 1 { x } else { y * (y + 1) / 2 + x }
    }

    /// log10 that the site has no variant allele.
    pub(crate) fn log_no_variant(&self, posteriors: &[f64], ploidy: u8) -> f64 {
        log_sum(
            self.genotypes(ploidy)
                .iter()
                .zip(posteriors)
                .filter(|((x, y), _)| !self.is_variant(*x) && !self.is_variant(*y))
                .map(|(_, &p)| p),
        )
    }

    /// log10 likelihood of each allele for a fragment: that of its best haplotype.
    pub(crate) fn allele_likelihoods(&self, row: &[f64]) -> Vec<f64> {
        let mut best = vec![f64::NEG_INFINITY; self.alleles.len()];
        for (value, &allele) in row.iter().zip(&self.of) {
            best[allele] = best[allele].max(*value);
        }
        best
    }
}

/// The allele that a fragment shows, if it tells those of `among` apart.
pub(crate) fn informative_allele(likelihoods: &[f64], among: &[usize]) -> Option<usize> {
    let best = among
        .iter()
        .copied()
        .max_by(|&a, &b| likelihoods[a].total_cmp(&likelihoods[b]).then(b.cmp(&a)))?;
    among
        .iter()
        .filter(|&&a| a != best)
        .all(|&a| likelihoods[best] - likelihoods[a] >= INFORMATIVE)
        .then_some(best)
}

/// log10 of the sum of 10^value.
pub(crate) fn log_sum(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        return most;
    }
    let sum: f64 = values
        .filter(|v| *v > most - NEGLIGIBLE)
        .map(|v| libm::exp10(v - most))
        .sum();
    most + libm::log10(sum)
}

/// log10 priors of events that stand together.
#[derive(Clone, Copy, Debug, Default)]
struct Together {
    sum: f64,
    least: f64,
    second: f64,
}

impl Together {
    fn of(priors: impl Iterator<Item = f64>) -> Self {
        priors.fold(Self::default(), |all, prior| Self {
            sum: all.sum + prior,
            least: all.least.min(prior),
            second: all.second.min(prior.max(all.least)),
        })
    }

    fn all(&self) -> f64 {
        COMPANY_SHARE * self.sum + (1.0 - COMPANY_SHARE) * self.least
    }

    /// That of all but one of them.
    fn without(&self, prior: f64) -> f64 {
        let least = if prior <= self.least {
            self.second
        } else {
            self.least
        };
        COMPANY_SHARE * (self.sum - prior) + (1.0 - COMPANY_SHARE) * least
    }
}

/// A pair of haplotypes, its log10 likelihood and the log10 priors of its genotypes at all sites.
struct Pair {
    first: usize,
    second: usize,
    likelihood: f64,
    priors: Together,
    /// Sites at which it is homozygous for a variant. Both copies have them from one ancestor: that has its
    /// prior once.
    homozygous: usize,
}

impl Pair {
    /// log10 prior that it is homozygous at so many sites.
    fn log_homozygous(sites: usize) -> f64 {
        if sites > 0 { LOG_HOMOZYGOUS } else { 0.0 }
    }

    /// log10 of likelihood and prior.
    fn weight(&self) -> f64 {
        self.likelihood + self.priors.all() + Self::log_homozygous(self.homozygous)
    }

    /// The same without the prior of its genotype at `site`.
    fn weight_without(&self, site: &Site, ploidy: u8) -> f64 {
        let (x, y) = (site.of[self.first], site.of[self.second]);
        let elsewhere = if site.is_homozygous(x, y, ploidy) {
            0
        } else {
            self.homozygous
        };
        self.likelihood
            + self.priors.without(site.alleles_prior(x, y))
            + Self::log_homozygous(elsewhere)
    }
}

/// Genotypes of each site. `prior` is the log10 prior of one copy of an event.
pub(crate) fn genotype(
    likelihoods: &Likelihoods,
    haplotypes: &[Haplotype],
    sites: &[Site],
    ploidy: u8,
    prior: impl Fn(&Event) -> f64,
) -> Vec<Genotypes> {
    let linear = Linear::new(likelihoods);
    let mut pairs = linear.pairs(ploidy);
    for pair in &mut pairs {
        pair.priors = Together::of(
            sites
                .iter()
                .map(|s| s.alleles_prior(s.of[pair.first], s.of[pair.second])),
        );
        let is_homozygous =
            |s: &&Site| s.is_homozygous(s.of[pair.first], s.of[pair.second], ploidy);
        pair.homozygous = sites.iter().filter(is_homozygous).count();
    }
    let weights = |a: &&Pair, b: &&Pair| a.weight().total_cmp(&b.weight());
    let best = pairs.iter().max_by(weights);
    sites
        .iter()
        .map(|site| {
            let genotypes = site.genotypes(ploidy);
            let mut values: Vec<Vec<f64>> = vec![Vec::new(); genotypes.len()];
            // The best pair without a variant here, and what is known of it without the site's prior.
            let mut without: Option<(f64, &Pair)> = None;
            for pair in &pairs {
                let (x, y) = (site.of[pair.first], site.of[pair.second]);
                let value = pair.weight_without(site, ploidy);
                values[site.index(pair.first, pair.second, ploidy)].push(value);
                let free = !site.is_variant(x) && !site.is_variant(y);
                if free && without.is_none_or(|(most, _)| value > most) {
                    without = Some((value, pair));
                }
            }
            let mut likelihoods: Vec<f64> =
                values.iter().map(|v| log_sum(v.iter().copied())).collect();
            if let (Some(best), Some((_, without))) = (best, without) {
                let variant = |h: usize| site.is_variant(site.of[h]);
                // What `foreign` has that neither of a pair's haplotypes has.
                let news = |foreign: usize, pair: &Pair| {
                    let known = |e: &Event| {
                        haplotypes[pair.first].contains(e) || haplotypes[pair.second].contains(e)
                    };
                    let new = haplotypes[foreign].iter().filter(|e| !known(e));
                    Together::of(new.map(&prior))
                };
                let against = [best.first, best.second]
                    .into_iter()
                    .filter(|&h| variant(h))
                    .map(|foreign| {
                        let own = site.priors[site.of[foreign]];
                        let company = news(foreign, without).without(own);
                        let indel = site.is_indel(site.of[foreign]);
                        let strands = linear.one_strand(without, foreign, indel) + company;
                        let elsewhere = linear.elsewhere(without, foreign) + own + company;
                        strands.max(elsewhere)
                    })
                    .fold(0.0, f64::max);
                likelihoods[site.index(without.first, without.second, ploidy)] += against;
                if variant(best.first) || variant(best.second) {
                    let astray = [without.first, without.second]
                        .into_iter()
                        .filter(|&h| h != best.first && h != best.second)
                        .map(|foreign| linear.elsewhere(best, foreign) + news(foreign, best).all())
                        .fold(0.0, f64::max);
                    likelihoods[site.index(best.first, best.second, ploidy)] += astray;
                }
            }
            let joint: Vec<f64> = likelihoods
                .iter()
                .zip(&genotypes)
                .map(|(l, &(x, y))| l + site.prior(x, y, ploidy))
                .collect();
            let total = log_sum(joint.iter().copied());
            Genotypes {
                likelihoods,
                posteriors: joint.iter().map(|p| p - total).collect(),
            }
        })
        .collect()
}

/// The likelihoods by haplotype, on the linear scale: rows are at most 1 and bounded from below, so
/// that a product over a few fragments cannot underflow.
struct Linear {
    count: usize,
    fragments: usize,
    values: Vec<f64>,
    reverse: Vec<bool>,
    mapping_quality: Vec<u8>,
}

impl Linear {
    /// Fragments whose product is taken before its logarithm.
    const STRIDE: usize = 16;

    fn new(likelihoods: &Likelihoods) -> Self {
        let count = likelihoods.haplotypes;
        let fragments = likelihoods.fragments.len();
        let mut values = vec![0.0; count * fragments];
        for fragment in 0..fragments {
            for (haplotype, value) in likelihoods.row(fragment).iter().enumerate() {
                values[haplotype * fragments + fragment] = libm::exp10(*value);
            }
        }
        Self {
            count,
            fragments,
            values,
            reverse: likelihoods.fragments.iter().map(|f| f.reverse).collect(),
            mapping_quality: likelihoods
                .fragments
                .iter()
                .map(|f| f.mapping_quality)
                .collect(),
        }
    }

    fn column(&self, haplotype: usize) -> &[f64] {
        &self.values[haplotype * self.fragments..(haplotype + 1) * self.fragments]
    }

    fn pairs(&self, ploidy: u8) -> Vec<Pair> {
        let mut all = Vec::new();
        for first in 0..self.count {
            let last = if ploidy == 1 { first + 1 } else { self.count };
            for second in first..last {
                let likelihood = self
                    .column(first)
                    .chunks(Self::STRIDE)
                    .zip(self.column(second).chunks(Self::STRIDE))
                    .map(|(a, b)| {
                        let product: f64 = a.iter().zip(b).map(|(a, b)| 0.5 * (a + b)).product();
                        libm::log10(product)
                    })
                    .sum();
                all.push(Pair {
                    first,
                    second,
                    likelihood,
                    priors: Together::default(),
                    homozygous: 0,
                });
            }
        }
        all
    }

    /// log10 by which `pair` becomes likelier if errors may come together on one strand, as copies of
    /// the haplotype `foreign` (the idea of DRAGEN's BQD).
    fn one_strand(&self, pair: &Pair, foreign: usize, indel: bool) -> f64 {
        let ratios = self.ratios(pair, foreign);
        let gain = |strand: bool| {
            let of_strand = ratios.iter().zip(&self.reverse);
            let of_strand = of_strand
                .filter(|(_, reverse)| **reverse == strand)
                .map(|(&r, _)| r);
            let cost = if indel {
                STRAND_COST_INDEL
            } else {
                strand_cost(of_strand.clone())
            };
            mixture_gain(of_strand) - cost
        };
        gain(false).max(gain(true))
    }

    /// log10 by which `pair` becomes likelier if fragments, those up to some MAPQ, may belong
    /// elsewhere, where they show the haplotype `foreign` (the idea of DRAGEN's FRD).
    fn elsewhere(&self, pair: &Pair, foreign: usize) -> f64 {
        let ratios = self.ratios(pair, foreign);
        FOREIGN_COSTS
            .iter()
            .map(|&(step, cost)| {
                let all = ratios.iter().zip(&self.mapping_quality);
                // What is above is at its place. It counts all the same, since a variant lowers MAPQ too.
                let of_each = all.map(|(&r, &q)| {
                    if q.min(MOST_MAPPING_QUALITY) <= step {
                        r
                    } else {
                        r.min(0.0)
                    }
                });
                mixture_gain(of_each) - cost
            })
            .fold(f64::NEG_INFINITY, f64::max)
    }

    /// For each fragment, how much likelier it is under `foreign` than under the pair.
    fn ratios(&self, pair: &Pair, foreign: usize) -> Vec<f64> {
        self.column(pair.first)
            .iter()
            .zip(self.column(pair.second))
            .zip(self.column(foreign))
            .map(|((a, b), c)| c / (0.5 * (a + b)))
            .collect()
    }
}

/// log10 prior, negated, of the errors that these fragments show if each has one. Their mean quality is
/// what an allele that differs by one base of it gains: (1 - e) / (e / 3).
fn strand_cost(ratios: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = ratios
        .filter(|r| *r > 2.0)
        .fold((0.0, 0usize), |(s, n), r| (s + libm::log10(r / 3.0), n + 1));
    let (least, most) = STRAND_COSTS;
    (STRAND_COST * sum / count.max(1) as f64).clamp(least, most)
}

/// log10 by which fragments become likelier if each shows something else with a probability of their
/// own, up to one half: `ratios` say how much likelier that makes each.
fn mixture_gain(ratios: impl Iterator<Item = f64> + Clone) -> f64 {
    let (sum, count) = ratios
        .clone()
        .filter(|r| !(0.5..=2.0).contains(r))
        .fold((0.0, 0usize), |(s, n), r| (s + r / (1.0 + r), n + 1));
    let share = (sum / count.max(1) as f64).min(0.5);
    ratios
        .map(|r| libm::log10(1.0 - share + share * r))
        .sum::<f64>()
}
