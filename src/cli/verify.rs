//! `fafnir verify`

use std::path::PathBuf;

use clap::Args;
use fafnir::{Error, VerifyingKey, verify_path};

use super::say;

/// Check that signed results are complete and unchanged
///
/// Every signature, every file's size and SHA-256 are checked; a changed, missing or unlisted file
/// is refused with exit status 11.
#[derive(Args, Debug)]
pub(super) struct Verify {
    /// Folders of results, or single PREFIX.dsse.json files
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    /// Public key (PEM) that is trusted; may be repeated [default: this machine's development key]
    #[arg(long = "key", value_name = "KEY.pub.pem")]
    keys: Vec<PathBuf>,

    /// Say nothing where all is well
    #[arg(short, long)]
    quiet: bool,
}

impl Verify {
    pub(super) fn run(&self) -> Result<(), Error> {
        let keys = trusted(&self.keys)?;
        for path in &self.paths {
            let report = verify_path(path, &keys)?;
            if self.quiet {
                continue;
            }
            for envelope in &report.envelopes {
                let proves = proves(envelope.statement.is_signed_by_development_key());
                for id in &envelope.key_ids {
                    say(format_args!("{}: signed by {id}{proves}", envelope.name));
                }
            }
            for file in &report.files {
                say(format_args!(
                    "{}: unchanged, sha256 {}",
                    file.name, file.sha256
                ));
            }
            say(format_args!("{}: verified", path.display()));
        }
        Ok(())
    }
}

/// What is said of a key behind its identifier.
pub(super) fn proves(development: bool) -> &'static str {
    match development {
        true => ", a development key: proves integrity, not who made it",
        false => "",
    }
}

/// The keys that are trusted: those in `paths`, else this machine's development key.
pub(super) fn trusted(paths: &[PathBuf]) -> Result<Vec<VerifyingKey>, Error> {
    if paths.is_empty() {
        let key = VerifyingKey::development()?.ok_or_else(|| {
            Error::usage(
                "there is no development key on this machine; name the signer's public key \
                 with --key",
            )
        })?;
        return Ok(vec![key]);
    }
    paths
        .iter()
        .map(|path| Ok(VerifyingKey::load(path)?))
        .collect()
}
