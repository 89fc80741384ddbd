//! One record as text (VCF specification 4.2, section 1.4).

use std::io::Write;

use super::Record;

impl Record {
    /// Appends the record as a line of VCF; `contig` is the name of its contig. Without filters it
    /// says PASS; what is empty or not a number becomes `.`; an INFO field without a value is a flag.
    pub fn write_text(&self, contig: &str, out: &mut Vec<u8>) {
        self.write_site(contig, out);
        out.push(b'\t');
        write_list(out, b':', self.format.iter().map(|(key, _)| key.as_bytes()));
        out.push(b'\t');
        write_list(
            out,
            b':',
            self.format.iter().map(|(_, value)| match value.as_str() {
                "" => &b"."[..],
                value => value.as_bytes(),
            }),
        );
        out.push(b'\n');
    }

    /// Appends the columns before FORMAT, without a tab or line end behind them.
    pub fn write_site(&self, contig: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(contig.as_bytes());
        // Writing to a vector cannot fail.
        let _ = write!(out, "\t{}\t", u64::from(self.position) + 1);
        out.extend_from_slice(match self.id.as_bytes() {
            b"" => b".",
            id => id,
        });
        out.push(b'\t');
        out.extend_from_slice(&self.reference);
        out.push(b'\t');
        write_list(out, b',', self.alternates.iter().map(Vec::as_slice));
        out.push(b'\t');
        write_number(self.quality, out);
        out.push(b'\t');
        match self.filters.as_slice() {
            [] => out.extend_from_slice(b"PASS"),
            filters => write_list(out, b';', filters.iter().map(|f| f.as_bytes())),
        }
        out.push(b'\t');
        for (i, (key, value)) in self.info.iter().enumerate() {
            if i > 0 {
                out.push(b';');
            }
            out.extend_from_slice(key.as_bytes());
            if !value.is_empty() {
                out.push(b'=');
                out.extend_from_slice(value.as_bytes());
            }
        }
        if self.info.is_empty() {
            out.push(b'.');
        }
    }

    /// 0-based end (exclusive) of the bases that the record speaks of: by INFO `END` where there
    /// is one, else of its reference allele.
    pub fn end(&self) -> u32 {
        self.info
            .iter()
            .find(|(key, _)| *key == "END")
            .and_then(|(_, value)| value.parse().ok())
            .filter(|end| *end > self.position)
            .unwrap_or_else(|| {
                self.position
                    .saturating_add((self.reference.len() as u32).max(1))
            })
    }
}

/// Appends a number with at most two decimals, without trailing zeros; `.` for what is none.
pub fn write_number(value: f32, out: &mut Vec<u8>) {
    if !value.is_finite() {
        out.push(b'.');
        return;
    }
    let from = out.len();
    let _ = write!(out, "{value:.2}");
    while out.last() == Some(&b'0') {
        out.pop();
    }
    if out.last() == Some(&b'.') {
        out.pop();
    }
    if &out[from..] == b"-0" {
        out.truncate(from);
        out.push(b'0');
    }
}

fn write_list<'a>(out: &mut Vec<u8>, separator: u8, items: impl Iterator<Item = &'a [u8]>) {
    let from = out.len();
    for item in items {
        if out.len() > from {
            out.push(separator);
        }
        out.extend_from_slice(item);
    }
    if out.len() == from {
        out.push(b'.');
    }
}
