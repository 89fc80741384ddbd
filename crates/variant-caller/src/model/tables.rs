//! The shipped values.

use super::{MAX_REPEATS, Model, VERSION};
use crate::repeats::MAX_PERIOD;

/// Phred of an indel error in a homopolymer, by its length from 1: DRAGstr's defaults up to 11, then
/// falling on as amplified libraries have it, since a default must not believe their stutter.
const HOMOPOLYMER_GAP_OPEN: [f32; MAX_REPEATS] = [
    45.0, 45.0, 45.0, 44.0, 42.0, 40.0, 37.5, 33.5, 28.0, 24.0, 21.75, 19.5, 17.0, 15.0, 13.0,
    11.5, 10.5, 10.0, 9.5, 9.0,
];

/// Phred of a heterozygous length change of a homopolymer (DRAGstr's defaults).
const HOMOPOLYMER_PRIOR: [f32; MAX_REPEATS] = [
    39.0, 39.0, 37.0, 35.0, 32.0, 26.0, 20.0, 16.0, 12.0, 10.0, 8.0, 7.0, 7.0, 6.0, 6.0, 5.0, 5.0,
    4.0, 4.0, 4.0,
];

impl Default for Model {
    fn default() -> Self {
        let rows = |f: &dyn Fn(usize, usize) -> f32| {
            (1..=MAX_PERIOD)
                .map(|period| {
                    (1..=MAX_REPEATS)
                        .map(|repeats| f(period, repeats))
                        .collect()
                })
                .collect()
        };
        Self {
            version: VERSION,
            gap_open: 45.0,
            repeat_gap_open: rows(&|period, repeats| {
                if period == 1 {
                    HOMOPOLYMER_GAP_OPEN[repeats - 1]
                } else {
                    // Longer units slip less often at equal count; the fall begins at 4 units.
                    let fall = 3.0 * repeats.saturating_sub(4) as f32;
                    let floor = 14.0 + 1.5 * period as f32;
                    (42.0 - fall).max(floor)
                }
            }),
            gap_continuation: 10.0,
            indel_prior: 39.0,
            repeat_indel_prior: rows(&|period, repeats| {
                if period == 1 {
                    HOMOPOLYMER_PRIOR[repeats - 1]
                } else {
                    let fall = 3.5 * repeats.saturating_sub(2) as f32;
                    (37.0 - fall).max(6.0)
                }
            }),
            // 1e-3 a site, shared by three bases.
            substitution_prior: 33.0,
            karyotype: None,
        }
    }
}
