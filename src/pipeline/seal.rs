//! Outputs under their temporary names, then the statement, the signature, and the final names.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use fafnir_attest::{
    InputProof,
    publish::{Claims, OutputDirectory, StagedFile, StagedOutput},
    statement::{
        BuildDefinition, Dependency, RunDetails, Statement, Subject, SubjectKind, timestamp,
    },
};
use serde_json::{Map, Value};

use super::Pipeline;
use crate::{error::Error, options::Output, paths};

/// The files of a run until they are published. Dropped before, it leaves nothing behind.
pub(super) struct Seal {
    directory: OutputDirectory,
    /// What the names of run records have after the prefix.
    records: &'static str,
    staged: Vec<(StagedOutput, SubjectKind)>,
    inputs: Vec<InputProof>,
}

/// Names that a run takes for itself, written or not, as suffixes of the prefix.
pub(super) struct Names {
    /// What run records have before their own suffix, so that those of two commands may lie beside
    /// each other.
    pub(super) records: &'static str,
    pub(super) envelope: &'static str,
    pub(super) suffixes: Vec<&'static str>,
}

impl Seal {
    /// Makes the folder, and refuses outputs that exist already, or that are one of the files
    /// `read`.
    pub(super) fn open(output: &Output, names: &Names, read: &[&Path]) -> Result<Self, Error> {
        for suffix in &names.suffixes {
            let path = output.directory.join(format!("{}{suffix}", output.prefix));
            paths::refuse_input(&path, read.iter().copied())?;
        }
        let claims = Claims {
            prefix: &output.prefix,
            envelope: names.envelope,
            suffixes: &names.suffixes,
        };
        Ok(Self {
            directory: OutputDirectory::claim(&output.directory, &claims, output.force)?,
            records: names.records,
            staged: Vec::new(),
            inputs: output.inputs.clone(),
        })
    }

    /// Starts `PREFIX` + `suffix`.
    pub(super) fn create(&self, suffix: &str) -> Result<StagedFile, Error> {
        Ok(self.directory.create(&self.name(suffix))?)
    }

    /// Starts `PREFIX` + `suffix`, of which MD5 is wanted.
    pub(super) fn create_with_md5(&self, suffix: &str) -> Result<StagedFile, Error> {
        Ok(self.directory.create_with_md5(&self.name(suffix))?)
    }

    /// Takes a file that is complete.
    pub(super) fn add(&mut self, file: StagedFile) -> Result<&StagedOutput, Error> {
        self.staged.push((file.finish()?, SubjectKind::Result));
        let last = self.staged.len() - 1;
        Ok(&self.staged[last].0)
    }

    /// Writes a small file.
    pub(super) fn write(
        &mut self,
        suffix: &str,
        bytes: &[u8],
        kind: SubjectKind,
    ) -> Result<(), Error> {
        let name = match kind {
            SubjectKind::Result => self.name(suffix),
            SubjectKind::Record => self.name(&format!("{}{suffix}", self.records)),
        };
        let staged = self.directory.write(&name, bytes)?;
        self.staged.push((staged, kind));
        Ok(())
    }

    /// Remembers what was read.
    pub(super) fn prove(&mut self, inputs: impl IntoIterator<Item = InputProof>) {
        self.inputs.extend(inputs);
    }

    /// Path of `PREFIX` + `suffix`, for messages.
    pub(super) fn path(&self, suffix: &str) -> PathBuf {
        self.directory.path().join(self.name(suffix))
    }

    fn name(&self, suffix: &str) -> String {
        format!("{}{suffix}", self.directory.prefix())
    }

    /// Signs, and gives all files their names, the statement last.
    pub(super) fn publish(
        self,
        pipeline: &Pipeline,
        begun_at: SystemTime,
        parameters: Map<String, Value>,
        internal: Map<String, Value>,
    ) -> Result<Vec<PathBuf>, Error> {
        let index = pipeline.index_proof()?;
        let subjects = self
            .staged
            .iter()
            .map(|(output, kind)| Subject::new(output, *kind))
            .collect();
        let mut definition = BuildDefinition {
            external_parameters: parameters,
            ..BuildDefinition::default()
        };
        let inputs = [&index]
            .into_iter()
            .chain(&pipeline.package_proofs)
            .chain(&self.inputs);
        definition.resolved_dependencies = inputs.map(Dependency::from).collect();
        definition.internal_parameters = internal;
        let details = RunDetails::new(
            self.directory.run_id(),
            &timestamp(begun_at),
            &timestamp(SystemTime::now()),
        );
        let statement = Statement::new(subjects, definition, details);
        let envelope = self.directory.sign(&statement, &pipeline.key)?;
        let outputs: Vec<StagedOutput> =
            self.staged.into_iter().map(|(output, _)| output).collect();
        let names = outputs.iter().chain([&envelope]).map(StagedOutput::name);
        let paths = names.map(|name| self.directory.path().join(name)).collect();
        self.directory.publish(outputs, envelope)?;
        Ok(paths)
    }
}
