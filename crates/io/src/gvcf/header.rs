//! The header, held against the reference.

use super::GvcfErrorKind;
use crate::reference::{Reference, UnknownContig};

/// Columns before the samples.
pub(super) const FIXED: usize = 9;

/// Checks a line `##contig=<ID=..,length=..>`.
pub(super) fn check_contig(line: &str, reference: &Reference) -> Result<(), GvcfErrorKind> {
    let wrong = || GvcfErrorKind::ContigLine(line.chars().take(200).collect());
    let inside = line
        .strip_prefix("##contig=<")
        .and_then(|rest| rest.strip_suffix('>'))
        .ok_or_else(wrong)?;
    let (mut name, mut length) = (None, None);
    for field in inside.split(',') {
        match field.split_once('=') {
            Some(("ID", value)) => name = Some(value),
            Some(("length", value)) => length = Some(value.parse::<u64>().map_err(|_| wrong())?),
            _ => {}
        }
    }
    let name = name.ok_or_else(wrong)?;
    let Some(contig) = reference.find(name).map(|id| reference.contig(id)) else {
        return Err(UnknownContig::new(name, reference).into());
    };
    match length {
        Some(found) if found != u64::from(contig.length) => Err(GvcfErrorKind::ContigLength {
            name: name.to_owned(),
            found,
            expected: contig.length,
        }),
        _ => Ok(()),
    }
}

/// The names of the samples.
pub(super) fn samples(line: &str) -> Result<Vec<String>, GvcfErrorKind> {
    let columns: Vec<&str> = line.split('\t').collect();
    if columns.len() <= FIXED || columns[FIXED - 1] != "FORMAT" {
        return Err(GvcfErrorKind::Samples);
    }
    let samples = &columns[FIXED..];
    if samples.iter().any(|name| name.is_empty()) {
        return Err(GvcfErrorKind::Samples);
    }
    Ok(samples.iter().map(|name| (*name).to_owned()).collect())
}
