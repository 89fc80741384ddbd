//! `fafnir key`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use fafnir::{Error, SigningKey, VerifyingKey};

use super::say;

/// Make and show signing keys
#[derive(Args, Debug)]
pub(super) struct Key {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Make a P-256 signing key; its public half goes beside it as NAME.pub.pem
    New {
        /// The private key's file
        #[arg(value_name = "NAME.pem")]
        path: PathBuf,
    },
    /// Show the public half and its identifier
    Show {
        /// A private or public key [default: this machine's development key]
        #[arg(value_name = "NAME.pem")]
        path: Option<PathBuf>,
    },
}

impl Key {
    pub(super) fn run(&self) -> Result<(), Error> {
        match &self.command {
            Command::New { path } => {
                let public = path.with_extension("pub.pem");
                if public.exists() {
                    return Err(Error::usage(format!(
                        "{}: exists; keys are never overwritten",
                        public.display()
                    )));
                }
                let key = SigningKey::generate(path)?.public_key();
                std::fs::write(&public, key.to_pem())
                    .map_err(|e| Error::io(&public, "write the public key", e))?;
                say(format_args!("private key  {}", path.display()));
                say(format_args!("public key   {}", public.display()));
                say(format_args!("key id       {}", key.key_id()));
            }
            Command::Show { path } => {
                let key = match path {
                    None => SigningKey::development()?.public_key(),
                    Some(path) => public_half(path)?,
                };
                say(key.to_pem().trim_end());
                say(format_args!("key id {}", key.key_id()));
            }
        }
        Ok(())
    }
}

fn public_half(path: &PathBuf) -> Result<VerifyingKey, Error> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, "read the key", e))?;
    if text.contains("PRIVATE KEY") {
        Ok(SigningKey::load(path)?.public_key())
    } else {
        Ok(VerifyingKey::load(path)?)
    }
}
