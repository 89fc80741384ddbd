//! Jobs to ask: fixed ones and random ones.

use fafnir_fpga_hal::extend::{Job, Scoring};
use proptest::{collection::vec, prelude::*};

/// A job that owns its sequences.
#[derive(Clone, Debug)]
pub(crate) struct Owned {
    pub(crate) query: Vec<u8>,
    pub(crate) target: Vec<u8>,
    pub(crate) reversed: bool,
    pub(crate) band: u16,
    pub(crate) z_drop: u16,
    pub(crate) end_bonus: i16,
    pub(crate) traceback: bool,
}

impl Owned {
    pub(crate) fn new(query: &[u8], target: &[u8]) -> Self {
        Self {
            query: query.to_vec(),
            target: target.to_vec(),
            reversed: false,
            band: 100,
            z_drop: 0,
            end_bonus: 5,
            traceback: true,
        }
    }

    pub(crate) fn job(&self) -> Job<'_> {
        Job {
            query: &self.query,
            target: &self.target,
            reversed: self.reversed,
            band: self.band,
            z_drop: self.z_drop,
            end_bonus: self.end_bonus,
            traceback: self.traceback,
        }
    }

    pub(crate) fn directed(&self) -> (Vec<u8>, Vec<u8>) {
        let (mut query, mut target) = (self.query.clone(), self.target.clone());
        if self.reversed {
            query.reverse();
            target.reverse();
        }
        (query, target)
    }
}

pub(crate) fn scorings() -> impl Strategy<Value = Scoring> {
    prop_oneof![
        Just(Scoring::default()),
        (0i8..8, 0i8..8, 0i8..8, 0i8..4).prop_map(
            |(match_score, mismatch, gap_open, gap_extend)| {
                Scoring {
                    match_score,
                    mismatch,
                    gap_open,
                    gap_extend,
                }
            }
        ),
        (any::<i8>(), any::<i8>(), any::<i8>(), any::<i8>()).prop_map(
            |(match_score, mismatch, gap_open, gap_extend)| {
                Scoring {
                    match_score,
                    mismatch,
                    gap_open,
                    gap_extend,
                }
            }
        ),
    ]
}

/// A target, and a query that is like it or not.
pub(crate) fn sequences(longest: usize) -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let base = prop_oneof![8 => 0u8..4, 1 => 0u8..6];
    let target = vec(base.clone(), 0..longest);
    let edits = vec(
        (any::<prop::sample::Index>(), 0u8..3, 0u8..4, 1usize..6),
        0..6,
    );
    prop_oneof![
        4 => (target.clone(), edits).prop_map(|(target, edits)| {
            let mut query = target.clone();
            for (at, kind, code, length) in edits {
                if query.is_empty() {
                    break;
                }
                let at = at.index(query.len());
                let end = query.len().min(at + length);
                match kind {
                    0 => query[at] = code,
                    1 => drop(query.drain(at..end)),
                    _ => drop(query.splice(at..at, vec![code; length])),
                }
            }
            (query, target)
        }),
        1 => (vec(base, 0..longest), target),
        // Few kinds of bases make many ties.
        1 => (vec(0u8..2, 0..longest), vec(0u8..2, 0..longest)),
    ]
}

pub(crate) fn jobs(longest: usize) -> impl Strategy<Value = Owned> {
    let band = prop_oneof![3 => 0u16..12, 1 => Just(u16::MAX), 2 => 12u16..60];
    let z_drop = prop_oneof![Just(0u16), 1u16..30, Just(100u16), Just(u16::MAX)];
    let end_bonus = prop_oneof![Just(5i16), -20i16..20, Just(i16::MIN), Just(i16::MAX)];
    (
        sequences(longest),
        any::<bool>(),
        band,
        z_drop,
        end_bonus,
        any::<bool>(),
    )
        .prop_map(
            |((query, target), reversed, band, z_drop, end_bonus, traceback)| Owned {
                query,
                target,
                reversed,
                band,
                z_drop,
                end_bonus,
                traceback,
            },
        )
}

/// What is left of reads beside their seeds: few errors, a gap, or nothing that matches.
pub(crate) fn flanks() -> impl Strategy<Value = Owned> {
    let shape = (0u64..1_000, 20usize..150, 0usize..100, any::<bool>());
    let errors = prop_oneof![6 => 0usize..4, 2 => 4usize..30, 1 => Just(150usize)];
    let gap = (0usize..140, 0usize..40, any::<bool>());
    let z_drop = prop_oneof![Just(0u16), Just(100u16), 1u16..60];
    (shape, errors, gap, z_drop, any::<bool>()).prop_map(
        |((seed, n, band, reversed), errors, (at, length, insert), z_drop, traceback)| {
            let target = bases(seed, n + band);
            let mut query = target[..n].to_vec();
            for at in bases(seed + 1, 4 * errors).chunks(4) {
                let place = at.iter().fold(0, |place, &b| place * 4 + usize::from(b));
                query[place % n] = at[0];
            }
            let at = at.min(n);
            if insert {
                query.splice(at..at, bases(seed + 2, length));
            } else {
                query.drain(at..n.min(at + length));
            }
            let mut job = Owned::new(&query, &target);
            if reversed {
                job.query.reverse();
                job.target.reverse();
            }
            Owned {
                reversed,
                band: band as u16,
                z_drop,
                traceback,
                ..job
            }
        },
    )
}

/// A fixed stream of bases.
pub(crate) fn bases(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(0x9e37_79b9_7f4a_7c15);
    (0..len)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 62) as u8
        })
        .collect()
}
