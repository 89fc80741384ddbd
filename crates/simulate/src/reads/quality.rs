//! Qualities: a chain of four states that falls more often towards the end of a read.

use super::ReadOptions;
use crate::random::{Random, threshold};

/// Which quality values the machine reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QualityStyle {
    /// Four values, 2, 12, 23 and 37, as NovaSeq.
    #[default]
    Binned,
    /// All from 2 to 41, as HiSeq before binning.
    Full,
}

/// States of the chain, and their qualities when binned.
const BINS: [u8; 4] = [2, 12, 23, 37];
const BAD: usize = 0;
const LOW: usize = 1;
const MIDDLE: usize = 2;
const HIGH: usize = 3;

/// `10^(-q / 10)` for q from 0 to 9: literals, for `powf` differs between platforms.
const TENTHS: [f64; 10] = [
    1.0,
    0.794_328_234_724_281_5,
    0.630_957_344_480_193_2,
    0.501_187_233_627_272_2,
    0.398_107_170_553_497_2,
    0.316_227_766_016_837_9,
    0.251_188_643_150_958,
    0.199_526_231_496_888,
    0.158_489_319_246_111_3,
    0.125_892_541_179_416_7,
];

pub(super) struct QualityModel {
    style: QualityStyle,
    /// For first and second reads, at each cycle: the chance to leave the plateau.
    falls: [Vec<f64>; 2],
    /// Of a base of each quality to be wrong, as a threshold for a random word.
    wrong: [u32; 64],
}

/// What one read keeps from cycle to cycle.
pub(super) struct ReadQuality {
    state: usize,
    /// How much worse than usual this read is.
    severity: f64,
    /// The cycle that a low tail starts at.
    tail: usize,
}

impl QualityModel {
    pub(super) fn new(options: &ReadOptions) -> Self {
        let falls = [1.0, 1.7].map(|worse| {
            let fall = |cycle: u32| {
                let through = f64::from(cycle) / f64::from(options.length);
                // The first cycles calibrate; the last ones suffer from phasing.
                let first = if cycle < 3 { 0.01 } else { 0.0 };
                options.quality_loss * worse * (first + 0.004 + 0.035 * through * through * through)
            };
            (0..options.length).map(fall).collect()
        });
        let mut wrong = [0; 64];
        for (quality, wrong) in wrong.iter_mut().enumerate() {
            let tens = [1.0, 0.1, 0.01, 0.001, 0.0001, 0.00001, 0.000001][quality / 10];
            *wrong = threshold(TENTHS[quality % 10] * tens);
        }
        Self {
            style: options.quality,
            falls,
            wrong,
        }
    }

    pub(super) fn start(&self, random: &mut Random, mate: usize) -> ReadQuality {
        let length = self.falls[mate].len();
        let severity = match random.below(100) {
            0..85 => random.range(0.4, 1.0),
            85..98 => random.range(1.0, 4.0),
            _ => random.range(4.0, 12.0),
        };
        let tails = [0.01, 0.025][mate];
        let tail = if random.chance(tails) {
            length / 2 + random.below(length as u32 / 2) as usize
        } else {
            length
        };
        ReadQuality {
            state: HIGH,
            severity,
            tail,
        }
    }

    /// The quality of the next base; `lost` once the fragment has ended.
    #[inline]
    pub(super) fn next(
        &self,
        random: &mut Random,
        read: &mut ReadQuality,
        mate: usize,
        cycle: usize,
        lost: bool,
    ) -> u8 {
        let draw = random.unit();
        read.state = if cycle >= read.tail {
            match draw {
                ..0.15 => BAD,
                ..0.75 => LOW,
                _ => MIDDLE,
            }
        } else {
            let fall = self.falls[mate][cycle] * read.severity * if lost { 6.0 } else { 1.0 };
            match read.state {
                HIGH if draw >= fall => HIGH,
                HIGH if draw < 0.3 * fall => LOW,
                HIGH => MIDDLE,
                MIDDLE if draw < 0.30 => MIDDLE,
                MIDDLE if draw < 0.36 => LOW,
                LOW if draw < 0.35 => LOW,
                LOW if draw < 0.45 => MIDDLE,
                _ => HIGH,
            }
        };
        match self.style {
            QualityStyle::Binned => BINS[read.state],
            QualityStyle::Full => match read.state {
                BAD => 2,
                LOW => 8 + random.below(8) as u8,
                MIDDLE => 18 + random.below(12) as u8,
                _ => 33 + random.below(9) as u8,
            },
        }
    }

    #[inline]
    pub(super) fn is_wrong(&self, random: &mut Random, quality: u8) -> bool {
        random.word() < self.wrong[usize::from(quality & 63)]
    }
}
