//! Genotypes of a family: those of the parents as likely as in the population, those of each child
//! as the parents' copies are passed on, but for mutations.
//!
//! A child's de novo quality is that of DRAGEN: the phred of the probability that nothing in the
//! child is new, given the family's data.

use crate::evidence::Evidence;
use crate::frequency::{Cohort, urn};
use crate::genotype;
use crate::options::JointOptions;
use crate::pedigree::Family;
use crate::quality::linear_of;

/// Largest DQ.
const MOST_QUALITY: f64 = 999.0;

/// What is said of a child (DRAGEN's `DN`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The genotypes are as inheritance makes them.
    Inherited,
    /// They are not, and hardly by a mutation.
    Doubtful,
    /// They are not, and a mutation may be why.
    New,
}

/// What inheritance says of a sample.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Number of the sample.
    pub(crate) sample: usize,
    pub(crate) posteriors: Vec<f64>,
    /// A genotype that is called although others are likelier.
    pub(crate) forced: Option<usize>,
    /// Of children whose parents are known: DQ and DN.
    pub(crate) denovo: Option<(f64, Origin)>,
}

/// A sample's genotypes and their likelihoods, the largest 1.
struct Person {
    ploidy: u8,
    known: bool,
    genotypes: Vec<(usize, usize)>,
    linear: Vec<f64>,
}

impl Person {
    fn new(sample: &Evidence, alleles: usize) -> Self {
        let known = !sample.is_empty();
        let ploidy = if known { sample.ploidy } else { 2 };
        Self {
            ploidy,
            known,
            genotypes: genotype::all(alleles, ploidy).collect(),
            linear: match known {
                true => sample.likelihoods.iter().map(|p| linear_of(*p)).collect(),
                false => vec![1.0; genotype::count(alleles, ploidy)],
            },
        }
    }

    /// Probability of passing on each allele, by genotype.
    fn gametes(&self, alleles: usize, mutation: f64) -> Vec<Vec<f64>> {
        let changed = mutation / (alleles as f64 - 1.0).max(1.0);
        let passed = |from: usize, to: usize| if from == to { 1.0 - mutation } else { changed };
        let of = |(a, b): &(usize, usize)| {
            let to = (0..alleles).map(|to| 0.5 * (passed(*a, to) + passed(*b, to)));
            to.collect()
        };
        self.genotypes.iter().map(of).collect()
    }
}

