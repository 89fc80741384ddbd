//! Outputs under their temporary names, then the statement, the signature, and the final names.

use std::path::PathBuf;

use fafnir_attest::{
    InputProof,
    dsse::Envelope,
    publish::{OutputDirectory, StagedFile, StagedOutput},
    statement::{
        BuildDefinition, Dependency, RunDetails, Statement, Subject, SubjectKind, timestamp,
    },
};
use serde_json::{Map, Value, json};

use super::Pipeline;
use crate::{error::Error, options::Output};

/// The files of a run until they are published. Dropped before, it leaves nothing behind.
pub(super) struct Seal {
    directory: OutputDirectory,
    staged: Vec<(StagedOutput, SubjectKind)>,
    inputs: Vec<InputProof>,
}

impl Seal {
    /// Makes the folder, and refuses outputs that exist already: `suffixes` are all that will be
    /// written.
    pub(super) fn open(output: &Output, suffixes: &[&str]) -> Result<Self, Error> {
        let directory = OutputDirectory::open(&output.directory, &output.prefix, output.force)?;
        let names: Vec<String> = suffixes
            .iter()
            .map(|suffix| format!("{}{suffix}", output.prefix))
            .collect();
        directory.refuse_existing(&names.iter().map(String::as_str).collect::<Vec<_>>())?;
        Ok(Self {
            directory,
            staged: Vec::new(),
            inputs: Vec::new(),
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
        let staged = self.directory.write(&self.name(suffix), bytes)?;
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
        parameters: Map<String, Value>,
    ) -> Result<Vec<PathBuf>, Error> {
        let subjects = self
            .staged
            .iter()
            .map(|(output, kind)| Subject::new(output, *kind))
            .collect();
        let mut definition = BuildDefinition {
            external_parameters: parameters,
            ..BuildDefinition::default()
        };
        let inputs = [&pipeline.index_proof].into_iter().chain(&self.inputs);
        definition.resolved_dependencies = inputs.map(Dependency::from).collect();
        definition.internal_parameters = Map::from_iter([
            ("threads".to_owned(), json!(pipeline.options.threads)),
            ("batchSize".to_owned(), json!(pipeline.options.batch_size)),
            ("backend".to_owned(), json!(pipeline.hal.isa().name())),
        ]);
        let details = RunDetails::new(
            self.directory.run_id(),
            &timestamp(pipeline.begun_at),
            &timestamp(std::time::SystemTime::now()),
        );
        let statement = Statement::new(subjects, definition, details);
        let envelope = Envelope::sign(&statement, &pipeline.key)?;
        let envelope = self
            .directory
            .write(&self.directory.envelope_name(), &envelope.to_json())?;
        let outputs: Vec<StagedOutput> =
            self.staged.into_iter().map(|(output, _)| output).collect();
        let names = outputs.iter().chain([&envelope]).map(StagedOutput::name);
        let paths = names.map(|name| self.directory.path().join(name)).collect();
        self.directory.publish(outputs, envelope)?;
        Ok(paths)
    }
}
