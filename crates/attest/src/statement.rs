//! What a run states: which files came out of which, by what.
//!
//! An in-toto Statement v1 (<https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>)
//! with a SLSA Provenance v1 predicate (<https://slsa.dev/spec/v1.0/provenance>).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{AttestError, InputProof, Sha256Digest, json, name, publish::StagedOutput};

/// `_type` of every statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// `predicateType` of every statement.
pub const PREDICATE_TYPE: &str = "https://slsa.dev/provenance/v1";
/// `buildType`: germline analysis of one sample, first version of its parameters.
pub const BUILD_TYPE: &str = "urn:fafnir:germline:v1";
/// `buildType`: conversion of a sequencer's run folder to FASTQ, first version of its parameters.
pub const CONVERSION_BUILD_TYPE: &str = "urn:fafnir:bcl:v1";

/// The whole statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    #[serde(rename = "_type")]
    statement_type: String,
    /// Every file of the run but the envelope, sorted by name.
    pub subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    /// How they came to be.
    pub predicate: Provenance,
}

/// One file of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// File name in the directory of the envelope.
    pub name: String,
    /// Of its bytes.
    pub digest: DigestSet,
    /// Size and kind.
    pub annotations: SubjectAnnotations,
}

/// The digests of one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestSet {
    /// Of all bytes.
    pub sha256: Sha256Digest,
}

/// What in-toto has no field for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectAnnotations {
    /// Result or record.
    pub kind: SubjectKind,
    /// Length in bytes.
    pub size: u64,
}

/// Whether equal inputs and parameters give equal bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// They do: alignments, variants, metrics.
    Result,
    /// It tells of this one run: times, hosts, logs.
    Record,
}

/// SLSA Provenance v1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provenance {
    /// What was asked for, and of what.
    pub build_definition: BuildDefinition,
    /// This run.
    pub run_details: RunDetails,
}

/// What was asked for, and of what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BuildDefinition {
    /// [`BUILD_TYPE`] or [`CONVERSION_BUILD_TYPE`].
    pub build_type: String,
    /// What the user chose.
    pub external_parameters: Map<String, Value>,
    /// What the program chose; `developmentKey` and `envelope` are set by signing.
    pub internal_parameters: Map<String, Value>,
    /// The inputs, in the order in which they were given.
    pub resolved_dependencies: Vec<Dependency>,
}

impl Default for BuildDefinition {
    fn default() -> Self {
        Self {
            build_type: BUILD_TYPE.to_owned(),
            external_parameters: Map::new(),
            internal_parameters: Map::new(),
            resolved_dependencies: Vec::new(),
        }
    }
}

/// One input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// File name, without directories.
    pub name: String,
    /// Of the bytes that were read.
    pub digest: DigestSet,
    /// Role, size, and whether anyone had vouched for the digest.
    pub annotations: DependencyAnnotations,
}

/// What in-toto has no field for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DependencyAnnotations {
    /// False: the digest records what was read, and nobody said beforehand what it should be.
    pub claimed: bool,
    /// `reads`, `reference`, `index`, ...
    pub role: String,
    /// Length in bytes.
    pub size: u64,
}

impl From<&InputProof> for Dependency {
    fn from(proof: &InputProof) -> Self {
        Self {
            name: proof.name.clone(),
            digest: DigestSet {
                sha256: proof.digest.sha256,
            },
            annotations: DependencyAnnotations {
                claimed: proof.claimed,
                role: proof.role.clone(),
                size: proof.digest.size,
            },
        }
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunDetails {
    /// The program.
    pub builder: Builder,
    /// When and which.
    pub metadata: Metadata,
    /// Evidence that is not an output; in-toto resource descriptors.
    pub byproducts: Vec<Value>,
}

impl RunDetails {
    /// A run of this program; times as [`timestamp`] writes them.
    pub fn new(invocation_id: &str, started_on: &str, finished_on: &str) -> Self {
        Self {
            builder: Builder::default(),
            metadata: Metadata {
                invocation_id: invocation_id.to_owned(),
                started_on: started_on.to_owned(),
                finished_on: finished_on.to_owned(),
            },
            byproducts: Vec::new(),
        }
    }
}

/// The program that ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Builder {
    /// A URI.
    pub id: String,
    /// Versions by component.
    pub version: BTreeMap<String, String>,
}

impl Default for Builder {
    fn default() -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self {
            id: "urn:fafnir".to_owned(),
            version: [("fafnir".to_owned(), version)].into(),
        }
    }
}

/// Which run, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// Unique to the run.
    pub invocation_id: String,
    /// RFC 3339, UTC, by the machine's own clock.
    pub started_on: String,
    /// RFC 3339, UTC, by the machine's own clock.
    pub finished_on: String,
}

