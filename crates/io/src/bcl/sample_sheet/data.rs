//! The table of samples: `[Data]` or `[BCLConvert_Data]`.

use rustc_hash::FxHashMap;

use super::csv::Row;
use super::error::{Located, SheetErrorKind};
use super::sections::{self, Section};
use super::settings::{Cell, OF_SAMPLES, SampleSettings};
use super::{Library, Sample, Version, value};
use crate::bcl::file_name::{self, NameOf};

/// Columns that describe a sample to people and to other programs, and those that tell an aligner
/// its read group. Nothing in a conversion depends on them.
const DESCRIPTIVE: [&str; 19] = [
    "sample_plate",
    "sample_well",
    "sample_type",
    "index_plate",
    "index_plate_well",
    "i7_index_id",
    "i5_index_id",
    "description",
    "libraryname",
    "libraryprepkitname",
    "indexadapterkitname",
    "index_id",
    "rgid",
    "rgsm",
    "rglb",
    "rgpl",
    "rgpu",
    "rgcn",
    "rgpm",
];

/// What the table has.
pub(super) struct Data {
    pub(super) samples: Vec<Sample>,
    pub(super) libraries: Vec<Library>,
    /// Columns of the two indexes, 1-based; 1 where there is none.
    pub(super) index_columns: [usize; 2],
}

/// Where the columns are.
struct Columns {
    lane: Option<usize>,
    sample_id: usize,
    sample_name: Option<usize>,
    sample_project: Option<usize>,
    indexes: [Option<usize>; 2],
    /// Settings of samples: place and name.
    settings: Vec<(usize, String)>,
    number: usize,
}

/// Reads the table. `global` are the settings of the sheet and the lines of those that are given.
pub(super) fn read(
    section: &Section,
    version: Version,
    global: &SampleSettings,
    given: &[(String, usize)],
) -> Result<Data, Located> {
    let name = version.data_section();
    let Some((header, rows)) = section.rows.split_first() else {
        return Err((
            section.line,
            1,
            SheetErrorKind::EmptyData(name, "line of column names"),
        ));
    };
    if rows.is_empty() {
        return Err((header.line, 1, SheetErrorKind::EmptyData(name, "samples")));
    }
    let columns = Columns::new(header, version, given)?;
    let mut data = Data {
        samples: Vec::new(),
        libraries: Vec::with_capacity(rows.len()),
        index_columns: columns
            .indexes
            .map(|column| column.map_or(1, |column| column + 1)),
    };
    // By Sample_ID and Sample_Project: its place, and the line where it is first.
    let mut known: FxHashMap<(&str, &str), (usize, usize)> = FxHashMap::default();
    for row in rows {
        if let Some((column, extra)) = row.field_from(columns.number) {
            return Err((
                row.line,
                column,
                SheetErrorKind::ExtraField(extra.to_owned()),
            ));
        }
        let field = |column: Option<usize>| column.map_or("", |column| row.field(column));
        let (id, project) = (row.field(columns.sample_id), field(columns.sample_project));
        let sample_name = field(columns.sample_name);
        let next = data.samples.len();
        let &mut (sample, first) = known.entry((id, project)).or_insert((next, row.line));
        if sample == next {
            check_names(row, &columns, id, project)?;
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            data.samples.push(Sample {
                number: next + 1,
                id: id.to_owned(),
                name: some(sample_name),
                project: some(project),
            });
        } else if data.samples[sample].name.as_deref().unwrap_or("") != sample_name {
            let kind = SheetErrorKind::OtherName {
                sample: id.to_owned(),
                first,
            };
            return Err((
                row.line,
                columns.sample_name.map_or(1, |column| column + 1),
                kind,
            ));
        }
        data.libraries.push(library(row, &columns, sample, global)?);
    }
    check_lanes(&columns, &data.libraries)?;
    Ok(data)
}

fn check_names(row: &Row, columns: &Columns, id: &str, project: &str) -> Result<(), Located> {
    let at =
        |place: usize, column, error| (row.line, place + 1, SheetErrorKind::Name { column, error });
    file_name::check(id, NameOf::Sample)
        .map_err(|error| at(columns.sample_id, "Sample_ID", error))?;
    if !project.is_empty() {
        file_name::check(project, NameOf::Project)
            .map_err(|error| at(columns.sample_project.unwrap_or(0), "Sample_Project", error))?;
    }
    Ok(())
}

