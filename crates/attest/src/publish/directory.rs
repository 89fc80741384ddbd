//! All outputs of one run.

use std::{
    collections::BTreeSet,
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use super::{
    leftovers,
    staged::{StagedFile, StagedOutput, new_run_id, refuse_existing, sync_directory},
};
use crate::{AttestError, name, verify::ENVELOPE_SUFFIX};

/// The directory and prefix of one run's outputs.
#[derive(Debug)]
pub struct OutputDirectory {
    directory: PathBuf,
    prefix: String,
    force: bool,
    run: String,
}

impl OutputDirectory {
    /// Makes the directory where it is missing, and refuses an earlier signed result with this
    /// prefix unless `force`.
    ///
    /// # Errors
    ///
    /// [`AttestError::OutputExists`], [`AttestError::OutputName`] for a prefix that is no plain
    /// file name, [`AttestError::Write`].
    pub fn open(
        directory: impl AsRef<Path>,
        prefix: &str,
        force: bool,
    ) -> Result<Self, AttestError> {
        let directory = directory.as_ref();
        refuse_name(prefix)?;
        fs::create_dir_all(directory).map_err(AttestError::write(directory))?;
        let output = Self {
            directory: directory.to_owned(),
            prefix: prefix.to_owned(),
            force,
            run: new_run_id()?,
        };
        output.refuse_existing(&[&output.envelope_name()])?;
        leftovers::sweep(directory, |name| {
            name.strip_prefix(prefix)
                .is_some_and(|rest| rest.starts_with(['.', '-']))
        });
        Ok(output)
    }

    /// Where the outputs go.
    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// What their names start with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Random, in the temporary names of this run; also fit for the statement's invocation id.
    pub fn run_id(&self) -> &str {
        &self.run
    }

    /// The name of this run's envelope: `PREFIX.dsse.json`.
    pub fn envelope_name(&self) -> String {
        format!("{}{ENVELOPE_SUFFIX}", self.prefix)
    }

    /// Refuses, unless `force`, when one of these outputs exists: to be called with all planned
    /// names before the work starts.
    ///
    /// # Errors
    ///
    /// [`AttestError::OutputExists`].
    pub fn refuse_existing(&self, file_names: &[&str]) -> Result<(), AttestError> {
        if self.force {
            return Ok(());
        }
        file_names
            .iter()
            .try_for_each(|file_name| refuse_existing(&self.directory.join(file_name)))
    }

    /// Starts an output.
    ///
    /// # Errors
    ///
    /// [`AttestError::OutputExists`], [`AttestError::OutputName`], [`AttestError::Write`].
    pub fn create(&self, file_name: &str) -> Result<StagedFile, AttestError> {
        self.start(file_name, false)
    }

    /// Starts an output of which MD5 is wanted too.
    ///
    /// # Errors
    ///
    /// As [`OutputDirectory::create`].
    pub fn create_with_md5(&self, file_name: &str) -> Result<StagedFile, AttestError> {
        self.start(file_name, true)
    }

    /// Stages a small output that lies in memory.
    ///
    /// # Errors
    ///
    /// As [`OutputDirectory::create`].
    pub fn write(&self, file_name: &str, bytes: &[u8]) -> Result<StagedOutput, AttestError> {
        let mut file = self.create(file_name)?;
        file.write_all(bytes)
            .map_err(AttestError::write(self.directory.join(file_name)))?;
        file.finish()
    }

    /// Gives all outputs their names, the envelope last.
    ///
    /// With `force`, the envelope of an earlier result is removed before the first of its files
    /// is replaced, so that at no moment, power cuts included, a statement lies beside files
    /// that it does not describe. After an error nothing of this run lies under a final name.
    ///
    /// # Errors
    ///
    /// [`AttestError::OutputExists`] for what appeared while the run was going,
    /// [`AttestError::OutputName`], [`AttestError::Write`].
    pub fn publish(
        &self,
        mut outputs: Vec<StagedOutput>,
        mut envelope: StagedOutput,
    ) -> Result<(), AttestError> {
        self.refuse_mixed_up(&outputs, &envelope)?;
        for output in outputs.iter().chain([&envelope]) {
            self.refuse_existing(&[output.name()])?;
        }
        let result = self.rename_all(&mut outputs, &mut envelope);
        if result.is_err() {
            for output in outputs.iter().chain([&envelope]) {
                output.withdraw();
            }
        }
        result
    }

    fn rename_all(
        &self,
        outputs: &mut [StagedOutput],
        envelope: &mut StagedOutput,
    ) -> Result<(), AttestError> {
        if self.force {
            match fs::remove_file(envelope.target()) {
                Ok(()) => sync_directory(&self.directory)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(AttestError::write(envelope.target())(error)),
            }
        }
        for output in outputs {
            output.rename()?;
        }
        // The files are durable before the statement about them is.
        sync_directory(&self.directory)?;
        envelope.rename()?;
        sync_directory(&self.directory)
    }

    fn refuse_mixed_up(
        &self,
        outputs: &[StagedOutput],
        envelope: &StagedOutput,
    ) -> Result<(), AttestError> {
        let bad = |output: &StagedOutput, reason| AttestError::OutputName {
            name: output.name().to_owned(),
            reason,
        };
        if envelope.name() != self.envelope_name() {
            return Err(bad(envelope, "is not the name of this run's envelope"));
        }
        let mut names = BTreeSet::new();
        for output in outputs.iter().chain([envelope]) {
            if output.target().parent() != Some(&self.directory) {
                return Err(bad(output, "was staged for another directory"));
            }
            if !names.insert(output.name()) {
                return Err(bad(output, "was written twice"));
            }
        }
        Ok(())
    }

    fn start(&self, file_name: &str, md5: bool) -> Result<StagedFile, AttestError> {
        refuse_name(file_name)?;
        self.refuse_existing(&[file_name])?;
        StagedFile::create(&self.directory, file_name, &self.run, md5)
    }
}

fn refuse_name(file_name: &str) -> Result<(), AttestError> {
    name::refuse(file_name).map_err(|reason| AttestError::OutputName {
        name: file_name.to_owned(),
        reason,
    })
}
