//! Options from a file: `-c FILE`, TOML or an earlier run's `PREFIX-replay.json`. The command line
//! overrides the file.

use std::{ffi::OsString, path::Path};

use clap::{Arg, ArgAction, ArgMatches, Command, parser::ValueSource};
use fafnir::{Error, InputProof, Verified};
use serde_json::{Map, Value};

/// Puts the options of the file that `-c` names, if any, among the arguments; gives proof of the
/// file too.
///
/// A file has the long names of the options as keys, or DRAGEN's where they differ, at the top or
/// in a table with the subcommand's name; `-1` and `-2` are `fastq-file1` and `fastq-file2`. What
/// conflicts with the command line is left out.
///
/// # Errors
///
/// [`fafnir::Class::Usage`] for a file that cannot be read, a key that is no option, or a value
/// that cannot be one.
pub(super) fn merge(
    command: &Command,
    args: Vec<OsString>,
) -> Result<(Vec<OsString>, Option<InputProof>), Error> {
    // Errors of the command line itself are for the real parse to report.
    let Ok(matches) = command
        .clone()
        .ignore_errors(true)
        .try_get_matches_from(&args)
    else {
        return Ok((args, None));
    };
    let Some((name, given)) = matches.subcommand() else {
        return Ok((args, None));
    };
    let Some(subcommand) = command.find_subcommand(name) else {
        return Ok((args, None));
    };
    if !given.ids().any(|id| id == "config_file") {
        return Ok((args, None));
    }
    let Some(path) = given.get_one::<std::path::PathBuf>("config_file") else {
        return Ok((args, None));
    };
    let file = Verified::read(path, None)
        .map_err(|e| Error::usage(format!("-c: {e}")))?
        .with_role("options");
    let options = parse(path, file.get(), name)?;
    let from_file = arguments(subcommand, given, path, &options)?;
    let at = args
        .iter()
        .position(|a| a == name)
        .map_or(args.len(), |i| i + 1);
    let mut merged = args;
    merged.splice(at..at, from_file);
    Ok((merged, Some(file.proof().clone())))
}

/// The options that `command` works with, under their long names, for `PREFIX-replay.json`.
pub(super) fn replay(command: &Command, matches: &ArgMatches) -> Map<String, Value> {
    let mut options = Map::new();
    for arg in command.get_arguments() {
        let (id, Some(long)) = (arg.get_id().as_str(), arg.get_long()) else {
            continue;
        };
        // What is replaced by force is decided each time anew.
        if matches!(id, "config_file" | "force" | "help" | "version") {
            continue;
        }
        let value = match arg.get_action() {
            ArgAction::SetTrue => Value::Bool(matches.get_flag(id)),
            action => {
                let Some(values) = matches.get_raw(id) else {
                    continue;
                };
                let mut values: Vec<Value> = values
                    .map(|v| Value::String(v.to_string_lossy().into_owned()))
                    .collect();
                if matches!(action, ArgAction::Append) {
                    Value::Array(values)
                } else {
                    values.swap_remove(0)
                }
            }
        };
        options.insert(long.to_owned(), value);
    }
    options
}

fn parse(path: &Path, bytes: &[u8], command: &str) -> Result<Map<String, Value>, Error> {
    let wrong = |why: String| Error::usage(format!("{}: {why}", path.display()));
    let text = std::str::from_utf8(bytes).map_err(|e| wrong(format!("it is no text: {e}")))?;
    if text.trim_start().starts_with('{') {
        let replay: Value = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
        return match replay {
            Value::Object(mut replay) => match replay.remove("options") {
                Some(Value::Object(options)) => Ok(options),
                _ => Err(wrong("there is no object \"options\" in it".into())),
            },
            _ => Err(wrong("it is no replay file".into())),
        };
    }
    let table: Map<String, Value> =
        toml::from_str(text).map_err(|e| wrong(e.to_string().trim_end().to_owned()))?;
    let mut options = Map::new();
    for (key, value) in table {
        match value {
            Value::Object(section) if key == command => options.extend(section),
            // DRAGEN's section of mapping options.
            Value::Object(section) if key == "Aligner" => {
                let named = section.into_iter();
                options.extend(named.map(|(name, value)| (format!("Aligner.{name}"), value)));
            }
            // The table of another subcommand.
            Value::Object(_) => {}
            value => {
                options.entry(key).or_insert(value);
            }
        }
    }
    Ok(options)
}

fn arguments(
    command: &Command,
    given: &ArgMatches,
    path: &Path,
    options: &Map<String, Value>,
) -> Result<Vec<OsString>, Error> {
    let mut arguments = Vec::new();
    for (key, value) in options {
        let wrong = |why: &str| Error::usage(format!("{}: {key}: {why}", path.display()));
        let arg = command
            .get_arguments()
            .find(|a| {
                let aliases = a.get_all_aliases().unwrap_or_default();
                a.get_long() == Some(key) || aliases.contains(&key.as_str())
            })
            .ok_or_else(|| wrong(&format!("fafnir {} has no such option", command.get_name())))?;
        if is_given(given, arg) || conflicts(command, given, arg) {
            continue;
        }
        let values = match value {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        for value in values {
            let text = match (arg.get_action(), value) {
                (ArgAction::SetTrue, Value::Bool(true)) => {
                    arguments.push(format!("--{key}").into());
                    continue;
                }
                (ArgAction::SetTrue, Value::Bool(false)) => continue,
                (ArgAction::SetTrue, _) => return Err(wrong("true or false is wanted")),
                (_, Value::String(text)) => text.clone(),
                (_, Value::Number(number)) => number.to_string(),
                (_, Value::Bool(truth)) => truth.to_string(),
                _ => return Err(wrong("a value or a list of values is wanted")),
            };
            // A default that a replay repeats must not conflict with what was really given.
            if arg.get_default_values().iter().any(|d| *d == *text) {
                continue;
            }
            arguments.push(format!("--{key}={text}").into());
        }
    }
    Ok(arguments)
}

fn is_given(given: &ArgMatches, arg: &Arg) -> bool {
    given.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine)
}

