//! Mapping quality: bwa mem's published formulas, with a bound for what was not looked at.

use crate::{alignment::Alignment, options::AlignerOptions};

/// Highest mapping quality that is given.
const MAX: i32 = 60;
/// An alignment's length from which on its quality per point of score falls.
const COEFFICIENT_LENGTH: u32 = 50;
/// Score that an unseen rival may have: the shortest seed that bwa looks for.
const UNSEEN: i32 = 19;

/// What competes with an alignment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rivals {
    /// Best score of another place for the same bases.
    pub(crate) best: i32,
    /// Number of places whose score is close to that.
    pub(crate) close: u32,
}

impl Rivals {
    /// Rivals of the alignment with number `chosen` among those of a read of `length` bases.
    /// `hidden`: the read has seeds too frequent to be looked at. Places on ALT contigs do not compete
    /// with those of the primary assembly.
    pub(crate) fn of(
        alignments: &[Alignment],
        chosen: usize,
        length: u32,
        hidden: bool,
        options: &AlignerOptions,
    ) -> Self {
        let own = &alignments[chosen];
        let others = || {
            alignments
                .iter()
                .enumerate()
                .filter(move |(i, a)| {
                    let competes = own.alternate || !a.alternate;
                    *i != chosen && competes && a.shares_bases(own, length)
                })
                .map(|(_, a)| a.score)
        };
        let mut best = others().max().unwrap_or(0);
        let close = others().filter(|s| s + close_by(options) >= best).count() as u32;
        if hidden {
            // A place that shares only the frequent seeds differs once in each of the others.
            best = best.max(own.score - own.disjoint as i32 * mismatch_price(options));
        }
        Self { best, close }
    }
}

/// What a difference takes off a perfect score.
pub(crate) fn mismatch_price(options: &AlignerOptions) -> i32 {
    i32::from(options.scoring.match_score) + i32::from(options.scoring.mismatch)
}

/// Scores that differ by no more than one mismatch or gap are close.
pub(crate) fn close_by(options: &AlignerOptions) -> i32 {
    let s = &options.scoring;
    mismatch_price(options).max(i32::from(s.gap_open) + i32::from(s.gap_extend))
}

/// Quality of an alignment judged alone.
pub(crate) fn single(alignment: &Alignment, rivals: Rivals, options: &AlignerOptions) -> i32 {
    let match_score = i32::from(options.scoring.match_score);
    let unit = match_score + i32::from(options.scoring.mismatch);
    let sub = rivals.best.max(UNSEEN * match_score);
    if sub >= alignment.score {
        return 0;
    }
    let read = alignment.query_end - alignment.query_start;
    let length = read.max(alignment.end - alignment.start).max(1);
    let missing = f64::from(length as i32 * match_score - alignment.score);
    let identity = 1.0 - missing / f64::from(unit) / f64::from(length);
    let scale = if length < COEFFICIENT_LENGTH {
        1.0
    } else {
        natural_logarithm(f64::from(COEFFICIENT_LENGTH)) / natural_logarithm(f64::from(length))
    } * identity
        * identity;
    let difference = f64::from((alignment.score - sub) / match_score.max(1));
    let quality = 6.02 * difference * scale * scale + 0.499;
    (quality as i32 - crowd(rivals.close)).clamp(0, MAX)
}

/// Quality of a score difference between pairs.
pub(crate) fn difference(score: i32, sub: i32, close: u32, options: &AlignerOptions) -> i32 {
    let match_score = f64::from(options.scoring.match_score.max(1));
    ((6.02 * f64::from(score - sub) / match_score + 0.499) as i32 - crowd(close)).clamp(0, MAX)
}

/// What a number of close rivals takes off: 10 log10(n + 1).
fn crowd(close: u32) -> i32 {
    if close == 0 {
        return 0;
    }
    (4.343 * natural_logarithm(f64::from(close + 1)) + 0.499) as i32
}

/// ln x for x >= 1, by operations that are equal to the bit on every machine (which the C library's
/// logarithm is not): x = m 2^e with m in [1, 2), ln m = 2 artanh((m - 1) / (m + 1)).
fn natural_logarithm(x: f64) -> f64 {
    let exponent = ((x.to_bits() >> 52) & 0x7ff) as i64 - 1023;
    let mantissa = f64::from_bits(x.to_bits() & !(0x7ff << 52) | 1023 << 52);
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let (mut power, mut sum) = (t, 0.0);
    for odd in (1..30).step_by(2) {
        sum += power / f64::from(odd);
        power *= t * t;
    }
    2.0 * sum + exponent as f64 * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use fafnir_io::ContigId;

    use super::*;
    use crate::alignment;

    fn perfect(length: u32) -> Alignment {
        alignment::new(
            false,
            ContigId(0),
            (0, length),
            (0, length),
            length as i32,
            5,
        )
    }

    #[test]
    fn a_repeat_is_zero_and_a_unique_read_sixty() {
        let options = AlignerOptions::default();
        let rivals = |best| Rivals { best, close: 1 };
        assert_eq!(single(&perfect(150), rivals(150), &options), 0);
        assert_eq!(single(&perfect(150), Rivals::default(), &options), 60);
        // One mismatch apart: bwa's formula gives 15 for 150 bases.
        let one = single(&perfect(150), rivals(145), &options);
        assert!((14..=18).contains(&one), "{one}");
    }

    #[test]
    fn the_logarithm_is_right() {
        for x in [1.0, 1.5, 2.0, 50.0, 151.0, 65535.0f64] {
            assert!((natural_logarithm(x) - x.ln()).abs() < 1e-12, "{x}");
        }
    }
}
