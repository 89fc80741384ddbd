//! What lies beside the samples of a run folder that is mapped without FASTQ: the reports and logs of
//! `fafnir bcl`, and the digests of what was read.

use std::io::Write as _;
use std::path::Path;
use std::time::SystemTime;

use fafnir_attest::InputProof;
use fafnir_attest::key::SigningKey;
use fafnir_attest::statement::SubjectKind;
use fafnir_io::bcl::file_name::FileNaming;
use serde_json::{Map, Value};

use super::demultiplex::Told;
use super::inputs::{self, Inputs};
use super::outputs::{Outputs, Statements};
use super::records::Records;
use super::reports::Statistics;
use super::{Converted, RunReads};
use crate::error::Error;
use crate::progress::Progress;

/// The records until they are published.
pub(crate) struct RunRecords<'a> {
    run: &'a RunReads,
    outputs: Outputs,
    inputs: Inputs,
    begun_at: SystemTime,
}

impl<'a> RunRecords<'a> {
    /// Makes the folder, refuses earlier results unless `force`, and reads the run folder's files
    /// on the current pool.
    pub(crate) fn open(run: &'a RunReads, directory: &Path, force: bool) -> Result<Self, Error> {
        let begun_at = SystemTime::now();
        Ok(Self {
            outputs: Outputs::new(directory, force)?,
            inputs: inputs::prove(&run.plan)?,
            run,
            begun_at,
        })
    }

    /// Who is told of warnings; of those of the sheet at once.
    pub(crate) fn told<'p>(&self, progress: &'p dyn Progress) -> Told<'p> {
        let mut told = Told::new(progress);
        self.run.plan.warn_of_sheet(&mut told);
        told
    }

    /// Proof of the run folder and of the sheet.
    pub(crate) fn proofs(&self) -> [InputProof; 2] {
        let sheet = self.run.plan.sheet.proof();
        [self.inputs.proof.clone(), sheet.clone()]
    }

    /// Writes, signs and publishes all; what was read beside the run folder is `inputs`.
    pub(crate) fn publish(
        mut self,
        told: Told<'_>,
        (mut converted, statistics): (Converted, &Statistics),
        inputs: &[InputProof],
        internal: Map<String, Value>,
        key: &SigningKey,
    ) -> Result<Converted, Error> {
        let list = Path::new("bcl-inputs.sha256");
        let bytes = &self.inputs.list;
        self.outputs
            .write(list, SubjectKind::Result, |out| out.write_all(bytes))?;
        let records = Records {
            plan: &self.run.plan,
            statistics,
            naming: FileNaming::default(),
            fastq: false,
        };
        records.write(told.logs, &converted, &mut self.outputs)?;
        let mut proofs = self.proofs().to_vec();
        proofs.extend(inputs.iter().cloned());
        converted.files = self.outputs.publish(Statements {
            begun_at: self.begun_at,
            inputs: &proofs,
            parameters: self.run.parameters(),
            internal,
            key,
        })?;
        Ok(converted)
    }
}
