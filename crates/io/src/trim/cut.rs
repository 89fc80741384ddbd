//! What each tool cuts off a read.

use std::ops::Range;

use super::{Tool, Trimmer};

/// A run of Gs gains this for each G...
const G_GAIN: i32 = 1;
/// ...and loses this for each other base, so that one in six may differ.
const OTHER_LOSS: i32 = 5;
/// Least gain of a run that is cut off: 10 Gs.
const LEAST_GAIN: i32 = 10;
/// In place of a quality that a file does not have.
const MISSING_QUALITY: u8 = 255;

/// What is left of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Window {
    pub(super) fn len(self) -> usize {
        self.end - self.start
    }

    pub(super) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// Bases that each tool cut off the 5' and the 3' end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cuts {
    pub(super) hard: [[usize; 2]; Tool::ALL.len()],
    pub(super) soft: [[usize; 2]; Tool::ALL.len()],
}

impl Trimmer {
    /// Lets `tools` work on what is in `window`, and notes what each cut off.
    pub(super) fn cut(
        &self,
        end: usize,
        tools: &[Tool],
        (bases, qualities): (&[u8], &[u8]),
        mut window: Window,
        cuts: &mut [[usize; 2]; Tool::ALL.len()],
    ) -> Window {
        let options = &self.options;
        for tool in Tool::ALL.into_iter().filter(|tool| tools.contains(tool)) {
            let (bases, qualities) = (&bases[window.range()], &qualities[window.range()]);
            let kept = match tool {
                Tool::FixedLength => {
                    let start = options.five_prime[end].min(bases.len());
                    let left = bases.len() - start;
                    start..start + left.saturating_sub(options.three_prime[end])
                }
                Tool::PolyG => 0..poly_g_start(bases),
                Tool::Quality => 0..bad_tail_start(qualities, options.minimum_quality),
                Tool::Adapter => 0..self.adapters[end].find(bases, options.minimum_overlap),
            };
            cuts[tool as usize] = [kept.start, bases.len() - kept.end];
            window = Window {
                start: window.start + kept.start,
                end: window.start + kept.end,
            };
        }
        window
    }
}

/// Where the Gs at the read's end start; the read's length where there are none to cut.
fn poly_g_start(bases: &[u8]) -> usize {
    let (mut gain, mut best, mut start) = (0, LEAST_GAIN - 1, bases.len());
    for (i, base) in bases.iter().enumerate().rev() {
        gain += if *base == b'G' { G_GAIN } else { -OTHER_LOSS };
        if gain > best {
            (best, start) = (gain, i);
        }
        // Even if all the others were G.
        if gain + i as i32 <= best {
            break;
        }
    }
    start
}

/// Where the bases of low quality at the read's end start.
fn bad_tail_start(qualities: &[u8], minimum: u8) -> usize {
    let good = |q: &u8| *q >= minimum || *q == MISSING_QUALITY;
    qualities.iter().rposition(good).map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_g_with_single_errors() {
        for (read, kept) in [
            ("ACGT", 4),
            ("ACTGGGGGGGGG", 12),
            ("ACTGGGGGGGGGG", 3),
            ("ACTGGGGGAGGGGGGGGGG", 9),
            ("ACTGGGGGGAGGGGGGGGGG", 3),
            ("ACTGGGGGGGGGGA", 14),
            ("ACTGGGGGGGGGGGGGGGGA", 3),
            ("GGGGGGGGGGGG", 0),
            ("", 0),
        ] {
            let start = poly_g_start(read.as_bytes());
            assert_eq!(start, kept, "{read}");
        }
    }

    #[test]
    fn tails_of_low_quality() {
        assert_eq!(bad_tail_start(&[30, 2, 30, 2, 2], 3), 3);
        assert_eq!(bad_tail_start(&[2, 2], 3), 0);
        assert_eq!(bad_tail_start(&[2, 2], 2), 2);
        assert_eq!(bad_tail_start(&[255; 3], 20), 3);
    }
}
