//! Open syncmers: the seeds of index and reads.
//!
//! A k-mer is a seed where the smallest of the hashes of its s-mers is the middle one (open
//! syncmers with offset t = (k - s) / 2; Edgar 2021, doi 10.7717/peerj.10805; Dutta et al. 2022).
//! The choice depends on the k-mer alone, not on its neighbours, and is the same on both strands.

/// Bases of a seed; odd, so that none is its own reverse complement.
pub(crate) const K: usize = 21;
/// Bases of the s-mers that decide whether a k-mer is a seed: one in `K - S + 1` k-mers is.
const S: usize = 17;
/// s-mers of a k-mer.
const WINDOW: usize = K - S + 1;
/// Bits of a seed's hash.
pub(crate) const HASH_BITS: u32 = 2 * K as u32;

const MASK: u64 = (1 << HASH_BITS) - 1;
const S_MASK: u64 = (1 << (2 * S)) - 1;

/// A seed of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Syncmer {
    /// First base, 0-based.
    pub(crate) position: u32,
    /// Hash of the canonical k-mer; equal hashes mean equal k-mers.
    pub(crate) hash: u64,
    /// Whether the canonical k-mer is the reverse complement of the sequence's.
    pub(crate) reverse: bool,
}

/// Calls `emit` for each seed of `codes` (A 0, C 1, G 2, T 3, anything else ends a run), in order.
#[inline]
pub(crate) fn for_each_syncmer(codes: &[u8], mut emit: impl FnMut(Syncmer)) {
    let (mut forward, mut backward, mut run) = (0u64, 0u64, 0usize);
    let mut hashes = [0u64; 8];
    for (i, &code) in codes.iter().enumerate() {
        if code > 3 {
            run = 0;
            continue;
        }
        forward = (forward << 2 | u64::from(code)) & MASK;
        backward = backward >> 2 | u64::from(3 - code) << (HASH_BITS - 2);
        run += 1;
        let s_mer = (forward & S_MASK).min(backward >> (2 * (K - S)));
        hashes[i % 8] = s_mer.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if run < K {
            continue;
        }
        let middle = hashes[(i - WINDOW / 2) % 8];
        let smallest = hashes[i % 8]
            .min(hashes[(i - 1) % 8])
            .min(hashes[(i - 3) % 8])
            .min(hashes[(i - 4) % 8]);
        if middle <= smallest {
            let reverse = backward < forward;
            emit(Syncmer {
                position: (i + 1 - K) as u32,
                hash: mix(forward.min(backward)),
                reverse,
            });
        }
    }
}

/// Packed bases of a read on both strands: two bits a base, 32 to a word, zeros behind the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BothStrands<'a> {
    pub(crate) forward: &'a [u64],
    pub(crate) backward: &'a [u64],
    pub(crate) length: u32,
}

/// Bases that are looked at together.
const SPAN: usize = 32;

/// The first seed that starts at base `from` or behind it, of a read without unknown bases: that of
/// [`for_each_syncmer`].
pub(crate) fn first_syncmer(read: BothStrands<'_>, from: u32) -> Option<Syncmer> {
    let length = read.length as usize;
    let mut start = from as usize;
    while start + K <= length {
        // Base `start + i` is bits 2i of the one and its complement bits 2(31 - i) of the other.
        let there = !window(read.forward, start as i64);
        let here = !window(read.backward, (length - start) as i64 - SPAN as i64);
        let mut hashes = [0u64; SPAN - S + 1];
        for (i, hash) in hashes.iter_mut().enumerate() {
            let forward = here >> (2 * (SPAN - S - i)) & S_MASK;
            let s_mer = forward.min(there >> (2 * i) & S_MASK);
            *hash = s_mer.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        let k_mers = (SPAN - K + 1).min(length - K - start + 1);
        let found = hashes
            .windows(WINDOW)
            .take(k_mers)
            .position(|s_mers| s_mers[WINDOW / 2] <= *s_mers.iter().min().unwrap_or(&0));
        if let Some(i) = found {
            let forward = here >> (2 * (SPAN - K - i)) & MASK;
            let backward = there >> (2 * i) & MASK;
            return Some(Syncmer {
                position: (start + i) as u32,
                hash: mix(forward.min(backward)),
                reverse: backward < forward,
            });
        }
        start += k_mers;
    }
    None
}

/// The 32 packed bases from `start` on; zeros outside.
#[inline]
fn window(words: &[u64], start: i64) -> u64 {
    if start < 0 {
        let missing = -start as u32;
        return words.first().map_or(0, |w| w << (2 * missing));
    }
    let (word, shift) = ((start / 32) as usize, 2 * (start % 32) as u32);
    let low = words.get(word).copied().unwrap_or(0);
    let high = words.get(word + 1).copied().unwrap_or(0);
    low >> shift | (high << 1) << (63 - shift)
}

/// A bijection of `HASH_BITS`-bit numbers that spreads k-mers evenly over the table.
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15) & MASK;
    x ^= x >> 21;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9) & MASK;
    x ^ x >> 19
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seeds(codes: &[u8]) -> Vec<Syncmer> {
        let mut out = Vec::new();
        for_each_syncmer(codes, |s| out.push(s));
        out
    }

    proptest! {
        #[test]
        fn both_strands_have_the_same_seeds(codes in prop::collection::vec(0u8..5, 0..300)) {
            let complement: Vec<u8> =
                codes.iter().rev().map(|c| if *c < 4 { 3 - c } else { 4 }).collect();
            let mut there = seeds(&codes);
            let back: Vec<_> = seeds(&complement)
                .into_iter()
                .rev()
                .map(|s| Syncmer {
                    position: (codes.len() - K) as u32 - s.position,
                    hash: s.hash,
                    reverse: !s.reverse,
                })
                .collect();
            there.sort_by_key(|s| s.position);
            prop_assert_eq!(there, back);
        }

        #[test]
        fn the_first_seed_behind_a_base_is_found(
            codes in prop::collection::vec(0u8..4, 0..200),
            from in 0u32..220,
        ) {
            let pack = |codes: &[u8]| -> Vec<u64> {
                let word = |c: &[u8]| c.iter().rev().fold(0, |w, c| w << 2 | u64::from(*c));
                codes.chunks(32).map(word).collect()
            };
            let complement: Vec<u8> = codes.iter().rev().map(|c| 3 - c).collect();
            let (forward, backward) = (pack(&codes), pack(&complement));
            let read = BothStrands {
                forward: &forward,
                backward: &backward,
                length: codes.len() as u32,
            };
            let expected = seeds(&codes).into_iter().find(|s| s.position >= from);
            prop_assert_eq!(first_syncmer(read, from), expected);
        }

        #[test]
        fn mixing_loses_nothing(a in 0..=MASK, b in 0..=MASK) {
            prop_assert_eq!(a == b, mix(a) == mix(b));
            prop_assert!(mix(a) <= MASK);
        }
    }

    #[test]
    fn about_one_k_mer_in_five_is_a_seed() {
        let mut x = 1u64;
        let codes: Vec<u8> = (0..100_000)
            .map(|_| {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (x >> 62) as u8
            })
            .collect();
        let share = seeds(&codes).len() as f64 / codes.len() as f64;
        assert!((0.19..0.21).contains(&share), "{share}");
    }
}
