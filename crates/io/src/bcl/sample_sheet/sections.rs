//! Sections of a sheet: `[Name]`, and the lines up to the next.

use super::csv::Row;
use super::error::{Located, SheetErrorKind};

/// A section.
#[derive(Debug)]
pub(super) struct Section {
    /// Its name in lower case, without brackets.
    pub(super) name: String,
    /// Line of its name.
    pub(super) line: usize,
    /// Its lines.
    pub(super) rows: Vec<Row>,
}

/// Splits a sheet into sections. Names of sections are the same in upper and lower case: sheets
/// of version 1 have `[Settings]` and `[settings]` (BCL Convert, "Sample Sheet").
pub(super) fn split(rows: Vec<Row>) -> Result<Vec<Section>, Located> {
    let mut sections: Vec<Section> = Vec::new();
    for row in rows {
        let first = row.field(0);
        if !first.starts_with('[') {
            match sections.last_mut() {
                Some(section) => section.rows.push(row),
                None => return Err((row.line, 1, outside(&row))),
            }
            continue;
        }
        let Some(name) = first
            .strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'))
        else {
            return Err((
                row.line,
                1,
                separator(first).unwrap_or_else(|| SheetErrorKind::SectionName(first.to_owned())),
            ));
        };
        sections.push(Section {
            name: name.trim().to_ascii_lowercase(),
            line: row.line,
            rows: Vec::new(),
        });
    }
    Ok(sections)
}

/// The section of this name.
pub(super) fn find<'a>(
    sections: &'a [Section],
    name: &str,
) -> Result<Option<&'a Section>, Located> {
    let lower = name.to_ascii_lowercase();
    let mut named = sections.iter().filter(|section| section.name == lower);
    let first = named.next();
    match (first, named.next()) {
        (Some(first), Some(second)) => Err((
            second.line,
            1,
            SheetErrorKind::RepeatedSection {
                name: name.to_owned(),
                first: first.line,
            },
        )),
        _ => Ok(first),
    }
}

fn outside(row: &Row) -> SheetErrorKind {
    separator(row.field(0)).unwrap_or(SheetErrorKind::OutsideSection)
}

/// What separates the columns of a line that has no commas, if it is something else.
pub(super) fn separator(field: &str) -> Option<SheetErrorKind> {
    let separator = if field.contains('\t') {
        "tabs"
    } else if field.contains(';') {
        "semicolons"
    } else {
        return None;
    };
    Some(SheetErrorKind::Separator(separator))
}
