//! All outputs of one run.

use std::{
    collections::BTreeSet,
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use super::{
    leftovers,
    staged::{Marker, StagedFile, StagedOutput, new_run_id, refuse_existing, sync_directory},
};
use crate::{
    AttestError, dsse::Envelope, key::SigningKey, name, statement::Statement,
    verify::ENVELOPE_SUFFIX,
};

/// Every name that a run takes for itself, written or not.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'a> {
    /// What the names of the outputs start with.
    pub prefix: &'a str,
    /// What the envelope's name adds to it: `.dsse.json`, or for commands whose results lie
    /// beside each other another one that ends so, such as `.call.dsse.json`.
    pub envelope: &'a str,
    /// What the other names add to it: each file that the command writes with any options, and
    /// those that other tools make from its outputs and that readers prefer to ours
    /// (`.bam.csi`): an old one beside new data gives wrong answers.
    pub suffixes: &'a [&'a str],
}

/// The directory and the names of one run's outputs.
#[derive(Debug)]
pub struct OutputDirectory {
    directory: PathBuf,
    prefix: String,
    envelope: String,
    claimed: BTreeSet<String>,
    force: bool,
    run: String,
    /// Held for the outputs that tell nobody by themselves whose they are.
    marker: Mutex<Option<Marker>>,
}

impl OutputDirectory {
    /// Makes the directory where it is missing, and refuses, unless `force`, when anything has
    /// one of the claimed names: to be called before the work starts. Files under other names,
    /// other envelopes with this prefix and their files too, are left alone.
    ///
    /// # Errors
    ///
    /// [`AttestError::OutputExists`], [`AttestError::OutputName`] for what makes no plain file
    /// name, [`AttestError::Write`].
    pub fn claim(
        directory: impl AsRef<Path>,
        claims: &Claims<'_>,
        force: bool,
    ) -> Result<Self, AttestError> {
        let directory = directory.as_ref();
        let prefix = claims.prefix;
        refuse_name(prefix)?;
        let envelope = format!("{prefix}{}", claims.envelope);
        if !envelope.ends_with(ENVELOPE_SUFFIX) {
            return Err(AttestError::OutputName {
                name: envelope,
                reason: "is no name of an envelope",
            });
        }
        let mut claimed: BTreeSet<_> = claims
            .suffixes
            .iter()
            .map(|suffix| format!("{prefix}{suffix}"))
            .collect();
        claimed.insert(envelope.clone());
        claimed.iter().try_for_each(|name| refuse_name(name))?;
        fs::create_dir_all(directory).map_err(AttestError::write(directory))?;
        let output = Self {
            directory: directory.to_owned(),
            prefix: prefix.to_owned(),
            envelope,
            claimed,
            force,
            run: new_run_id()?,
            marker: Mutex::default(),
        };
        output.refuse_existing(output.claimed.iter().map(String::as_str))?;
        leftovers::sweep(directory, |name| leftovers::is_of(prefix, name));
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

    /// The name of this run's envelope.
    pub fn envelope_name(&self) -> &str {
        &self.envelope
    }

    fn refuse_existing<'a>(
        &self,
        file_names: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), AttestError> {
        if self.force {
            return Ok(());
        }
        file_names
            .into_iter()
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

    /// Starts an output that is one of thousands at a time: it takes no buffer, and is open only
    /// while it is written to, so write large pieces.
    ///
    /// # Errors
    ///
    /// As [`OutputDirectory::create`].
    pub fn create_one_of_many(&self, file_name: &str) -> Result<StagedFile, AttestError> {
        refuse_name(file_name)?;
        self.refuse_existing([file_name])?;
        self.mark()?;
        StagedFile::create_closed(&self.directory, file_name, &self.run)
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

    /// Signs a statement about the outputs and stages the envelope.
    ///
    /// # Errors
    ///
    /// As [`Envelope::sign`] and [`OutputDirectory::create`].
    pub fn sign(
        &self,
        statement: &Statement,
        key: &SigningKey,
    ) -> Result<StagedOutput, AttestError> {
        let statement = statement.clone().for_envelope(&self.envelope);
        let envelope = Envelope::sign(&statement, key)?;
        self.write(&self.envelope, &envelope.to_json())
    }

    /// Gives all outputs their names, the envelope last.
    ///
    /// With `force`, the envelope of an earlier result is removed before the first of its files
    /// is replaced, so that at no moment, power cuts included, a statement lies beside files
    /// that it does not describe; then what has a claimed name but is not written by this run is
    /// removed. Without `force` nothing is overwritten, not even what appears at the same moment,
    /// where the file system has hard links. After an error nothing of this run lies under a final name.
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
        self.refuse_existing(self.claimed.iter().map(String::as_str))?;
        self.refuse_existing(outputs.iter().map(StagedOutput::name))?;
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
            self.remove_old(outputs)?;
        }
        for output in outputs {
            output.give_name(self.force)?;
        }
        // The files are durable before the statement about them is.
        sync_directory(&self.directory)?;
        self.unmark();
        envelope.give_name(self.force)?;
        sync_directory(&self.directory)
    }

    /// Removes the claimed files that no output replaces, envelopes first.
    fn remove_old(&self, outputs: &[StagedOutput]) -> Result<(), AttestError> {
        let replaced: BTreeSet<_> = outputs.iter().map(StagedOutput::name).collect();
        let (envelopes, files): (Vec<_>, Vec<_>) = self
            .claimed
            .iter()
            .filter(|name| !replaced.contains(name.as_str()))
            .partition(|name| name.ends_with(ENVELOPE_SUFFIX));
        for names in [envelopes, files] {
            for name in names {
                let path = self.directory.join(name);
                match fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(AttestError::write(path)(error));
                    }
                    _ => {}
                }
            }
            sync_directory(&self.directory)?;
        }
        Ok(())
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
        self.refuse_existing([file_name])?;
        if !leftovers::is_of(&self.prefix, file_name) {
            self.mark()?;
        }
        StagedFile::create(&self.directory, file_name, &self.run, md5)
    }

    /// Lets another run find out whether this one lives.
    fn mark(&self) -> Result<(), AttestError> {
        let mut marker = self.marker.lock().unwrap_or_else(PoisonError::into_inner);
        if marker.is_none() {
            *marker = Some(Marker::create(&self.directory, &self.prefix, &self.run)?);
        }
        Ok(())
    }

    fn unmark(&self) {
        *self.marker.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn refuse_name(file_name: &str) -> Result<(), AttestError> {
    name::refuse(file_name).map_err(|reason| AttestError::OutputName {
        name: file_name.to_owned(),
        reason,
    })
}
