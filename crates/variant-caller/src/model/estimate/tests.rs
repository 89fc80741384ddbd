#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::mixture::{Rates, fit};
use super::*;

/// A seeded source of chances (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ x >> 31) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A tract of `depth` reads, whose haplotypes differ from the reference by at most one unit.
    fn tract(&mut self, rates: Rates, depth: u32) -> Shown {
        let h = rates.heterozygous;
        let other = if self.next() < 0.5 { -1i32 } else { 1 };
        let haplotypes = match self.next() {
            p if p < h => [0, other],
            p if p < 1.5 * h => [other, other],
            _ => [0, 0],
        };
        let mut shown = Shown::default();
        for _ in 0..depth {
            let mut length = haplotypes[usize::from(self.next() < 0.5)];
            if self.next() < rates.slip {
                let step = if self.next() < 0.5 { -1 } else { 1 };
                length += step;
                while self.next() < 0.1 {
                    length += step;
                }
            }
            let bin = usize::try_from(length + 3)
                .ok()
                .filter(|bin| *bin < BINS - 1);
            shown[bin.unwrap_or(BINS - 1)] += 1;
        }
        shown
    }

    fn counts(&mut self, class: Class, rates: Rates, loci: usize) -> SlipCounts {
        let mut counts = SlipCounts::default();
        for _ in 0..loci {
            let depth = 20 + (self.next() * 20.0) as u32;
            counts.add(class, self.tract(rates, depth), 1);
        }
        counts
    }
}

const CLASS: Class = Class {
    period: 1,
    repeats: 12,
};

#[test]
fn known_rates_are_found() {
    let mut chance = Chance(1);
    for slip in [0.001, 0.01, 0.05, 0.2] {
        for heterozygous in [0.02, 0.05, 0.2] {
            let rates = Rates { slip, heterozygous };
            let counts = chance.counts(CLASS, rates, 4_000);
            let tracts: Vec<_> = counts.of_class(CLASS).map(|(s, n)| (*s, n)).collect();
            // From far away too.
            for start in [1e-4, 0.3] {
                let start = Rates {
                    slip: start,
                    heterozygous: start,
                };
                let found = fit(&tracts, start).rates;
                // Three deviations of so many events.
                let near = |found: f64, known: f64, events: f64| {
                    (found / known).ln().abs() < 0.03 + 3.0 / events.sqrt()
                };
                assert!(
                    near(found.slip, slip, 120_000.0 * slip)
                        && near(found.heterozygous, heterozygous, 6_000.0 * heterozygous),
                    "{rates:?}: {found:?}"
                );
            }
        }
    }
}

#[test]
fn many_tracts_outweigh_what_is_built_in() {
    let default = Model::default();
    let rates = Rates {
        slip: 0.003,
        heterozygous: 0.1,
    };
    let model = |loci: usize| {
        let counts = Chance(2).counts(CLASS, rates, loci);
        Model::estimate(&counts)
    };
    let open = |model: &Model| f64::from(model.repeat_gap_open(1, 12));
    // 25.2 for either direction.
    let (built_in, own) = (open(&default), 28.2);
    let (few, told) = model(100);
    assert_eq!((told.classes, told.loci), (1, 100));
    // Nine slips, more or less, against the weight of four.
    let pulled = open(&few) - built_in;
    assert!(
        pulled > 0.4 * (own - built_in) && pulled < 0.95 * (own - built_in),
        "{pulled}"
    );
    let (many, _) = model(5_000);
    assert!((open(&many) - own).abs() < 0.5, "{}", open(&many));
    // What longer tracts are said to do is no more than shorter ones show.
    assert_eq!(many.repeat_gap_open(1, 13), default.repeat_gap_open(1, 13));
    assert!(many.repeat_gap_open(1, 11) >= many.repeat_gap_open(1, 12));
    assert_eq!(many.repeat_gap_open(2, 12), default.repeat_gap_open(2, 12));
}

