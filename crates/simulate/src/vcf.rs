//! Lines of any caller's VCF, as far as comparing and simulating need them.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use crate::{Error, Result, reference};

/// One record, with the first sample's genotype.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) line: u64,
    pub(crate) contig: String,
    /// 0-based.
    pub(crate) position: u32,
    /// Upper case.
    pub(crate) reference: Vec<u8>,
    /// Upper case; symbolic ones as they are written.
    pub(crate) alternates: Vec<Vec<u8>>,
    /// FILTER is PASS or missing.
    pub(crate) passed: bool,
    /// Missing alleles count as the reference where the other allele is known; `None` without any known allele.
    pub(crate) genotype: Option<[u8; 2]>,
    /// Phased, within this phase set (empty where none is named).
    pub(crate) phase_set: Option<String>,
}

pub(crate) struct Reader {
    path: PathBuf,
    lines: Box<dyn BufRead>,
    number: u64,
    text: Vec<u8>,
    header_seen: bool,
}

impl Reader {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let lines = reference::open(path)?;
        Ok(Self {
            path: path.to_path_buf(),
            lines,
            number: 0,
            text: Vec::new(),
            header_seen: false,
        })
    }

    /// The next record; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Call>> {
        loop {
            self.text.clear();
            let found = self
                .lines
                .read_until(b'\n', &mut self.text)
                .map_err(Error::io(&self.path))?;
            if found == 0 {
                return match self.header_seen {
                    true => Ok(None),
                    false => Err(self.error("the file ends before a #CHROM line; is this a VCF?")),
                };
            }
            self.number += 1;
            let text = std::str::from_utf8(self.text.trim_ascii_end())
                .map_err(|_| self.error("not UTF-8"))?;
            if text.starts_with('#') {
                self.header_seen |= text.starts_with("#CHROM");
            } else if !self.header_seen {
                return Err(self.error("a record before the #CHROM line; is this a VCF?"));
            } else if !text.is_empty() {
                return parse(text, self.number)
                    .map(Some)
                    .map_err(|message| self.error(message));
            }
        }
    }

    fn error(&self, message: impl Into<String>) -> Error {
        Error::parse(&self.path, self.number, message)
    }
}

fn parse(text: &str, line: u64) -> std::result::Result<Call, String> {
    let mut fields = text.split('\t');
    let mut field = |name: &str| {
        fields
            .next()
            .ok_or_else(|| format!("no {name}: a record has 8 columns or more"))
    };
    let contig = field("CHROM")?.to_string();
    let position: u32 = field("POS")?.parse().map_err(|_| "POS is not a number")?;
    let position = position
        .checked_sub(1)
        .ok_or("POS 0 stands before the contig")?;
    field("ID")?;
    let reference = field("REF")?.as_bytes().to_ascii_uppercase();
    if reference.is_empty() || !reference.iter().all(u8::is_ascii_alphabetic) {
        return Err("REF is not a sequence".into());
    }
    let alternates = field("ALT")?;
    let alternates: Vec<Vec<u8>> = if alternates == "." {
        Vec::new()
    } else {
        alternates
            .split(',')
            .map(|bases| bases.as_bytes().to_ascii_uppercase())
            .collect()
    };
    field("QUAL")?;
    let filter = field("FILTER")?;
    let passed = matches!(filter, "PASS" | "." | "");
    field("INFO")?;
    let (mut genotype, mut phase_set) = (None, None);
    if let (Some(format), Some(sample)) = (fields.next(), fields.next()) {
        let value = |key: &str| {
            format
                .split(':')
                .position(|name| name == key)
                .and_then(|at| sample.split(':').nth(at))
        };
        if let Some(text) = value("GT") {
            let phased;
            (genotype, phased) = parse_genotype(text, alternates.len())?;
            phase_set = phased.then(|| value("PS").unwrap_or_default().to_string());
        }
    }
    Ok(Call {
        line,
        contig,
        position,
        reference,
        alternates,
        passed,
        genotype,
        phase_set,
    })
}

fn parse_genotype(
    text: &str,
    alternates: usize,
) -> std::result::Result<(Option<[u8; 2]>, bool), String> {
    let refuse = || format!("'{text}' is not a genotype of one or two of this record's alleles");
    let mut alleles = Vec::with_capacity(2);
    for part in text.split(['/', '|']) {
        let allele = if part == "." {
            None
        } else {
            Some(part.parse::<u8>().map_err(|_| refuse())?)
        };
        if allele.is_some_and(|allele| usize::from(allele) > alternates) {
            return Err(refuse());
        }
        alleles.push(allele);
    }
    let genotype = match alleles[..] {
        [None] | [None, None] => None,
        [Some(only)] => Some([only; 2]),
        [first, second] => Some([first.unwrap_or(0), second.unwrap_or(0)]),
        _ => return Err(refuse()),
    };
    Ok((genotype, text.contains('|')))
}
