#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::options::JointOptions;

/// log10 of the odds by enumerating the genotypes of all samples: given `k` copies, every way of
/// laying them on the samples' places is as likely.
fn by_enumeration(samples: &[Copies], theta: f64) -> f64 {
    let total: usize = samples.iter().map(|s| usize::from(s.ploidy)).sum();
    let mut weights = vec![0.0; total + 1];
    let mut ways = vec![0.0; total + 1];
    for places in 0..1_u32 << total {
        let (mut likelihood, mut place) = (1.0, places);
        for sample in samples {
            let mask = (1 << sample.ploidy) - 1;
            likelihood *= sample.linear[(place & mask).count_ones() as usize];
            place >>= sample.ploidy;
        }
        weights[places.count_ones() as usize] += likelihood;
        ways[places.count_ones() as usize] += 1.0;
    }
    let prior = |k: usize| theta / k as f64;
    let variant: f64 = (1..=total).map(|k| prior(k) * weights[k] / ways[k]).sum();
    let none = 1.0 - (1..=total).map(prior).sum::<f64>();
    (variant / (none * weights[0])).log10()
}

fn copies() -> impl Strategy<Value = Copies> {
    (1..=2_u8, 0..60_u32, 0..60_u32, 0..60_u32).prop_map(|(ploidy, none, one, two)| {
        let two = if ploidy == 1 { 3_000 } else { two };
        let linear = [none, one, two].map(linear_of);
        Copies {
            ploidy,
            linear,
            log_none: -f64::from(none) / 10.0,
        }
    })
}

proptest! {
    #[test]
    fn numbers_of_copies_are_weighed_as_by_enumeration(
        samples in prop::collection::vec(copies(), 1..7),
        theta in prop::sample::select(vec![1e-3, 1.25e-4, 0.05]),
    ) {
        let expected = by_enumeration(&samples, theta);
        let found = log10_odds(samples.iter().copied(), theta);
        prop_assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }
}

fn evidence(likelihoods: &[u32]) -> Evidence {
    Evidence {
        ploidy: 2,
        likelihoods: likelihoods.to_vec(),
        ..Evidence::default()
    }
}

fn of(samples: &[Evidence]) -> f64 {
    let site = Site {
        position: 0,
        reference: b"A".to_vec(),
        alternates: vec![Some(b"C".to_vec())],
    };
    let cohort = crate::frequency::Cohort::new(&site, samples, &JointOptions::default());
    quality(&site, samples, &cohort.frequencies, 1e-3)
}

#[test]
fn nothing_is_found_where_nobody_has_it() {
    assert!(of(&[evidence(&[0, 30, 300])]) < 0.01);
    let many = vec![evidence(&[0, 6, 60]); 2_000];
    assert!(of(&many) < 0.1, "{}", of(&many));
    assert!(of(&[]) < 0.1);
}

#[test]
fn one_carrier_of_many_is_found() {
    let mut samples = vec![evidence(&[0, 30, 300]); 2_000];
    samples[777] = evidence(&[400, 0, 400]);
    let found = of(&samples);
    // 400, less the prior of a variant and of its being in this sample.
    assert!((330.0..345.0).contains(&found), "{found}");
    // Likelihoods beyond what a float holds.
    samples[777] = evidence(&[40_000, 0, 40_000]);
    assert!((39_900.0..40_001.0).contains(&of(&samples)));
}

#[test]
fn weak_evidence_of_several_samples_adds_up() {
    let one = evidence(&[12, 0, 12]);
    let several = of(&vec![one.clone(); 10]);
    assert!(of(&[one]) < 1.0);
    assert!(several > 50.0, "{several}");
}
