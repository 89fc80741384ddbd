//! Lines of comma-separated values (RFC 4180), as spreadsheets and editors of all systems write
//! them.

use super::error::{Located, SheetErrorKind};

/// A line with at least one field that is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Line, 1-based.
    pub(super) line: usize,
    /// Fields without the space around them.
    pub(super) fields: Vec<String>,
}

impl Row {
    /// A field; empty where the line is too short.
    pub(super) fn field(&self, i: usize) -> &str {
        self.fields.get(i).map_or("", String::as_str)
    }

    /// The first field from `start` on that is not empty, with its column from 1.
    pub(super) fn field_from(&self, start: usize) -> Option<(usize, &str)> {
        let fields = self.fields.iter().enumerate().skip(start);
        fields
            .map(|(i, field)| (i + 1, field.as_str()))
            .find(|(_, field)| !field.is_empty())
    }
}

/// The lines of a sheet. Lines end with LF, CR LF or CR; a byte order mark of UTF-8, empty lines and
/// lines that start with `#` are passed over. Bytes that are not UTF-8 become U+FFFD.
pub(super) fn rows(text: &[u8]) -> Result<Vec<Row>, Located> {
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        return Err((1, 1, SheetErrorKind::Encoding));
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut rows = Vec::new();
    let (mut rest, mut line) = (text, 0);
    while !rest.is_empty() {
        line += 1;
        let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let (this, after) = rest.split_at(end);
        rest = after
            .strip_prefix(b"\r\n")
            .or_else(|| after.get(1..))
            .unwrap_or_default();
        if this.starts_with(b"#") {
            continue;
        }
        let fields = fields(this).map_err(|(column, kind)| (line, column, kind))?;
        if fields.iter().any(|field| !field.is_empty()) {
            rows.push(Row { line, fields });
        }
    }
    Ok(rows)
}

fn fields(line: &[u8]) -> Result<Vec<String>, (usize, SheetErrorKind)> {
    let mut fields = Vec::new();
    let mut rest = Some(line);
    while let Some(text) = rest {
        let at = |kind| (fields.len() + 1, kind);
        let field = match text.trim_ascii_start().strip_prefix(b"\"") {
            Some(quoted) => {
                let (field, after) =
                    unquote(quoted).ok_or_else(|| at(SheetErrorKind::UnclosedQuote))?;
                let after = after.trim_ascii_start();
                if !after.is_empty() && after[0] != b',' {
                    return Err(at(SheetErrorKind::AfterQuote));
                }
                rest = after.get(1..);
                field
            }
            None => {
                let end = memchr::memchr(b',', text).unwrap_or(text.len());
                rest = text.get(end + 1..);
                text[..end].to_vec()
            }
        };
        if field.contains(&0) {
            return Err(at(SheetErrorKind::Encoding));
        }
        fields.push(String::from_utf8_lossy(&field).trim().to_owned());
    }
    Ok(fields)
}

/// What is up to the closing quote, and what is after it.
fn unquote(mut text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut field = Vec::new();
    loop {
        let quote = memchr::memchr(b'"', text)?;
        field.extend_from_slice(&text[..quote]);
        text = &text[quote + 1..];
        match text.strip_prefix(b"\"") {
            Some(after) => {
                field.push(b'"');
                text = after;
            }
            None => return Some((field, text)),
        }
    }
}