/// Whether something on the command line excludes `arg`: a conflict is declared on either side.
fn conflicts(command: &Command, given: &ArgMatches, arg: &Arg) -> bool {
    let excludes = |one: &Arg, other: &Arg| {
        let excluded = command.get_arg_conflicts_with(one);
        excluded.iter().any(|a| a.get_id() == other.get_id())
    };
    command
        .get_arguments()
        .filter(|other| is_given(given, other))
        .any(|other| excludes(arg, other) || excludes(other, arg))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(subcommand)]
        command: Sub,
    }

    #[derive(Subcommand)]
    enum Sub {
        Run(Run),
    }

    #[derive(Args, Debug, PartialEq)]
    struct Run {
        #[arg(short, long)]
        config_file: Option<std::path::PathBuf>,
        #[arg(short = '1', long = "fastq-file1", required = true)]
        first: Vec<String>,
        #[arg(long = "RGSM", required_unless_present = "line", default_value = "")]
        sample: String,
        #[arg(short = 'R', long = "read-group", conflicts_with = "sample")]
        line: Option<String>,
        #[arg(long)]
        force: bool,
        #[arg(short, long, default_value_t = 4, alias = "num-threads")]
        threads: usize,
        #[arg(long = "Aligner.sec-aligns", default_value_t = 0)]
        secondary: u32,
    }

    fn merged(file: &str, more: &[&str]) -> Result<Run, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("options");
        fs::write(&path, file).unwrap();
        let mut args: Vec<OsString> = vec!["fafnir".into(), "run".into(), "-c".into()];
        args.push(path.into());
        args.extend(more.iter().map(OsString::from));
        let (args, proof) = merge(&Program::command(), args)?;
        assert_eq!(proof.unwrap().role, "options");
        let matches = Program::command().get_matches_from(args);
        let Sub::Run(mut run) = Program::from_arg_matches(&matches).unwrap().command;
        run.config_file = None;
        Ok(run)
    }

    #[test]
    fn command_line_overrides_the_file() {
        let file = "threads = 8\nforce = true\nRGSM = \"a\"\n[run]\nfastq-file1 = [\"x\", \"y\"]\n\
            [call]\nother = 1\n";
        let run = merged(file, &[]).unwrap();
        assert_eq!(run.first, ["x", "y"]);
        assert_eq!(
            (run.sample.as_str(), run.force, run.threads),
            ("a", true, 8)
        );
        let run = merged(file, &["--RGSM", "b", "-1", "z", "-t", "2"]).unwrap();
        assert_eq!(run.first, ["z"]);
        assert_eq!(
            (run.sample.as_str(), run.force, run.threads),
            ("b", true, 2)
        );
    }

    #[test]
    fn what_conflicts_with_the_command_line_is_left_out() {
        let file = "fastq-file1 = \"x\"\nRGSM = \"a\"\nnum-threads = 3\n";
        let run = merged(file, &["-R", "@RG"]).unwrap();
        assert_eq!((run.sample.as_str(), run.threads), ("", 3));
        let file = "fastq-file1 = \"x\"\nread-group = \"@RG\"\n";
        let run = merged(file, &["--RGSM", "b"]).unwrap();
        assert_eq!((run.sample.as_str(), run.line), ("b", None));
    }

    #[test]
    fn a_missing_file_is_wrong_usage() {
        let args = ["fafnir", "run", "-c", "nowhere.toml"].map(OsString::from);
        let error = merge(&Program::command(), args.into()).unwrap_err();
        assert_eq!(error.class(), fafnir::Class::Usage);
        assert!(error.to_string().contains("nowhere.toml"), "{error}");
    }

    #[test]
    fn a_replay_is_a_file_of_options() {
        let args = ["fafnir", "run", "-1", "x", "-1", "y", "--RGSM", "s"];
        let matches = Program::command().get_matches_from(args);
        let (_, matches) = matches.subcommand().unwrap();
        let command = Program::command();
        let options = replay(command.find_subcommand("run").unwrap(), matches);
        let file = serde_json::json!({ "command": "run", "options": options }).to_string();
        let run = merged(&file, &[]).unwrap();
        assert_eq!(run.first, ["x", "y"]);
        assert_eq!(
            (run.sample.as_str(), run.force, run.threads),
            ("s", false, 4)
        );
    }

    #[test]
    fn mapping_options_have_a_section() {
        let file = "fastq-file1 = \"x\"\nRGSM = \"s\"\n[Aligner]\nsec-aligns = 2\n";
        assert_eq!(merged(file, &[]).unwrap().secondary, 2);
        let error = merged("[Aligner]\nnone = 1\n", &["-1", "x"]).unwrap_err();
        assert!(error.to_string().contains("Aligner.none"), "{error}");
    }

    #[test]
    fn unknown_keys_are_refused() {
        let error = merged("thread = 8", &["-1", "x", "--RGSM", "s"]).unwrap_err();
        assert_eq!(error.class(), fafnir::Class::Usage);
        assert!(
            error
                .to_string()
                .contains("thread: fafnir run has no such option")
        );
    }
}
