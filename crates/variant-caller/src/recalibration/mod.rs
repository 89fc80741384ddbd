//! A learned model of which calls are right: it sets final QUAL and a filter. None is built in.
//!
//! For SNVs and for indels, each by itself, QUAL is the phred of a logistic regression over the
//! [`Features`] of a call, each transformed and standardised, a missing one at its mean.

mod features;
mod logistic;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use fafnir_io::vcf::{FilterLine, Record};
use serde::{Deserialize, Serialize};

use crate::HardFilters;
use crate::record::MOST_QUALITY;

pub use features::Features;
use features::{COUNT, FEATURES};

/// What calls fail by whose new QUAL is too low.
const FILTER: &str = "LowRecalibratedQUAL";
/// Standard deviations beyond which a value counts no more: a line says nothing of what it has not seen.
const MOST_DEVIATIONS: f64 = 5.0;
/// Calls of each kind, right ones and wrong ones, that training takes at least.
const LEAST_CALLS: u64 = 10;

/// Sets QUAL and filter of calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recalibration {
    snv: Logistic,
    indel: Logistic,
}

/// The model of one kind of calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Logistic {
    /// QUAL below which a call fails.
    threshold: f64,
    intercept: f64,
    /// One for each feature, in their order.
    terms: Vec<Term>,
    /// Of the training data.
    right_calls: u64,
    wrong_calls: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Term {
    feature: String,
    transform: String,
    mean: f64,
    scale: f64,
    weight: f64,
}

/// Why there is no recalibration.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecalibrationError {
    /// Too little to learn from.
    #[error(
        "{right} right and {wrong} wrong {kind} calls are too few to learn from; take more reads, so that \
         there are {LEAST_CALLS} of each"
    )]
    TooFew {
        /// SNV or indel.
        kind: &'static str,
        /// Calls that are right.
        right: u64,
        /// Calls that are wrong.
        wrong: u64,
    },
    /// Made for other features.
    #[error(
        "its features are not those of this program (number {number} is {found}, not {expected}); train \
         it anew"
    )]
    OtherFeatures {
        /// 1-based.
        number: usize,
        /// The file's feature and transform.
        found: String,
        /// Ours.
        expected: String,
    },
    /// A value that no training gives.
    #[error("the {kind} model's {value} is out of range")]
    Value {
        /// SNV or indel.
        kind: &'static str,
        /// Name of the field.
        value: &'static str,
    },
}

impl Recalibration {
    /// Learns from calls of which it is known whether they are right. Those fail whose QUAL is below
    /// `thresholds`, of SNVs and of indels, afterwards. The same calls in the same order give the same
    /// bits.
    ///
    /// # Errors
    ///
    /// [`RecalibrationError::TooFew`].
    pub fn train(
        calls: &[(Features, bool)],
        thresholds: [f64; 2],
    ) -> Result<Self, RecalibrationError> {
        let of_kind = |is_snv: bool| calls.iter().filter(move |(f, _)| f.is_snv == is_snv);
        Ok(Self {
            snv: Logistic::train(KINDS[0], of_kind(true), thresholds[0])?,
            indel: Logistic::train(KINDS[1], of_kind(false), thresholds[1])?,
        })
    }

    /// Refuses what another version's training gave, or none.
    ///
    /// # Errors
    ///
    /// [`RecalibrationError::OtherFeatures`], [`RecalibrationError::Value`].
    pub fn check(&self) -> Result<(), RecalibrationError> {
        self.snv.check(KINDS[0])?;
        self.indel.check(KINDS[1])
    }

    /// The header's line of the filter that calls may fail by.
    pub fn filter_line(&self) -> FilterLine {
        FilterLine {
            id: FILTER.to_owned(),
            description: format!(
                "Set if true: snp: recalibrated QUAL<{}; indel: recalibrated QUAL<{}",
                self.snv.threshold, self.indel.threshold
            ),
        }
    }

    /// Sets QUAL of the called variant that `features` are of, and what it fails by: `filters`, which
    /// see the new QUAL, and the model's own. Other fields stay.
    pub fn apply(&self, record: &mut Record, features: &Features, filters: &HardFilters) {
        record.quality = self.quality(features) as f32;
        filters.apply(record);
        if f64::from(record.quality) < self.of(features).threshold {
            record.filters.push(Arc::from(FILTER));
        }
    }

    /// Phred of the call's being wrong.
    pub fn quality(&self, features: &Features) -> f64 {
        self.of(features).quality(features)
    }

    /// Whether a call of this QUAL passes.
    pub fn passes(&self, features: &Features) -> bool {
        self.quality(features) >= self.of(features).threshold
    }