const DEVELOPMENT_KEY: &str = "developmentKey";
const ENVELOPE: &str = "envelope";

impl Subject {
    /// Names a staged output.
    pub fn new(output: &StagedOutput, kind: SubjectKind) -> Self {
        Self {
            name: output.name().to_owned(),
            digest: DigestSet {
                sha256: output.digest().sha256,
            },
            annotations: SubjectAnnotations {
                kind,
                size: output.digest().size,
            },
        }
    }
}

impl Statement {
    /// Puts a statement together; the subjects are sorted by name.
    pub fn new(
        mut subject: Vec<Subject>,
        build_definition: BuildDefinition,
        run_details: RunDetails,
    ) -> Self {
        subject.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject,
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: Provenance {
                build_definition,
                run_details,
            },
        }
    }

    /// The same statement, for an envelope of this file name: under another it does not verify,
    /// so that a copied or renamed envelope is noticed.
    #[must_use]
    pub fn for_envelope(mut self, file_name: &str) -> Self {
        let definition = &mut self.predicate.build_definition;
        let parameters = &mut definition.internal_parameters;
        parameters.insert(ENVELOPE.to_owned(), file_name.into());
        self
    }

    /// File name of the envelope that it was signed for.
    pub fn envelope(&self) -> Option<&str> {
        let parameters = &self.predicate.build_definition.internal_parameters;
        parameters.get(ENVELOPE)?.as_str()
    }

    /// Whether the signer said that its key is only a machine's development key.
    pub fn is_signed_by_development_key(&self) -> bool {
        let parameters = &self.predicate.build_definition.internal_parameters;
        parameters.get(DEVELOPMENT_KEY) == Some(&Value::Bool(true))
    }

    /// The payload: sorted keys, no white space. Equal statements give equal bytes.
    pub(crate) fn to_json(&self, development_key: bool) -> Result<Vec<u8>, AttestError> {
        let mut stated = self.clone();
        stated
            .predicate
            .build_definition
            .internal_parameters
            .insert(DEVELOPMENT_KEY.to_owned(), development_key.into());
        stated.check()?;
        serde_json::to_value(&stated)
            .map(|value| json::canonical(&value))
            .map_err(|error| AttestError::Statement(error.to_string()))
    }

    /// Parses a payload. Unknown and repeated fields are refused: an older program must not pass
    /// over what a newer one found worth stating.
    ///
    /// # Errors
    ///
    /// [`AttestError::Statement`], also for other types than ours, no subject, and subjects that
    /// are repeated or whose name is not a plain file name.
    pub fn from_json(payload: &[u8]) -> Result<Self, AttestError> {
        let refuse = |reason: String| AttestError::Statement(reason);
        let value = json::parse(payload).map_err(|error| refuse(error.to_string()))?;
        let statement: Self =
            serde_json::from_value(value).map_err(|error| refuse(error.to_string()))?;
        statement.check()?;
        Ok(statement)
    }

    fn check(&self) -> Result<(), AttestError> {
        let definition = &self.predicate.build_definition;
        let types = [
            (&self.statement_type, STATEMENT_TYPE),
            (&self.predicate_type, PREDICATE_TYPE),
        ];
        let build_type = match definition.build_type.as_str() {
            CONVERSION_BUILD_TYPE => CONVERSION_BUILD_TYPE,
            _ => BUILD_TYPE,
        };
        let types = types
            .into_iter()
            .chain([(&definition.build_type, build_type)]);
        for (found, expected) in types {
            if found != expected {
                return Err(AttestError::Statement(format!(
                    "type {found:?} instead of {expected:?}"
                )));
            }
        }
        if self.subject.is_empty() {
            return Err(AttestError::Statement("it lists no file".to_owned()));
        }
        let mut names = BTreeSet::new();
        for Subject { name, .. } in &self.subject {
            name::refuse(name).map_err(|reason| {
                AttestError::Statement(format!("subject name {name:?} {reason}"))
            })?;
            if !names.insert(name) {
                return Err(AttestError::Statement(format!(
                    "subject {name:?} is listed twice"
                )));
            }
        }
        Ok(())
    }
}

/// `time` in RFC 3339, UTC, to the second: `2026-01-31T23:59:59Z`. Times before 1970 count as
/// its first second.
pub fn timestamp(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil_from_days(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Proleptic Gregorian date of a day counted from 1970-01-01. Years start in March here, so
/// that the leap day comes last.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    const DAYS_TO_1970: u64 = 719_468; // from 0000-03-01
    let days = days + DAYS_TO_1970;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year_of_era + carry, month, day)
}

#[cfg(test)]
mod tests;
