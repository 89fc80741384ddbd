//! What is known of a library's indel errors and of the genome's indel rates: the stage *Model*.

mod estimate;
mod gather;
mod loci;
mod tables;

use std::io::{Read, Write};

use serde::{Deserialize, Serialize};

use crate::Karyotype;
use crate::repeats::MAX_PERIOD;

pub use estimate::Estimated;
pub use gather::SlipCounts;

/// Most repeat units that the tables tell apart.
pub(crate) const MAX_REPEATS: usize = 20;

/// Version of the JSON form.
const VERSION: u32 = 1;

/// Gap costs and priors, by repeat period and number of units, as DRAGstr has them (GATK
/// `DragstrParams`). [`Model::default`] holds the shipped values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    version: u32,
    /// Phred of an indel error at a base outside repeats.
    gap_open: f32,
    /// Phred of an insertion, and of a deletion, as an error in a tract: row `period - 1`, column `repeats - 1`.
    repeat_gap_open: Vec<Vec<f32>>,
    /// Phred of one more base in a gap outside repeats; in a tract it is divided by the period.
    gap_continuation: f32,
    /// Phred of a heterozygous indel that is no whole number of units of a tract.
    indel_prior: f32,
    /// Phred of a heterozygous change by whole units, laid out as `repeat_gap_open`.
    repeat_indel_prior: Vec<Vec<f32>>,
    /// Phred of a heterozygous substitution.
    substitution_prior: f32,
    /// Copies of X and Y, where they were estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    karyotype: Option<Karyotype>,
}

/// Why a model could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Not the JSON of a model, or the stream failed.
    #[error("the model is not readable: {0}; make it anew or leave it out to use the defaults")]
    Json(#[from] serde_json::Error),
    /// Another version's model.
    #[error("the model has version {found}, this program reads version {expected}")]
    Version {
        /// The file's version.
        found: u32,
        /// Ours.
        expected: u32,
    },
    /// A table of the wrong shape, or a value that is no phred value.
    #[error("the model's {table} must hold {periods} rows of {repeats} values from 0 to 100")]
    Table {
        /// Name of the field.
        table: &'static str,
        /// Rows expected.
        periods: usize,
        /// Columns expected.
        repeats: usize,
    },
}

impl Model {
    /// Reads the JSON of [`Self::write`].
    ///
    /// # Errors
    ///
    /// [`ModelError`] where it is no model of this version.
    pub fn read(from: impl Read) -> Result<Self, ModelError> {
        let model: Self = serde_json::from_reader(from)?;
        if model.version != VERSION {
            return Err(ModelError::Version {
                found: model.version,
                expected: VERSION,
            });
        }
        let phred = |v: &f32| (0.0..=100.0).contains(v);
        for (table, rows) in [
            ("repeat_gap_open", &model.repeat_gap_open),
            ("repeat_indel_prior", &model.repeat_indel_prior),
        ] {
            let shaped = rows.len() == MAX_PERIOD
                && rows
                    .iter()
                    .all(|r| r.len() == MAX_REPEATS && r.iter().all(phred));
            if !shaped {
                return Err(ModelError::Table {
                    table,
                    periods: MAX_PERIOD,
                    repeats: MAX_REPEATS,
                });
            }
        }
        let single = [
            ("gap_open", model.gap_open),
            ("gap_continuation", model.gap_continuation),
            ("indel_prior", model.indel_prior),
            ("substitution_prior", model.substitution_prior),
        ];
        match single.iter().find(|(_, v)| !phred(v)) {
            Some(&(table, _)) => Err(ModelError::Table {
                table,
                periods: 1,
                repeats: 1,
            }),
            None => Ok(model),
        }
    }

    /// Writes the model as JSON: the content of `PREFIX.model.json`.
    ///
    /// # Errors
    ///
    /// [`ModelError::Json`] where `to` fails.
    pub fn write(&self, to: impl Write) -> Result<(), ModelError> {
        Ok(serde_json::to_writer_pretty(to, self)?)
    }

    /// The same model of a sample with these copies of X and Y.
    #[must_use]
    pub fn with_karyotype(self, karyotype: Option<Karyotype>) -> Self {
        Self { karyotype, ..self }
    }

    /// Copies of X and Y, where they were estimated.
    pub fn karyotype(&self) -> Option<Karyotype> {
        self.karyotype
    }

    /// Phred of an indel error at a base outside repeats.
    pub(crate) fn gap_open(&self) -> f32 {
        self.gap_open
    }

    /// Phred of an indel error in a tract of `repeats` units of `period` bases.
    pub(crate) fn repeat_gap_open(&self, period: usize, repeats: usize) -> f32 {
        at(&self.repeat_gap_open, period, repeats).min(self.gap_open)
    }

    /// Phred of one more base in a gap, in a tract of this period.
    pub(crate) fn gap_continuation(&self, period: usize) -> f32 {
        self.gap_continuation / period as f32
    }

    /// Phred of one more base in a gap outside repeats.
    pub(crate) fn plain_gap_continuation(&self) -> f32 {
        self.gap_continuation
    }

    /// Phred of a heterozygous indel outside repeats.
    pub(crate) fn indel_prior(&self) -> f32 {
        self.indel_prior
    }

    /// Phred of a heterozygous change of a tract by whole units.
    pub(crate) fn repeat_indel_prior(&self, period: usize, repeats: usize) -> f32 {
        at(&self.repeat_indel_prior, period, repeats).min(self.indel_prior)
    }

    /// Phred of a heterozygous substitution.
    pub(crate) fn substitution_prior(&self) -> f32 {
        self.substitution_prior
    }
}

fn at(table: &[Vec<f32>], period: usize, repeats: usize) -> f32 {
    table[period.clamp(1, MAX_PERIOD) - 1][repeats.clamp(1, MAX_REPEATS) - 1]
}

#[cfg(test)]
mod tests;
