//! Random numbers whose values are fixed by the ChaCha specification.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What a stream is drawn for: streams of different purposes never share a key.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Families = 1,
    Layout,
    Isochores,
    Background,
    Duplications,
    Satellites,
    Variants,
    Templates,
    Reads,
    Calls,
}

/// One stream of random numbers.
pub(crate) struct Random(ChaCha8Rng);

impl Random {
    pub(crate) fn new(seed: u64, purpose: Purpose, index: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(index);
        Self(generator)
    }

    /// Starts the stream `index` of the same seed and purpose.
    pub(crate) fn restart(&mut self, index: u64) {
        self.0.set_stream(index);
        self.0.set_word_pos(0);
    }

    #[inline]
    pub(crate) fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Uniform in `0..bound`; 0 where `bound` is 0. The bias is below `bound / 2^32`.
    #[inline]
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// As [`Self::below`], for genome-wide positions.
    #[inline]
    pub(crate) fn below_u64(&mut self, bound: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// Uniform in `low..=high`.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }

    /// Uniform in `[0, 1)`.
    #[inline]
    pub(crate) fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    #[inline]
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform in `[low, high)`.
    pub(crate) fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Failures before the first success of probability `success`, at most `most`.
    pub(crate) fn geometric(&mut self, success: f64, most: u32) -> u32 {
        let mut count = 0;
        while count < most && !self.chance(success) {
            count += 1;
        }
        count
    }

    /// Nearly standard normal: a sum of twelve uniforms, which is exact arithmetic on every platform.
    pub(crate) fn normal(&mut self) -> f64 {
        let sum: u64 = (0..12).map(|_| u64::from(self.0.next_u32())).sum();
        sum as f64 / 4_294_967_296.0 - 6.0
    }

    /// One of the four bases, upper case.
    pub(crate) fn base(&mut self) -> u8 {
        b"ACGT"[self.below(4) as usize]
    }

    /// A base other than `base`.
    pub(crate) fn other_base(&mut self, base: u8) -> u8 {
        let others: &[u8; 3] = match base.to_ascii_uppercase() {
            b'A' => b"CGT",
            b'C' => b"AGT",
            b'G' => b"ACT",
            _ => b"ACG",
        };
        others[self.below(3) as usize]
    }
}

/// The threshold that a uniform `u32` is under with the given probability.
pub(crate) fn threshold(probability: f64) -> u32 {
    (probability.clamp(0.0, 1.0) * 4_294_967_295.0) as u32
}
