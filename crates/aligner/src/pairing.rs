//! Chooses where the reads of a template belong.

use crate::{
    alignment::Alignment,
    insert_size::InsertSizeModel,
    mapq::{self, Rivals},
    options::AlignerOptions,
};

/// What is known of one read of a template when it is placed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    /// Its alignments, best first.
    pub(crate) alignments: &'a [Alignment],
    /// Its length.
    pub(crate) length: u32,
    /// It has seeds too frequent to be looked at.
    pub(crate) hidden: bool,
}

/// The place of a read: the number of its alignment and its mapping quality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) alignment: usize,
    pub(crate) quality: u8,
    /// Score of the best rival.
    pub(crate) rival: i32,
}

/// The places of a template's reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pairing {
    pub(crate) places: [Option<Placement>; 2],
    pub(crate) proper: bool,
}

/// Alignments of a read that take part in pairing.
const MAX_PAIRED: usize = 64;

/// Places a single read.
pub(crate) fn place_single(read: &Evidence<'_>, options: &AlignerOptions) -> Option<Placement> {
    let least = min_score(read.length, options);
    let chosen = read.alignments.iter().position(|a| a.score >= least)?;
    Some(place(read, chosen, options))
}

/// Places both reads of a pair.
pub(crate) fn place_pair(
    reads: [&Evidence<'_>; 2],
    model: &InsertSizeModel,
    options: &AlignerOptions,
) -> Pairing {
    let singles = reads.map(|r| place_single(r, options));
    let [Some(mut first), Some(mut second)] = singles else {
        return Pairing {
            places: singles,
            proper: false,
        };
    };
    let alone = reads[0].alignments[first.alignment].score
        + reads[1].alignments[second.alignment].score
        - options.unpaired_penalty;
    let Some(best) = best_pair(reads, model, options).filter(|p| p.score > alone) else {
        let proper = model.is_proper(
            &reads[0].alignments[first.alignment],
            &reads[1].alignments[second.alignment],
        );
        return Pairing {
            places: singles,
            proper,
        };
    };
    let mut rival = best.rival.max(alone);
    if reads[0].hidden && reads[1].hidden {
        // A pair of places that were not looked at differs at least where seeds of these stand.
        let disjoint = (0..2).map(|i| reads[i].alignments[best.alignments[i]].disjoint);
        rival =
            rival.max(best.score - disjoint.sum::<u32>() as i32 * mapq::mismatch_price(options));
    }
    let pair = mapq::difference(best.score, rival, best.close, options);
    for (i, place_of) in [&mut first, &mut second].into_iter().enumerate() {
        let chosen = best.alignments[i];
        *place_of = place(reads[i], chosen, options);
        let own = i32::from(place_of.quality);
        // A pair lifts a doubtful read, but not beyond what its mate makes certain.
        let lifted = own.max(pair.min(own + 40));
        place_of.quality = lifted.min(60) as u8;
    }
    for (i, mate) in [(0, second), (1, first)] {
        if reads[i].alignments[best.alignments[i]].rescued {
            let own = if i == 0 { &mut first } else { &mut second };
            own.quality = mate.quality.min(pair as u8);
        }
    }
    Pairing {
        places: [Some(first), Some(second)],
        proper: true,
    }
}

/// Two places that make a proper pair.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) score: i32,
    pub(crate) alignments: [usize; 2],
    /// Score of the best other pair.
    pub(crate) rival: i32,
    /// Number of other pairs whose score is close to that.
    pub(crate) close: u32,
}

/// The proper pair with the highest score; among equals the first in rank.
pub(crate) fn best_pair(
    reads: [&Evidence<'_>; 2],
    model: &InsertSizeModel,
    options: &AlignerOptions,
) -> Option<Pair> {
    let mut best: Option<Pair> = None;
    let close_by = mapq::close_by(options);
    let mut scores = Scores::default();
    for (i, a) in partners(reads[0]) {
        for (j, b) in partners(reads[1]) {
            let Some(penalty) = model.penalty(a, b) else {
                continue;
            };
            let score = a.score + b.score - penalty;
            scores.add(score);
            if best.is_none_or(|p| score > p.score) {
                best = Some(Pair {
                    score,
                    alignments: [i, j],
                    rival: 0,
                    close: 0,
                });
            }
        }
    }
    best.map(|pair| {
        let rival = scores.second();
        let close = scores.count_from(rival - close_by).saturating_sub(1);
        Pair {
            rival,
            close: if rival > 0 { close } else { 0 },
            ..pair
        }
    })
}

/// The alignments of a read that take part in pairing: those on ALT contigs only where there are no
/// others.
fn partners<'a>(read: &Evidence<'a>) -> impl Iterator<Item = (usize, &'a Alignment)> {
    let alternate = read.alignments.first().is_some_and(|a| a.alternate);
    let all = read.alignments.iter().take(MAX_PAIRED);
    all.take_while(move |a| a.alternate == alternate)
        .enumerate()
}

/// The highest scores that were seen; few pairs have more.
#[derive(Debug, Default)]
struct Scores {
    highest: [i32; 16],
    count: usize,
}

impl Scores {
    fn add(&mut self, score: i32) {
        let at = self.highest[..self.count].partition_point(|s| *s >= score);
        if at == self.highest.len() {
            return;
        }
        self.count = (self.count + 1).min(self.highest.len());
        self.highest[at..self.count].rotate_right(1);
        self.highest[at] = score;
    }

    fn second(&self) -> i32 {
        if self.count > 1 { self.highest[1] } else { 0 }
    }

    fn count_from(&self, least: i32) -> u32 {
        self.highest[..self.count]
            .iter()
            .filter(|s| **s >= least)
            .count() as u32
    }
}

fn place(read: &Evidence<'_>, alignment: usize, options: &AlignerOptions) -> Placement {
    let rivals = Rivals::of(
        read.alignments,
        alignment,
        read.length,
        read.hidden,
        options,
    );
    let quality = mapq::single(&read.alignments[alignment], rivals, options);
    let seen = Rivals::of(read.alignments, alignment, read.length, false, options);
    Placement {
        alignment,
        quality: quality as u8,
        rival: seen.best,
    }
}

/// Lowest score that is reported for a read of this length.
pub(crate) fn min_score(length: u32, options: &AlignerOptions) -> i32 {
    let unit = i32::from(options.scoring.match_score) + i32::from(options.scoring.mismatch);
    let nearly_perfect = length as i32 * i32::from(options.scoring.match_score) - 2 * unit;
    options.min_score.min(nearly_perfect.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_scores_are_kept_in_order() {
        let mut scores = Scores::default();
        [3, 9, 9, 1, 5].into_iter().for_each(|s| scores.add(s));
        assert_eq!(&scores.highest[..5], &[9, 9, 5, 3, 1]);
        assert_eq!(scores.second(), 9);
        (0..40).for_each(|s| scores.add(s));
        assert_eq!(scores.highest[0], 39);
        assert_eq!(scores.count_from(38), 2);
    }
}