/// What a caller misjudges at a few places says little of the library.
#[test]
fn slips_of_few_tracts_count_less_than_those_of_many() {
    let built_in = f64::from(Model::default().repeat_gap_open(1, 8));
    let class = Class {
        repeats: 8,
        ..CLASS
    };
    let open = |slipping: u64, slips: u16| {
        let mut counts = SlipCounts::default();
        counts.add(class, [0, 0, 0, 30, 0, 0, 0, 0], 500 - slipping);
        // In both directions, as no genotype has it.
        let shown = [0, 0, slips, 30 - 2 * slips, slips, 0, 0, 0];
        counts.add(class, shown, slipping);
        f64::from(Model::estimate(&counts).0.repeat_gap_open(1, 8))
    };
    let (spread, gathered) = (open(40, 1), open(5, 8));
    assert!(gathered > spread + 3.0, "{spread} {gathered}");
    assert!(gathered < built_in && spread > 25.0, "{spread} {gathered}");
}

#[test]
fn few_tracts_decide_nothing() {
    let rates = Rates {
        slip: 0.3,
        heterozygous: 0.3,
    };
    let mut counts = Chance(3).counts(CLASS, rates, LEAST_LOCI as usize - 1);
    let (model, told) = Model::estimate(&counts);
    assert_eq!((model, told.classes), (Model::default(), 0));
    // Neighbours help, but do not stand in for a class that was not seen.
    let next = Class {
        repeats: 13,
        ..CLASS
    };
    counts.merge(&Chance(4).counts(next, rates, 1));
    let (model, told) = Model::estimate(&counts);
    assert_eq!(told.classes, 2);
    assert_ne!(model, Model::default());
    assert_eq!(Model::estimate(&SlipCounts::default()).0, Model::default());
}

#[test]
fn tracts_that_are_no_matter_of_slips_are_left_out() {
    let mut counts = SlipCounts::default();
    for _ in 0..1_000 {
        counts.add(CLASS, [0, 0, 0, 10, 0, 0, 0, 10], 1);
        counts.add(CLASS, [0, 0, 2, 2, 0, 0, 0, 0], 1);
    }
    let (model, told) = Model::estimate(&counts);
    assert_eq!((model, told), (Model::default(), Estimated::default()));
}

#[test]
fn an_estimated_model_is_read_back() {
    let rates = Rates {
        slip: 0.02,
        heterozygous: 0.1,
    };
    let (model, _) = Model::estimate(&Chance(5).counts(CLASS, rates, 500));
    let mut bytes = Vec::new();
    model.write(&mut bytes).unwrap();
    assert_eq!(Model::read(bytes.as_slice()).unwrap(), model);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_counted_makes_a_model_that_falls(
        tracts in proptest::collection::vec((1u8..4, 1u8..21, any::<[u8; BINS]>(), 1u64..400), 0..40),
    ) {
        let mut counts = SlipCounts::default();
        for (period, repeats, shown, number) in tracts {
            let class = Class { period, repeats };
            counts.add(class, shown.map(|n| u16::from(n / 4)), number);
        }
        let (model, _) = Model::estimate(&counts);
        for table in [&model.repeat_gap_open, &model.repeat_indel_prior] {
            for row in table {
                prop_assert!(row.windows(2).all(|w| w[0] >= w[1]), "{row:?}");
                prop_assert!(row.iter().all(|v| (0.0..=50.0).contains(v)));
            }
        }
    }

    #[test]
    fn falling_values_are_the_closest(values in proptest::collection::vec(0u8..50, 1..9)) {
        let mut fallen: Vec<f32> = values.iter().map(|&v| f32::from(v)).collect();
        fall(&mut fallen, &vec![1.0; values.len()]);
        // The greatest of the smallest means over stretches that hold the place.
        for (i, found) in fallen.iter().enumerate() {
            let mean = |from: usize, to: usize| {
                values[from..=to].iter().map(|&v| f64::from(v)).sum::<f64>() / (to - from + 1) as f64
            };
            let best = (0..=i)
                .map(|from| {
                    (i..values.len()).map(|to| mean(from, to)).fold(f64::NEG_INFINITY, f64::max)
                })
                .fold(f64::INFINITY, f64::min);
            prop_assert!((f64::from(*found) - best).abs() < 0.006, "{values:?} {fallen:?}");
        }
    }
}
