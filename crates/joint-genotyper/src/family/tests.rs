#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::site::Site;

fn site(alternates: usize) -> Site {
    let bases: [&[u8]; 3] = [b"C", b"G", b"T"];
    Site {
        position: 0,
        reference: b"A".to_vec(),
        alternates: bases[..alternates]
            .iter()
            .map(|b| Some(b.to_vec()))
            .collect(),
    }
}

fn evidence(ploidy: u8, likelihoods: &[u32]) -> Evidence {
    let least = likelihoods.iter().min().unwrap();
    Evidence {
        ploidy,
        likelihoods: likelihoods.iter().map(|p| p - least).collect(),
        ..Evidence::default()
    }
}

fn trio(samples: &[Evidence], alternates: usize) -> Vec<Member> {
    let family = Family {
        father: 0,
        mother: 1,
        children: (2..samples.len()).collect(),
    };
    let options = JointOptions::default();
    let cohort = Cohort::new(&site(alternates), samples, &options);
    members(
        &family,
        samples,
        &cohort,
        &options,
        options.snp_denovo_quality,
    )
}

/// Posteriors of all members by enumerating every genotype of each, and which copy of each parent
/// goes to which place of each child.
fn by_enumeration(samples: &[Evidence], alternates: usize) -> (Vec<Vec<f64>>, f64) {
    let options = JointOptions::default();
    let alleles = alternates + 1;
    let genotypes: Vec<(usize, usize)> = genotype::all(alleles, 2).collect();
    let prior = |a: usize| {
        if a == 0 {
            1.0
        } else {
            options.snp_heterozygosity
        }
    };
    let urn = |(a, b): (usize, usize)| match a == b {
        true => prior(a) * (prior(a) + 1.0),
        false => 2.0 * prior(a) * prior(b),
    };
    let likelihood =
        |sample: usize, g: usize| 10_f64.powf(-f64::from(samples[sample].likelihoods[g]) / 10.0);
    let mutated = |from: usize, to: usize| match from == to {
        true => 1.0 - options.mutation_rate,
        false => options.mutation_rate / (alleles as f64 - 1.0),
    };
    let child = |f: (usize, usize), m: (usize, usize), g: usize| -> [f64; 2] {
        let (mut chance, mut possible) = (0.0, 0.0);
        for x in [f.0, f.1] {
            for y in [m.0, m.1] {
                for (a, b) in [genotypes[g], (genotypes[g].1, genotypes[g].0)] {
                    let orders = if a == b { 0.5 } else { 1.0 };
                    chance += 0.25 * orders * mutated(x, a) * mutated(y, b);
                    possible += f64::from(u8::from(x == a && y == b));
                }
            }
        }
        [chance, possible]
    };
    let count = genotypes.len();
    let members = samples.len();
    let (mut sums, mut total, mut inherited) = (vec![vec![0.0; count]; members], 0.0, 0.0);
    for number in 0..count.pow(members as u32) {
        let of: Vec<usize> = (0..members)
            .map(|i| number / count.pow(i as u32) % count)
            .collect();
        let (f, m) = (genotypes[of[0]], genotypes[of[1]]);
        let mut weight = urn(f) * urn(m);
        let mut first_inherited = true;
        for (sample, g) in of.iter().enumerate() {
            weight *= likelihood(sample, *g);
            if sample >= 2 {
                let [chance, possible] = child(f, m, *g);
                weight *= chance;
                first_inherited &= sample > 2 || possible > 0.0;
            }
        }
        total += weight;
        inherited += if first_inherited { weight } else { 0.0 };
        for (sums, g) in sums.iter_mut().zip(&of) {
            sums[*g] += weight;
        }
    }
    sums.iter_mut().flatten().for_each(|sum| *sum /= total);
    (sums, inherited / total)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn posteriors_are_those_of_enumeration(
        (alternates, phreds) in (1..=2_usize, 3..=4_usize).prop_flat_map(|(alternates, members)| {
            let count = genotype::count(alternates + 1, 2);
            let one = prop::collection::vec(0..120_u32, count);
            (Just(alternates), prop::collection::vec(one, members))
        }),
    ) {
        let samples: Vec<Evidence> = phreds.iter().map(|p| evidence(2, p)).collect();
        prop_assume!(samples.iter().all(|sample| !sample.is_empty()));
        let (expected, inherited) = by_enumeration(&samples, alternates);
        let found = trio(&samples, alternates);
        for (member, expected) in found.iter().zip(&expected) {
            for (found, expected) in member.posteriors.iter().zip(expected) {
                prop_assert!((found - expected).abs() < 1e-6, "{found} {expected}");
            }
        }
        let (quality, _) = found[2].denovo.unwrap();
        let expected = (-10.0 * inherited.log10()).clamp(0.0, MOST_QUALITY);
        prop_assert!((quality - expected).abs() < 1e-4 * (1.0 + expected), "{quality} {expected}");
    }
}

#[test]
fn a_clear_mutation_is_new() {
    let samples = [
        evidence(2, &[0, 99, 990]),
        evidence(2, &[0, 99, 990]),
        evidence(2, &[400, 0, 400]),
        evidence(2, &[0, 99, 990]),
    ];
    let found = trio(&samples, 1);
    let (quality, origin) = found[2].denovo.unwrap();
    assert_eq!(origin, Origin::New);
    assert!(quality > 10.0, "{quality}");
    assert_eq!(found[3].denovo.unwrap().1, Origin::Inherited);
    let called: Vec<usize> = found.iter().map(|m| likeliest(&m.posteriors)).collect();
    assert_eq!(called, [0, 0, 1, 0]);
}

#[test]
fn a_doubtful_parent_is_likelier_than_a_mutation() {
    let samples = [
        evidence(2, &[0, 6, 90]),
        evidence(2, &[0, 90, 900]),
        evidence(2, &[400, 0, 400]),
    ];
    let found = trio(&samples, 1);
    assert_eq!(found[2].denovo.unwrap().1, Origin::Doubtful);
    assert_eq!(likeliest(&found[0].posteriors), 1);
}

#[test]
fn sons_have_their_x_from_the_mother() {
    let (reference, variant) = ([0, 300], [300, 0]);
    let of = |father: &[u32], mother: &[u32], son: &[u32]| {
        let samples = [evidence(1, father), evidence(2, mother), evidence(1, son)];
        trio(&samples, 1)[2].denovo.unwrap().1
    };
    assert_eq!(of(&reference, &[300, 0, 300], &variant), Origin::Inherited);
    assert_eq!(
        of(&variant, &[0, 300, 3_000], &reference),
        Origin::Inherited
    );
    assert_eq!(of(&variant, &[0, 300, 3_000], &variant), Origin::New);
    // Y: nothing is known of the mother.
    let samples = [
        evidence(1, &variant),
        Evidence::default(),
        evidence(1, &variant),
    ];
    let found = trio(&samples, 1);
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].denovo, None);
    assert_eq!(likeliest(&found[1].posteriors), 1);
}

#[test]
fn nobody_is_known() {
    let samples = [
        Evidence::default(),
        Evidence::default(),
        Evidence::default(),
    ];
    assert!(trio(&samples, 1).is_empty());
}
