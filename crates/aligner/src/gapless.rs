//! Compares a read with the reference along one diagonal, 32 bases at a time.

use std::ops::Range;

use fafnir_io::Reference;

use crate::{options::AlignerOptions, packed::Query};

/// Where a read differs from the reference along a diagonal: bit `2 * (i % 32)` of word `i / 32`.
#[derive(Debug, Default)]
pub(crate) struct Mismatches {
    bits: Vec<u64>,
    /// Where the reference is unknown: empty unless [`Self::mark_unknown`] was called.
    unknown: Vec<u64>,
}

/// One side of an anchor, extended without gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flank {
    /// Bases of the read that are aligned.
    pub(crate) length: u32,
    /// Their score.
    pub(crate) score: i32,
    /// What the flank falls short of a perfect one, the clip's penalty included.
    pub(crate) loss: i32,
    /// Whether it reaches the end of the read.
    pub(crate) to_end: bool,
}

const EVERY: u64 = 0x5555_5555_5555_5555;

/// Number of differences of `query` from a reference's words at concatenated coordinate `start`, or, of
/// more than `limit`, any number above it. `None` where the query has unknown bases or the words do not
/// reach so far; unknown bases of the reference are taken for the A that they are packed as.
pub(crate) fn differences(
    reference: &[u64],
    start: i64,
    query: &Query<'_>,
    limit: u32,
) -> Option<u32> {
    let first = usize::try_from(start.div_euclid(32)).ok()?;
    let shift = 2 * start.rem_euclid(32) as u32;
    let words = reference.get(first..first + query.words.len() + 1)?;
    if !query.unknown.is_empty() {
        return None;
    }
    let mut left = query.len();
    let mut count = 0;
    for (q, r) in query.words.iter().zip(words.windows(2)) {
        let x = q ^ (r[0] >> shift | (r[1] << 1) << (63 - shift));
        let mut bits = (x | x >> 1) & EVERY;
        if left < 32 {
            bits &= (1 << (2 * left)) - 1;
        }
        left = left.saturating_sub(32);
        count += bits.count_ones();
        if count > limit {
            break;
        }
    }
    Some(count)
}

impl Mismatches {
    /// Compares `query` with the reference at concatenated coordinate `start`. Bases outside of the
    /// reference's words differ.
    pub(crate) fn compare(&mut self, reference: &[u64], start: i64, query: &Query<'_>) {
        self.bits.clear();
        self.unknown.clear();
        let word = start.div_euclid(32);
        let shift = 2 * start.rem_euclid(32) as u32;
        let inside = usize::try_from(word)
            .ok()
            .and_then(|w| reference.get(w..w + query.words.len() + 1));
        if let Some(words) = inside {
            self.bits
                .extend(query.words.iter().zip(words.windows(2)).map(|(q, r)| {
                    let r = r[0] >> shift | (r[1] << 1) << (63 - shift);
                    let x = q ^ r;
                    (x | x >> 1) & EVERY
                }));
        } else {
            let at = |w: i64| {
                usize::try_from(w)
                    .ok()
                    .and_then(|w| reference.get(w).copied())
            };
            for (i, q) in query.words.iter().enumerate() {
                let (low, high) = (at(word + i as i64), at(word + i as i64 + 1));
                let r = low.unwrap_or(0) >> shift | (high.unwrap_or(0) << 1) << (63 - shift);
                let x = q ^ r;
                self.bits.push((x | x >> 1) & EVERY);
            }
        }
        for (bits, unknown) in self.bits.iter_mut().zip(query.unknown) {
            *bits |= unknown;
        }
        let tail = query.len() % 32;
        if let (Some(last), true) = (self.bits.last_mut(), tail > 0) {
            *last &= (1 << (2 * tail)) - 1;
        }
    }

    /// Unknown bases of the reference are packed as A, but match nothing: makes differences of them.
    /// `start` is the concatenated coordinate that was compared, `length` the read's.
    pub(crate) fn mark_unknown(&mut self, reference: &Reference, start: i64, length: u32) {
        let end = start + i64::from(length);
        let runs = reference.unknown();
        let first = runs.partition_point(|r| r.end as i64 <= start);
        for run in runs[first..].iter().take_while(|r| (r.start as i64) < end) {
            let from = (run.start as i64 - start).max(0) as u32;
            let to = ((run.end as i64).min(end) - start) as u32;
            self.mark(from..to);
        }
    }

    fn mark(&mut self, range: Range<u32>) {
        self.unknown.resize(self.bits.len(), 0);
        for position in range {
            let (word, bit) = ((position / 32) as usize, 1 << (2 * (position % 32)));
            self.bits[word] |= bit;
            self.unknown[word] |= bit;
        }
    }

    /// Number of differences.
    pub(crate) fn count(&self) -> u32 {
        self.bits.iter().map(|b| b.count_ones()).sum()
    }

    /// The longest stretch without a difference within `valid`.
    pub(crate) fn longest_match(&self, valid: Range<u32>) -> Range<u32> {
        let mut best = valid.start..valid.start;
        let mut from = valid.start;
        for position in self.positions(valid.clone()) {
            if position - from > best.end - best.start {
                best = from..position;
            }
            from = position + 1;
        }
        if valid.end > from && valid.end - from > best.end - best.start {
            best = from..valid.end;
        }
        best
    }

