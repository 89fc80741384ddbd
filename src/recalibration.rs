//! Recalibrations of calls: models that set QUAL and filter, trained on calls whose truth is known,
//! signed, and held against other such calls.
//!
//! None is built in: what a model has learned from simulated reads is the simulator's noise. One is used
//! where it is named, and only if its signature is by a trusted key.

mod evaluation;
mod file;
mod labels;
pub(crate) mod table;

pub use evaluation::{Bin, Evaluation, Outcome};
pub use file::{RecalibrationFile, TrainingInput};
pub use labels::{LabelledCalls, Labels};
