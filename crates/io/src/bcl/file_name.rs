//! Names of demultiplexed FASTQ files.
//!
//! `<Sample_ID>_S<n>_L00<lane>_R<read>_001.fastq.gz` and `Undetermined_S0_...`, as BCL Convert's
//! page "Output Files" gives them. Lanes are left out with `NoLaneSplitting`.

use std::path::PathBuf;

/// The name of what no sample claims.
pub const UNDETERMINED: &str = "Undetermined";

/// Longest name of a sample or project, from Illumina's specification of sample sheets.
const MAX_NAME: usize = 100;

/// How files are named and placed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileNaming {
    /// One file for all lanes, without `_L00<lane>`.
    pub no_lane_splitting: bool,
    /// A folder for each `Sample_Project` (`--bcl-sampleproject-subdirectories`).
    pub project_folders: bool,
    /// `Sample_Name` instead of `Sample_ID` (`--sample-name-column-enabled`). Where both this and
    /// project folders are on, a folder of the `Sample_ID` is between project and file.
    pub sample_names: bool,
}

/// A name that must not become part of a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// No name.
    #[error("is empty: give it a value")]
    Empty,
    /// Longer than allowed.
    #[error("has {0} characters: at most {MAX_NAME} are allowed")]
    TooLong(usize),
    /// A character that file systems or shells take for something else.
    #[error(
        "{name:?} has the character {character:?}: use letters, digits, '-', '_' and '.' (not first)"
    )]
    Character {
        /// The name.
        name: String,
        /// The first character that is not allowed.
        character: char,
    },
    /// A name that the converter uses itself.
    #[error("{0:?} is a name of the converter's own files: choose another")]
    Reserved(String),
}

/// What a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameOf {
    /// `Sample_ID` or `Sample_Name`.
    Sample,
    /// `Sample_Project`.
    Project,
}

/// Checks that a name can be part of a path.
///
/// Illumina's specification allows letters, digits, `-` and `_` in a `Sample_ID`, 100 at most. A `.`
/// is allowed here too, not first: sheets of MiSeq have it, and it is safe.
///
/// # Errors
/// When it is empty, too long, reserved, or has another character.
pub fn check(name: &str, of: NameOf) -> Result<(), NameError> {
    let length = name.chars().count();
    if length == 0 {
        return Err(NameError::Empty);
    }
    if length > MAX_NAME {
        return Err(NameError::TooLong(length));
    }
    let allowed = |(i, c): (usize, char)| {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || (c == '.' && i > 0)
    };
    if let Some((_, character)) = name.char_indices().find(|&at| !allowed(at)) {
        return Err(NameError::Character {
            name: name.to_owned(),
            character,
        });
    }
    let reserved: &[&str] = match of {
        NameOf::Sample => &["all", "undetermined"],
        NameOf::Project => &["all", "default", "logs", "reports", "undetermined"],
    };
    if reserved.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(NameError::Reserved(name.to_owned()));
    }
    Ok(())
}

/// What one file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileOf<'a> {
    /// `Sample_ID`; [`UNDETERMINED`] with number 0 for what no sample claims.
    pub id: &'a str,
    /// `Sample_Name`, if the sheet has one.
    pub name: Option<&'a str>,
    /// `Sample_Project`, if the sheet has one.
    pub project: Option<&'a str>,
    /// Number of the sample: its place in the sheet, from 1.
    pub number: usize,
    /// Lane, from 1.
    pub lane: u8,
    /// Whether it is an index read: `I` rather than `R`.
    pub is_index: bool,
    /// Number of the read among those of its kind, from 1.
    pub read: usize,
}

impl FileNaming {
    /// The path of a file, relative to the output folder.
    ///
    /// # Errors
    /// When a part of it is not allowed in a path.
    pub fn path(&self, file: &FileOf<'_>) -> Result<PathBuf, NameError> {
        let determined = file.number > 0;
        if determined {
            check(file.id, NameOf::Sample)?;
        }
        let name = file
            .name
            .filter(|name| self.sample_names && !name.is_empty());
        if let Some(name) = name {
            check(name, NameOf::Sample)?;
        }
        let project = file
            .project
            .filter(|project| determined && self.project_folders && !project.is_empty());
        let mut path = PathBuf::new();
        if let Some(project) = project {
            check(project, NameOf::Project)?;
            path.push(project);
            if name.is_some() {
                path.push(file.id);
            }
        }
        let lane = if self.no_lane_splitting {
            String::new()
        } else {
            format!("_L{:03}", file.lane)
        };
        let kind = if file.is_index { 'I' } else { 'R' };
        path.push(format!(
            "{}_S{}{lane}_{kind}{}_001.fastq.gz",
            name.unwrap_or(file.id),
            file.number,
            file.read
        ));
        Ok(path)
    }
}