/// The family's genotypes at a site of `alleles` alleles: those of its members of whom something is
/// known.
pub(crate) fn members(
    family: &Family,
    samples: &[Evidence],
    cohort: &Cohort,
    options: &JointOptions,
    threshold: f64,
) -> Vec<Member> {
    let alleles = cohort.prior.len();
    let person = |sample: usize| Person::new(&samples[sample], alleles);
    let (father, mother) = (person(family.father), person(family.mother));
    let children: Vec<(usize, Person)> = family
        .children
        .iter()
        .map(|child| (*child, person(*child)))
        .filter(|(_, child)| child.known)
        .collect();
    let all = [family.father, family.mother]
        .into_iter()
        .chain(family.children.iter().copied());
    let mut others: Vec<f64> = cohort.totals.clone();
    for sample in all {
        for (other, own) in others.iter_mut().zip(cohort.copies(sample).unwrap_or(&[])) {
            *other -= own;
        }
    }
    let others: Vec<f64> = others
        .iter()
        .zip(&cohort.prior)
        .map(|(o, p)| o.max(0.0) + p)
        .collect();
    let founder = |person: &Person| -> Vec<f64> {
        let genotypes = person.genotypes.iter().zip(&person.linear);
        let weight = |((a, b), likelihood): (&(usize, usize), &f64)| {
            urn(&others, person.ploidy, *a, *b) * likelihood
        };
        let weights: Vec<f64> = genotypes.map(weight).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / sum).collect()
    };
    let table = |mutation| {
        let parents = [
            father.gametes(alleles, mutation),
            mother.gametes(alleles, mutation),
        ];
        Inheritance {
            parents,
            from_mother: mother.known,
        }
    };
    let (mutable, strict) = (table(options.mutation_rate), table(0.0));
    let (of_father, of_mother) = (founder(&father), founder(&mother));

    let mut sums = [vec![0.0; of_father.len()], vec![0.0; of_mother.len()]];
    let mut child_sums: Vec<Sums> = children.iter().map(|(_, child)| Sums::new(child)).collect();
    let (mut total, mut factors) = (0.0, vec![0.0; children.len()]);
    for (f, of_father) in of_father.iter().enumerate() {
        for (m, of_mother) in of_mother.iter().enumerate() {
            for (factor, (_, child)) in factors.iter_mut().zip(&children) {
                let genotypes = child.genotypes.iter().zip(&child.linear);
                *factor = genotypes
                    .map(|(g, l)| l * mutable.chance(child.ploidy, f, m, *g))
                    .sum();
            }
            let parents = of_father * of_mother;
            let weight = parents * factors.iter().product::<f64>();
            total += weight;
            sums[0][f] += weight;
            sums[1][m] += weight;
            for (i, ((_, child), child_sums)) in children.iter().zip(&mut child_sums).enumerate() {
                let siblings = factors.iter().enumerate().filter(|(j, _)| *j != i);
                let rest = parents * siblings.map(|(_, factor)| factor).product::<f64>();
                for (g, (genotype, likelihood)) in
                    child.genotypes.iter().zip(&child.linear).enumerate()
                {
                    let weight = rest * likelihood * mutable.chance(child.ploidy, f, m, *genotype);
                    let inherited = strict.chance(child.ploidy, f, m, *genotype) > 0.0;
                    child_sums.add([f, m, g], weight, inherited);
                }
            }
        }
    }
    let member = |sample: usize, weights: &[f64]| Member {
        sample,
        posteriors: weights.iter().map(|weight| weight / total).collect(),
        forced: None,
        denovo: None,
    };
    let mut members = vec![
        member(family.father, &sums[0]),
        member(family.mother, &sums[1]),
    ];
    for ((sample, child), sums) in children.iter().zip(&child_sums) {
        let mut of_child = member(*sample, &sums.of);
        if father.known && mother.known {
            let conflicts = |calls: [usize; 3]| {
                let [f, m, g] = calls;
                strict.chance(child.ploidy, f, m, child.genotypes[g]) == 0.0
            };
            let alone = [family.father, family.mother, *sample]
                .map(|s| likeliest(cohort.posteriors(s).unwrap_or(&[1.0])));
            let together = [&members[0], &members[1], &of_child].map(|m| likeliest(&m.posteriors));
            let quality = (-10.0 * libm::log10(sums.inherited / total)).clamp(0.0, MOST_QUALITY);
            let denovo = match conflicts(alone) || conflicts(together) {
                false => Origin::Inherited,
                true if quality < threshold => Origin::Doubtful,
                true => Origin::New,
            };
            // What may be a mutation is shown as one.
            if denovo == Origin::New && !conflicts(together) {
                let [f, m, g] = sums.likeliest_new;
                members[0].forced = Some(f);
                members[1].forced = Some(m);
                of_child.forced = Some(g);
            }
            of_child.denovo = Some((quality, denovo));
        }
        members.push(of_child);
    }
    members.retain(|member| !samples[member.sample].is_empty());
    members
}

/// How parents' genotypes become a child's.
struct Inheritance {
    /// Of father and mother: probability of each allele in a gamete, by genotype.
    parents: [Vec<Vec<f64>>; 2],
    /// Whether a child with one copy has it from the mother: sons' X, and mitochondria.
    from_mother: bool,
}

impl Inheritance {
    /// Probability of a child's genotype, given the numbers of the parents' genotypes.
    fn chance(&self, ploidy: u8, father: usize, mother: usize, (a, b): (usize, usize)) -> f64 {
        let (father, mother) = (&self.parents[0][father], &self.parents[1][mother]);
        match ploidy {
            1 if self.from_mother => mother[a],
            1 => father[a],
            _ if a == b => father[a] * mother[a],
            _ => father[a] * mother[b] + father[b] * mother[a],
        }
    }
}

/// What is summed up for a child.
struct Sums {
    of: Vec<f64>,
    inherited: f64,
    likeliest_new: [usize; 3],
    most: f64,
}

impl Sums {
    fn new(child: &Person) -> Self {
        Self {
            of: vec![0.0; child.genotypes.len()],
            inherited: 0.0,
            likeliest_new: [0; 3],
            most: 0.0,
        }
    }

    fn add(&mut self, genotypes: [usize; 3], weight: f64, inherited: bool) {
        self.of[genotypes[2]] += weight;
        if inherited {
            self.inherited += weight;
        } else if weight > self.most {
            (self.most, self.likeliest_new) = (weight, genotypes);
        }
    }
}

/// Number of the likeliest genotype; the first of several.
pub(crate) fn likeliest(posteriors: &[f64]) -> usize {
    let mut best = 0;
    for (number, posterior) in posteriors.iter().enumerate() {
        if *posterior > posteriors[best] {
            best = number;
        }
    }
    best
}

#[cfg(test)]
mod tests;
