//! Short tandem repeats: laid over the background, and found again in any sequence.

use crate::random::Random;
use crate::reference::is_known;

/// Shares of the periods 1 to 6, about those of human loci.
const PERIODS: [f64; 6] = [0.36, 0.20, 0.08, 0.20, 0.10, 0.06];

/// Lays tandem repeats over a chunk, in lower case.
pub(super) fn scatter(per_10kb: f64, random: &mut Random, bases: &mut [u8]) {
    let expected = per_10kb * bases.len() as f64 / 10_000.0;
    let count = expected as usize + usize::from(random.chance(expected - expected.floor()));
    for _ in 0..count {
        let repeat = repeat(random);
        let Some(room) = bases.len().checked_sub(repeat.len()) else {
            continue;
        };
        let position = random.below(room as u32 + 1) as usize;
        bases[position..position + repeat.len()].copy_from_slice(&repeat);
    }
}

fn repeat(random: &mut Random) -> Vec<u8> {
    let mut draw = random.unit();
    let period = 1 + PERIODS
        .iter()
        .position(|share| {
            draw -= share;
            draw < 0.0
        })
        .unwrap_or(0);
    let unit = unit(random, period);
    let length = if period == 1 {
        8 + random.geometric(1.0 / 7.0, 32) as usize
    } else {
        (12 + random.geometric(1.0 / 16.0, 90) as usize).max(2 * period)
    };
    let mut repeat: Vec<u8> = unit
        .iter()
        .cycle()
        .take(length)
        .map(u8::to_ascii_lowercase)
        .collect();
    // One in five is interrupted once.
    if random.chance(0.2) {
        let at = random.below(length as u32) as usize;
        repeat[at] = random.other_base(repeat[at]).to_ascii_lowercase();
    }
    repeat
}

/// A unit that is not itself a repeat; A and T lead in homopolymers, as in human DNA.
fn unit(random: &mut Random, period: usize) -> Vec<u8> {
    if period == 1 {
        return vec![if random.chance(0.97) { b"AT" } else { b"CG" }[random.below(2) as usize]];
    }
    loop {
        let unit: Vec<u8> = (0..period)
            .map(|_| if random.chance(0.68) { b"AT" } else { b"CG" }[random.below(2) as usize])
            .collect();
        if is_primitive(&unit) {
            return unit;
        }
    }
}

fn is_primitive(unit: &[u8]) -> bool {
    let length = unit.len();
    (1..length)
        .filter(|part| length.is_multiple_of(*part))
        .all(|part| (part..length).any(|at| unit[at] != unit[at - part]))
}

/// A perfect tandem repeat: `start..end` of the sequence has period `period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tandem {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) period: usize,
}

impl Tandem {
    pub(crate) fn units(&self) -> usize {
        (self.end - self.start) / self.period
    }
}

/// Perfect tandem repeats of period 1-6: seven bases of a homopolymer, else ten bases and three units, or more.
pub(crate) fn find(sequence: &[u8]) -> Vec<Tandem> {
    let mut found = Vec::new();
    for period in 1..=6 {
        let least = if period == 1 { 7 } else { (3 * period).max(10) };
        let mut start = 0;
        for at in period..=sequence.len() {
            let goes_on = at < sequence.len()
                && is_known(sequence[at])
                && sequence[at].eq_ignore_ascii_case(&sequence[at - period]);
            if goes_on {
                continue;
            }
            if at - start >= least
                && is_primitive(&sequence[start..start + period].to_ascii_uppercase())
            {
                found.push(Tandem {
                    start,
                    end: at,
                    period,
                });
            }
            start = at + 1 - period;
        }
    }
    found.sort_unstable_by_key(|tandem| (tandem.start, tandem.period));
    found
}
