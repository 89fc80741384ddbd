//! Sample sheets of version 1 (bcl2fastq2's `[Settings]` and `[Data]`) and 2
//! (`[BCLConvert_Settings]` and `[BCLConvert_Data]`).
//!
//! Rules are those of BCL Convert's page "Sample Sheet" and of Illumina's specification of sample
//! sheets, unless said otherwise. Names of sections, settings and columns are the same in upper and
//! lower case.

mod csv;
mod data;
mod error;
mod lane;
mod sections;
mod settings;
mod value;

pub use self::error::{SheetError, SheetErrorKind, SheetWarning};
pub use self::lane::LanePlan;
pub use self::settings::{Cell, SampleSettings, Settings};

use self::error::Located;
use self::sections::Section;

/// Version of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `[Settings]` and `[Data]`.
    V1,
    /// `[BCLConvert_Settings]` and `[BCLConvert_Data]`.
    V2,
}

/// A sample: what files are named by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The `S<n>` of file names: its place in the sheet in order of first appearance, from 1.
    pub number: usize,
    /// `Sample_ID`: letters, digits, `-`, `_` and `.`.
    pub id: String,
    /// `Sample_Name` as it stands, if any; to be checked before it becomes part of a path.
    pub name: Option<String>,
    /// `Sample_Project`, if any, checked like the `Sample_ID`.
    pub project: Option<String>,
}

/// A line of the table of samples: indexes of a sample in a lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Library {
    /// Line of the sheet, 1-based.
    pub line: usize,
    /// Lane; all lanes where the sheet has none.
    pub lane: Option<u8>,
    /// Place of its sample in [`SampleSheet::samples`].
    pub sample: usize,
    /// The indexes as the sheet has them, in upper case; empty for none.
    pub indexes: [Vec<u8>; 2],
    /// Its settings, those of the sheet where it has none of its own.
    pub settings: SampleSettings,
}

/// A sample sheet.
///
/// ```
/// use fafnir_io::bcl::sample_sheet::SampleSheet;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let text = b"[BCLConvert_Settings]\nBarcodeMismatchesIndex1,0\n\n\
///     [BCLConvert_Data]\nLane,Sample_ID,index\n1,tumour,ACGTACGT\n1,normal,TTGGCCAA\n";
/// let sheet = SampleSheet::parse("SampleSheet.csv", text)?;
/// assert_eq!(sheet.samples()[1].id, "normal");
/// assert_eq!(sheet.libraries()[1].settings.barcode_mismatches, [0, 1]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SampleSheet {
    file: String,
    version: Version,
    settings: Settings,
    samples: Vec<Sample>,
    libraries: Vec<Library>,
    index_columns: [usize; 2],
    warnings: Vec<SheetWarning>,
}

impl Version {
    fn settings_section(self) -> &'static str {
        match self {
            Self::V1 => "Settings",
            Self::V2 => "BCLConvert_Settings",
        }
    }

    fn data_section(self) -> &'static str {
        match self {
            Self::V1 => "Data",
            Self::V2 => "BCLConvert_Data",
        }
    }
}

impl SampleSheet {
    /// Reads a sheet. `file` is what errors call it.
    ///
    /// # Errors
    /// When it is no CSV of one of the versions, has settings or columns that are not known, or
    /// values that are not valid.
    pub fn parse(file: &str, text: &[u8]) -> Result<Self, SheetError> {
        parse(file, text).map_err(|(line, column, kind)| SheetError {
            file: file.to_owned(),
            line,
            column,
            kind,
        })
    }

    /// The version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Settings of the whole sheet.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Samples in order of first appearance.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Lines of the table of samples.
    pub fn libraries(&self) -> &[Library] {
        &self.libraries
    }

    /// What was passed over.
    pub fn warnings(&self) -> &[SheetWarning] {
        &self.warnings
    }

    /// An error of this sheet.
    fn error(&self, line: usize, column: usize, kind: SheetErrorKind) -> SheetError {
        SheetError {
            file: self.file.clone(),
            line,
            column,
            kind,
        }
    }
}

fn parse(file: &str, text: &[u8]) -> Result<SampleSheet, Located> {
    let sections = sections::split(csv::rows(text)?)?;
    let version = version(&sections)?;
    check_read_cycles(&sections)?;
    let mut warnings = Vec::new();
    let (settings, given) = match sections::find(&sections, version.settings_section())? {
        Some(section) => settings::read(section, version, &mut warnings)?,
        None => (Settings::default(), Vec::new()),
    };
    let name = version.data_section();
    let last = sections.last().map_or(1, |section| section.line);
    let section =
        sections::find(&sections, name)?.ok_or((last, 1, SheetErrorKind::NoData(name)))?;
    let data = data::read(section, version, &settings.samples, &given)?;
    Ok(SampleSheet {
        file: file.to_owned(),
        version,
        settings,
        samples: data.samples,
        libraries: data.libraries,
        index_columns: data.index_columns,
        warnings,
    })
}

/// Version 2 where the header says so or a section is of BCL Convert, else version 1.
fn version(sections: &[Section]) -> Result<Version, Located> {
    let of_bcl_convert = sections
        .iter()
        .any(|section| section.name.starts_with("bclconvert_"));
    let header = sections::find(sections, "Header")?;
    let file_format = header.and_then(|header| {
        header
            .rows
            .iter()
            .find(|row| row.field(0).eq_ignore_ascii_case("FileFormatVersion"))
    });
    match file_format.map(|row| (row, row.field(1))) {
        Some((row, value)) if !matches!(value, "1" | "2") => Err((
            row.line,
            2,
            SheetErrorKind::Value {
                setting: row.field(0).to_owned(),
                value: value.to_owned(),
                expected: "1 or 2",
            },
        )),
        Some((_, "2")) => Ok(Version::V2),
        _ if of_bcl_convert => Ok(Version::V2),
        _ => Ok(Version::V1),
    }
}

/// Numbers of cycles of version 2: what a run really has is RunInfo.xml's to say, but a read of no
/// cycles is to be left out.
fn check_read_cycles(sections: &[Section]) -> Result<(), Located> {
    let rows = sections::find(sections, "Reads")?.map_or(&[][..], |section| &section.rows);
    for row in rows {
        let name = row.field(0).to_ascii_lowercase();
        let is_read =
            ["read1cycles", "read2cycles", "index1cycles", "index2cycles"].contains(&name.as_str());
        if is_read
            && !row.field(1).is_empty()
            && !row.field(1).parse::<u32>().is_ok_and(|cycles| cycles > 0)
        {
            return Err((
                row.line,
                2,
                SheetErrorKind::Value {
                    setting: row.field(0).to_owned(),
                    value: row.field(1).to_owned(),
                    expected: "a number of cycles, from 1 on; leave the line out if the run has no such read",
                },
            ));
        }
    }
    Ok(())
}