    /// Names and weights of the features, SNV then indel; a weight is of one standard deviation.
    pub fn weights(&self) -> impl Iterator<Item = (&'static str, f64, f64)> {
        let terms = self.snv.terms.iter().zip(&self.indel.terms);
        let weights = terms.map(|(snv, indel)| (snv.weight, indel.weight));
        Features::names()
            .zip(weights)
            .map(|(name, (snv, indel))| (name, snv, indel))
    }

    fn of(&self, features: &Features) -> &Logistic {
        match features.is_snv {
            true => &self.snv,
            false => &self.indel,
        }
    }
}

const KINDS: [&str; 2] = ["SNV", "indel"];

impl Logistic {
    fn train<'a>(
        kind: &'static str,
        calls: impl Iterator<Item = &'a (Features, bool)>,
        threshold: f64,
    ) -> Result<Self, RecalibrationError> {
        let (calls, labels): (Vec<&Features>, Vec<bool>) =
            calls.map(|(features, right)| (features, *right)).unzip();
        let right = labels.iter().filter(|right| **right).count() as u64;
        let wrong = labels.len() as u64 - right;
        if right.min(wrong) < LEAST_CALLS {
            return Err(RecalibrationError::TooFew { kind, right, wrong });
        }
        let mut terms: Vec<Term> = (0..COUNT).map(|at| Term::of(&calls, at)).collect();
        let rows: Vec<[f64; COUNT]> = calls.iter().map(|f| standardised(&terms, f)).collect();
        let weights = logistic::fit(&rows, &labels);
        for (term, weight) in terms.iter_mut().zip(&weights[1..]) {
            term.weight = *weight;
        }
        Ok(Self {
            threshold,
            intercept: weights[0],
            terms,
            right_calls: right,
            wrong_calls: wrong,
        })
    }

    fn quality(&self, features: &Features) -> f64 {
        let row = standardised(&self.terms, features);
        let products = row.iter().zip(&self.terms);
        let logit = products.fold(self.intercept, |sum, (x, term)| sum + x * term.weight);
        // The probability of an error is 1 / (1 + e^logit).
        let phred = 10.0 * std::f64::consts::LOG10_E * logistic::softplus(logit);
        phred.clamp(0.0, MOST_QUALITY)
    }

    fn check(&self, kind: &'static str) -> Result<(), RecalibrationError> {
        let described = |feature: &str, transform: &str| format!("{transform} of {feature}");
        for number in 0..COUNT.max(self.terms.len()) {
            let ours = FEATURES.get(number).map(|(f, t)| described(f, t.name()));
            let theirs = self.terms.get(number);
            let theirs = theirs.map(|t| described(&t.feature, &t.transform));
            if ours != theirs {
                let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
                return Err(RecalibrationError::OtherFeatures {
                    number: number + 1,
                    found: or_none(theirs),
                    expected: or_none(ours),
                });
            }
        }
        let terms = || self.terms.iter();
        let wrong = [
            ("threshold", !(0.0..=MOST_QUALITY).contains(&self.threshold)),
            ("intercept", !self.intercept.is_finite()),
            ("mean", terms().any(|t| !t.mean.is_finite())),
            (
                "scale",
                terms().any(|t| !(t.scale.is_finite() && t.scale > 0.0)),
            ),
            ("weight", terms().any(|t| !t.weight.is_finite())),
        ];
        match wrong.into_iter().find(|(_, is_wrong)| *is_wrong) {
            Some((value, _)) => Err(RecalibrationError::Value { kind, value }),
            None => Ok(()),
        }
    }
}

impl Term {
    /// Mean and standard deviation of what is there of a transformed feature.
    fn of(calls: &[&Features], at: usize) -> Self {
        let (name, transform) = FEATURES[at];
        let values: Vec<f64> = calls
            .iter()
            .map(|features| features.values[at])
            .filter(|value| !value.is_nan())
            .map(|value| transform.of(value))
            .collect();
        let number = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / number;
        let squares = values.iter().fold(0.0, |sum, v| sum + (v - mean).powi(2));
        let deviation = (squares / number).sqrt();
        Self {
            feature: name.to_owned(),
            transform: transform.name().to_owned(),
            mean,
            // What never varies says nothing, whatever it is divided by.
            scale: if deviation > 1e-9 { deviation } else { 1.0 },
            weight: 0.0,
        }
    }
}

fn standardised(terms: &[Term], features: &Features) -> [f64; COUNT] {
    let mut row = [0.0; COUNT];
    for (at, term) in terms.iter().enumerate().take(COUNT) {
        let value = features.values[at];
        if !value.is_nan() {
            let deviations = (FEATURES[at].1.of(value) - term.mean) / term.scale;
            row[at] = deviations.clamp(-MOST_DEVIATIONS, MOST_DEVIATIONS);
        }
    }
    row
}