    /// The stretch of `range` with the highest score that never falls by more than `drop` on the
    /// way: what needs a gap to go on lies outside.
    pub(crate) fn densest(
        &self,
        range: Range<u32>,
        drop: i32,
        query: &Query<'_>,
        options: &AlignerOptions,
    ) -> Range<u32> {
        let match_score = i32::from(options.scoring.match_score);
        let mut best = (0, range.start..range.start);
        let (mut start, mut from) = (range.start, range.start);
        let (mut score, mut peak) = (0, (0, range.start));
        for position in self.positions(range.clone()) {
            score += (position - from) as i32 * match_score;
            if score > peak.0 {
                peak = (score, position);
            }
            score -= self.price(query, position, options) - match_score;
            from = position + 1;
            if score <= 0 || peak.0 - score > drop {
                if peak.0 > best.0 {
                    best = (peak.0, start..peak.1);
                }
                (start, score, peak) = (from, 0, (0, from));
            }
        }
        score += (range.end - from) as i32 * match_score;
        if score > peak.0 {
            peak = (score, range.end);
        }
        if peak.0 > best.0 {
            best = (peak.0, start..peak.1);
        }
        best.1
    }

    /// Positions of differences within `range`, ascending.
    fn positions(&self, range: Range<u32>) -> impl Iterator<Item = u32> + '_ {
        self.word_numbers(&range).flat_map(move |w| BitPositions {
            bits: self.word(w, &range),
            base: 32 * w as u32,
        })
    }

    /// Positions of differences within `range`, descending.
    fn positions_back(&self, range: Range<u32>) -> impl Iterator<Item = u32> + '_ {
        self.word_numbers(&range)
            .rev()
            .flat_map(move |w| BitPositionsBack {
                bits: self.word(w, &range),
                base: 32 * w as u32,
            })
    }

    fn word_numbers(&self, range: &Range<u32>) -> Range<usize> {
        let first = (range.start / 32) as usize;
        let last = (range.end.div_ceil(32) as usize).min(self.bits.len());
        first..last.max(first)
    }

    /// Word `w` without what lies outside of `range`.
    fn word(&self, w: usize, range: &Range<u32>) -> u64 {
        let base = 32 * w as u32;
        let mut bits = self.bits[w];
        if range.start > base {
            bits &= !0 << (2 * (range.start - base));
        }
        if range.end < base + 32 {
            bits &= (1 << (2 * (range.end - base))) - 1;
        }
        bits
    }

    /// Score of the bases in `range`, all aligned.
    pub(crate) fn score(
        &self,
        range: Range<u32>,
        query: &Query<'_>,
        options: &AlignerOptions,
    ) -> i32 {
        let length = (range.end - range.start) as i32 * i32::from(options.scoring.match_score);
        length
            - self
                .positions(range)
                .map(|p| self.price(query, p, options))
                .sum::<i32>()
    }

    /// What a difference at `position` costs beside the match that is lost.
    fn price(&self, query: &Query<'_>, position: u32, options: &AlignerOptions) -> i32 {
        let bit = 1 << (2 * (position % 32));
        let target = self
            .unknown
            .get((position / 32) as usize)
            .is_some_and(|w| w & bit != 0);
        let unknown = target || query.codes[position as usize] > 3;
        let penalty = if unknown {
            1
        } else {
            i32::from(options.scoring.mismatch)
        };
        penalty + i32::from(options.scoring.match_score)
    }

    /// Extends from `from` to the right, at most to `limit`.
    pub(crate) fn extend_right(
        &self,
        from: u32,
        limit: u32,
        query: &Query<'_>,
        options: &AlignerOptions,
    ) -> Flank {
        let places = self
            .positions(from..limit)
            .map(|p| (p - from, self.price(query, p, options)));
        extend(places, limit - from, query.len() - from, options)
    }

    /// Extends from `to` to the left, at most to `limit`.
    pub(crate) fn extend_left(
        &self,
        to: u32,
        limit: u32,
        query: &Query<'_>,
        options: &AlignerOptions,
    ) -> Flank {
        let places = self
            .positions_back(limit..to)
            .map(|p| (to - 1 - p, self.price(query, p, options)));
        extend(places, to - limit, to, options)
    }
}

/// Extends over `reach` bases, of `length` that the read has there, with differences at the
/// ascending distances given, each with its price.
fn extend(
    differences: impl Iterator<Item = (u32, i32)>,
    reach: u32,
    length: u32,
    options: &AlignerOptions,
) -> Flank {
    let match_score = i32::from(options.scoring.match_score);
    let (mut lost, mut best, mut best_length) = (0, 0, 0);
    for (distance, price) in differences {
        let score = distance as i32 * match_score - lost;
        if score > best {
            (best, best_length) = (score, distance);
        }
        lost += price;
        if options.z_drop > 0 && best - score > i32::from(options.z_drop) {
            lost = i32::MAX / 2;
            break;
        }
    }
    let end = reach as i32 * match_score - lost;
    if end > best {
        (best, best_length) = (end, reach);
    }
    let perfect = length as i32 * match_score;
    let clip = i32::from(options.clip_penalty);
    if reach == length && end + clip >= best {
        return Flank {
            length,
            score: end,
            loss: perfect - end,
            to_end: true,
        };
    }
    Flank {
        length: best_length,
        score: best,
        loss: perfect - best + clip,
        to_end: false,
    }
}

struct BitPositions {
    bits: u64,
    base: u32,
}

impl Iterator for BitPositions {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.bits == 0 {
            return None;
        }
        let at = self.bits.trailing_zeros() / 2;
        self.bits &= self.bits - 1;
        Some(self.base + at)
    }
}

struct BitPositionsBack {
    bits: u64,
    base: u32,
}

impl Iterator for BitPositionsBack {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.bits == 0 {
            return None;
        }
        let bit = 63 - self.bits.leading_zeros();
        self.bits &= !(1 << bit);
        Some(self.base + bit / 2)
    }
}

#[cfg(test)]
mod tests;
