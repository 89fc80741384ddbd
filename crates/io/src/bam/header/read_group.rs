//! Read groups: `@RG`.

use std::fmt;

use crate::text::one_line;

/// A read group, the reads of one sample, library and run. Empty values are left out of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadGroup {
    /// `ID`: unique in the file.
    pub id: String,
    /// `SM`: sample.
    pub sample: String,
    /// `LB`: library; duplicates are looked for within one.
    pub library: String,
    /// `PL`: platform, like `ILLUMINA`.
    pub platform: String,
    /// `PU`: platform unit, flow cell and lane.
    pub unit: String,
    /// `CN`: sequencing center.
    pub center: String,
    /// `DS`: description.
    pub description: String,
    /// `DT`: date of the run.
    pub date: String,
    /// Other fields in the order given: tag and value.
    pub other: Vec<(String, String)>,
}

/// What can be wrong with a read group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadGroupError {
    /// Not an `@RG` line.
    #[error("read group {0:?} does not start with '@RG' and a tab: give '@RG\\tID:...\\tSM:...'")]
    Start(String),
    /// A field that is no `XX:value`.
    #[error("field {0:?} of the read group is not of the form 'XX:value'")]
    Field(String),
    /// A tag that is none, or that names a field of [`ReadGroup`].
    #[error(
        "{0:?} cannot be the tag of a further field of the read group: give a letter and a letter or digit, other than those that have an option of their own"
    )]
    Tag(String),
    /// A field that is there twice.
    #[error("field {0} occurs twice in the read group")]
    Duplicate(String),
    /// A field that must be there.
    #[error("the read group has no {0}: add it")]
    Missing(&'static str),
    /// A character that cannot stand in a header.
    #[error("value {value:?} of the read group's {tag} has a control or non-ASCII character")]
    Character {
        /// The tag.
        tag: String,
        /// Its value.
        value: String,
    },
}

impl ReadGroup {
    /// Reads a line as `bwa mem -R` takes it: `@RG\tID:..\tSM:..`, with tabs or with `\t`.
    ///
    /// # Errors
    /// When it is no valid `@RG` line or lacks ID or SM.
    pub fn parse(line: &str) -> Result<Self, ReadGroupError> {
        let group = Self::from_line(&line.replace("\\t", "\t"))?;
        group.validate()?;
        Ok(group)
    }

    /// Checks that the group can be written and names its sample.
    ///
    /// # Errors
    /// When ID or SM is missing, a value has characters that a header cannot hold, or the tag of
    /// one of `other` is no tag, is one of the fields above, or is there twice.
    pub fn validate(&self) -> Result<(), ReadGroupError> {
        if self.id.is_empty() {
            return Err(ReadGroupError::Missing("ID"));
        }
        if self.sample.is_empty() {
            return Err(ReadGroupError::Missing("SM"));
        }
        for (tag, value) in self.fields() {
            // SAM lets descriptions be UTF-8.
            let allowed = |c: char| matches!(c, ' '..='~') || tag == "DS" && !c.is_control();
            if !value.chars().all(allowed) {
                return Err(ReadGroupError::Character {
                    tag: tag.to_owned(),
                    value: value.to_owned(),
                });
            }
        }
        for (i, (tag, _)) in self.other.iter().enumerate() {
            if !is_tag(tag) || STANDARD.contains(&tag.as_str()) {
                return Err(ReadGroupError::Tag(tag.clone()));
            }
            if self.other[..i].iter().any(|(earlier, _)| earlier == tag) {
                return Err(ReadGroupError::Duplicate(tag.clone()));
            }
        }
        Ok(())
    }

    /// Reads a line of a header, whatever fields it lacks.
    pub(super) fn from_line(line: &str) -> Result<Self, ReadGroupError> {
        let mut fields = line.trim_end_matches(['\n', '\r']).split('\t');
        if fields.next() != Some("@RG") {
            return Err(ReadGroupError::Start(line.to_owned()));
        }
        let mut group = Self::default();
        let mut seen = Vec::new();
        for field in fields {
            let Some((tag, value)) = field.split_once(':').filter(|(tag, _)| is_tag(tag)) else {
                return Err(ReadGroupError::Field(field.to_owned()));
            };
            if seen.contains(&tag) {
                return Err(ReadGroupError::Duplicate(tag.to_owned()));
            }
            seen.push(tag);
            let value = value.to_owned();
            match tag {
                "ID" => group.id = value,
                "SM" => group.sample = value,
                "LB" => group.library = value,
                "PL" => group.platform = value,
                "PU" => group.unit = value,
                "CN" => group.center = value,
                "DS" => group.description = value,
                "DT" => group.date = value,
                _ => group.other.push((tag.to_owned(), value)),
            }
        }
        Ok(group)
    }

    /// Tags and values that are not empty, in the order in which they are written.
    fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        [
            ("ID", &self.id),
            ("SM", &self.sample),
            ("LB", &self.library),
            ("PL", &self.platform),
            ("PU", &self.unit),
            ("CN", &self.center),
            ("DT", &self.date),
            ("DS", &self.description),
        ]
        .into_iter()
        .map(|(tag, value)| (tag, value.as_str()))
        .chain(self.other.iter().map(|(t, v)| (t.as_str(), v.as_str())))
        .filter(|(_, value)| !value.is_empty())
    }
}

impl fmt::Display for ReadGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("@RG")?;
        self.fields()
            .try_for_each(|(tag, value)| write!(f, "\t{tag}:{}", one_line(value)))
    }
}

/// Tags that have a field of their own in [`ReadGroup`].
const STANDARD: [&str; 8] = ["ID", "SM", "LB", "PL", "PU", "CN", "DS", "DT"];

fn is_tag(tag: &str) -> bool {
    matches!(tag.as_bytes(), [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphanumeric())
}
