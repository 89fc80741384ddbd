//! The crate from outside: what it writes, what it refuses, and what others make of it.
#![allow(clippy::unwrap_used)]

mod digests;
mod envelopes;
mod inputs;
mod interoperability;
mod publishing;
mod verification;

use std::{io::Write, path::Path};

use fafnir_attest::{
    AttestError, FileDigest, InputProof,
    key::SigningKey,
    publish::{Claims, OutputDirectory, StagedOutput},
    statement::{BuildDefinition, RunDetails, Statement, Subject, SubjectKind},
};

/// A key in a scratch directory of its own.
fn new_key() -> SigningKey {
    let scratch = tempfile::tempdir().unwrap();
    SigningKey::generate(scratch.path().join("lab.key.pem")).unwrap()
}

/// The outputs of a run that claims its envelope alone.
fn open(
    directory: impl AsRef<Path>,
    prefix: &str,
    force: bool,
) -> Result<OutputDirectory, AttestError> {
    let claims = Claims {
        prefix,
        envelope: ".dsse.json",
        suffixes: &[],
    };
    OutputDirectory::claim(directory, &claims, force)
}

/// A statement about staged outputs, with one unclaimed input; names with `log` are records.
fn state(output: &OutputDirectory, staged: &[StagedOutput]) -> Statement {
    let subjects = staged
        .iter()
        .map(|file| {
            let record = file.name().contains("log");
            let kind = if record {
                SubjectKind::Record
            } else {
                SubjectKind::Result
            };
            Subject::new(file, kind)
        })
        .collect();
    let reads = InputProof::new("r1.fastq.gz", "reads", FileDigest::of(b"reads"), None).unwrap();
    let definition = BuildDefinition {
        resolved_dependencies: vec![(&reads).into()],
        ..BuildDefinition::default()
    };
    let day = "2026-01-01T00:00:00Z";
    Statement::new(
        subjects,
        definition,
        RunDetails::new(output.run_id(), day, day),
    )
}

/// Writes, signs and publishes a whole run.
fn run(
    directory: &Path,
    prefix: &str,
    files: &[(&str, &[u8])],
    key: &SigningKey,
    force: bool,
) -> Result<(), AttestError> {
    let output = open(directory, prefix, force)?;
    let mut staged = Vec::new();
    for (name, bytes) in files {
        let mut file = output.create(name)?;
        file.write_all(bytes).unwrap();
        staged.push(file.finish()?);
    }
    let envelope = output.sign(&state(&output, &staged), key)?;
    output.publish(staged, envelope)
}

/// Sorted names in a directory, temporary ones too.
fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
