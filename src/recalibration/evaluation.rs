//! What qualities say, against what is true.

use fafnir_variant_caller::{Features, Recalibration};

use super::LabelledCalls;

/// QUAL at which bins begin.
const QUALITIES: [f64; 10] = [0.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0, 300.0];
/// The same of GQ.
const GENOTYPE_QUALITIES: [f64; 10] = [0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 70.0, 99.0];

/// Calls whose quality lies between two values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// Least quality.
    pub from: f64,
    /// Calls.
    pub calls: u64,
    /// Those that are right, genotype included.
    pub right: u64,
    /// Sum of what their qualities say: how many should be right.
    pub expected: f64,
}

/// Calls that pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Those that are right.
    pub right: u64,
    /// Those that are not.
    pub wrong: u64,
}

/// The calls of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// By QUAL.
    pub quality: Vec<Bin>,
    /// By GQ.
    pub genotype_quality: Vec<Bin>,
    /// By recalibrated QUAL.
    pub recalibrated: Option<Vec<Bin>>,
    /// What passes its filters.
    pub passing: Outcome,
    /// What would pass a recalibration's.
    pub passing_recalibrated: Option<Outcome>,
}

impl Evaluation {
    /// Of SNVs, or of all other calls.
    pub fn new(calls: &LabelledCalls, is_snv: bool, model: Option<&Recalibration>) -> Self {
        let chosen: Vec<(&Features, bool, bool)> = calls
            .calls
            .iter()
            .zip(&calls.passed)
            .filter(|((features, _), _)| features.is_snv() == is_snv)
            .map(|((features, right), passed)| (features, *right, *passed))
            .collect();
        let named = |name: &'static str| {
            move |features: &Features| features.value(name).unwrap_or_default()
        };
        let outcome = |passes: &dyn Fn(&Features, bool) -> bool| {
            let passing = chosen.iter().filter(|(f, _, passed)| passes(f, *passed));
            passing.fold(Outcome::default(), |sum, (_, right, _)| Outcome {
                right: sum.right + u64::from(*right),
                wrong: sum.wrong + u64::from(!right),
            })
        };
        Self {
            quality: bins(&chosen, &QUALITIES, named("QUAL")),
            genotype_quality: bins(&chosen, &GENOTYPE_QUALITIES, named("GQ")),
            recalibrated: model.map(|m| bins(&chosen, &QUALITIES, |f| m.quality(f))),
            passing: outcome(&|_, passed| passed),
            passing_recalibrated: model.map(|m| outcome(&|f, _| m.passes(f))),
        }
    }
}

fn bins(
    calls: &[(&Features, bool, bool)],
    borders: &[f64],
    quality: impl Fn(&Features) -> f64,
) -> Vec<Bin> {
    let mut bins: Vec<Bin> = borders
        .iter()
        .map(|&from| Bin {
            from,
            ..Bin::default()
        })
        .collect();
    for (features, right, _) in calls {
        let quality = quality(features);
        let at = borders.partition_point(|from| *from <= quality).max(1) - 1;
        let bin = &mut bins[at];
        bin.calls += 1;
        bin.right += u64::from(*right);
        bin.expected += 1.0 - 10f64.powf(-quality / 10.0);
    }
    bins
}