fn library(
    row: &Row,
    columns: &Columns,
    sample: usize,
    global: &SampleSettings,
) -> Result<Library, Located> {
    let at = |place: usize| move |kind| (row.line, place + 1, kind);
    let lane = match columns.lane {
        Some(place) if !row.field(place).is_empty() => {
            Some(value::lane("Lane", row.field(place)).map_err(at(place))?)
        }
        _ => None,
    };
    let mut indexes = [Vec::new(), Vec::new()];
    for ((index, place), name) in indexes
        .iter_mut()
        .zip(columns.indexes)
        .zip(["index", "index2"])
    {
        if let Some(place) = place {
            *index = value::index(name, row.field(place)).map_err(at(place))?;
        }
    }
    let mut settings = global.clone();
    for (place, name) in &columns.settings {
        let text = row.field(*place);
        // "na": the setting does not apply to the sample, such as mismatches in an index that it
        // does not have.
        if text.is_empty() || text.eq_ignore_ascii_case("na") {
            continue;
        }
        let cell = Cell {
            text: text.to_owned(),
            line: row.line,
            column: place + 1,
        };
        settings.set(name, cell).map_err(at(*place))?;
    }
    Ok(Library {
        line: row.line,
        lane,
        sample,
        indexes,
        settings,
    })
}

/// Refuses lines without a lane beside lines with one.
fn check_lanes(columns: &Columns, libraries: &[Library]) -> Result<(), Located> {
    let with = libraries.iter().find(|library| library.lane.is_some());
    let without = libraries.iter().find(|library| library.lane.is_none());
    match (with, without, columns.lane) {
        (Some(with), Some(without), Some(place)) => {
            Err((without.line, place + 1, SheetErrorKind::NoLane(with.line)))
        }
        _ => Ok(()),
    }
}

impl Columns {
    fn new(header: &Row, version: Version, given: &[(String, usize)]) -> Result<Self, Located> {
        let mut columns = Self {
            lane: None,
            sample_id: sample_id(header)?,
            sample_name: None,
            sample_project: None,
            indexes: [None, None],
            settings: Vec::new(),
            number: header
                .fields
                .iter()
                .rposition(|field| !field.is_empty())
                .map_or(0, |last| last + 1),
        };
        let mut seen = FxHashMap::default();
        for (place, name) in header.fields.iter().enumerate() {
            let lower = name.to_ascii_lowercase();
            if lower.is_empty() {
                continue;
            }
            let error = |kind| Err((header.line, place + 1, kind));
            if let Some(first) = seen.insert(lower.clone(), place + 1) {
                let name = name.clone();
                return error(SheetErrorKind::RepeatedColumn { name, first });
            }
            match lower.as_str() {
                "lane" => columns.lane = Some(place),
                "sample_id" => {}
                "sample_name" => columns.sample_name = Some(place),
                "sample_project" => columns.sample_project = Some(place),
                "index" => columns.indexes[0] = Some(place),
                "index2" => columns.indexes[1] = Some(place),
                // Version 1 has no settings of samples, and any other columns.
                _ if version == Version::V1 => {}
                setting if OF_SAMPLES.contains(&setting) => {
                    if let Some(&(_, first)) = given.iter().find(|(other, _)| other == setting) {
                        let setting = name.clone();
                        return error(SheetErrorKind::RepeatedSetting { setting, first });
                    }
                    columns.settings.push((place, name.clone()));
                }
                other if DESCRIPTIVE.contains(&other) || other.starts_with("custom_") => {}
                _ => return error(SheetErrorKind::UnknownColumn(name.clone())),
            }
        }
        Ok(columns)
    }
}

/// The column without which there are no samples: the first one to look for.
fn sample_id(header: &Row) -> Result<usize, Located> {
    let place = header
        .fields
        .iter()
        .position(|field| field.eq_ignore_ascii_case("Sample_ID"));
    place.ok_or_else(|| {
        let separated = sections::separator(header.field(0));
        let kind = separated.unwrap_or(SheetErrorKind::NoColumn("Sample_ID"));
        (header.line, 1, kind)
    })
}
