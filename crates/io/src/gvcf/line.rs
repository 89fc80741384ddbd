//! One line to a record.

use super::header::FIXED;
use super::{Alternate, GvcfErrorKind, GvcfRecord, MappingQuality, SampleFields};
use crate::reference::{ContigId, Reference, UnknownContig};

/// Largest phred that is told apart.
const MOST_PHRED: u32 = 1_000_000;
/// Most alleles of a record.
const MOST_ALLELES: usize = 1_000;

/// Reads lines; remembers what lines have in common.
#[derive(Default)]
pub(super) struct LineParser {
    /// The last contig, and its name.
    contig: Option<(ContigId, Vec<u8>)>,
    /// The last FORMAT, and what its fields are.
    format: Vec<u8>,
    keys: Vec<Key>,
    bases: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Genotype,
    Depth,
    LeastDepth,
    Quality,
    Depths,
    Phred,
    Log10,
    Other,
}

type Result<T> = std::result::Result<T, GvcfErrorKind>;

impl LineParser {
    /// Replaces what is in `record`; its lists keep their memory where they can.
    pub(super) fn parse(
        &mut self,
        line: &[u8],
        samples: usize,
        reference: &Reference,
        record: &mut GvcfRecord,
    ) -> Result<()> {
        let mut columns = line.split(|byte| *byte == b'\t');
        let mut found = 0;
        let mut next = || {
            found += 1;
            columns.next().ok_or(GvcfErrorKind::Columns {
                found: found - 1,
                expected: FIXED + samples,
            })
        };
        record.contig = self.contig(next()?, reference)?;
        let position: u32 = number("POS", next()?)?;
        let length = reference.contig(record.contig).length;
        if position == 0 || position > length {
            return Err(field(
                "POS",
                position.to_string().as_bytes(),
                "a position of the contig",
            ));
        }
        record.position = position - 1;
        next()?;
        self.reference(next()?, reference, record)?;
        alternates(next()?, &mut record.alternates)?;
        next()?;
        next()?;
        info(next()?, length, record)?;
        self.format(next()?);
        record.samples.resize_with(samples, SampleFields::default);
        let alleles = record.alternates.len() + 1;
        for number in 0..samples {
            let text = next()?;
            self.sample(text, number + 1, alleles, &mut record.samples[number])?;
        }
        match columns.count() {
            0 => Ok(()),
            more => Err(GvcfErrorKind::Columns {
                found: FIXED + samples + more,
                expected: FIXED + samples,
            }),
        }
    }

    fn contig(&mut self, name: &[u8], reference: &Reference) -> Result<ContigId> {
        match &self.contig {
            Some((contig, known)) if known == name => Ok(*contig),
            _ => {
                let text = String::from_utf8_lossy(name);
                let contig = reference.find(&text);
                let contig = contig.ok_or_else(|| UnknownContig::new(&text, reference))?;
                self.contig = Some((contig, name.to_vec()));
                Ok(contig)
            }
        }
    }

    fn reference(
        &mut self,
        text: &[u8],
        genome: &Reference,
        record: &mut GvcfRecord,
    ) -> Result<()> {
        if text.is_empty() || !text.iter().all(u8::is_ascii_alphabetic) {
            return Err(field("REF", text, "a sequence of bases"));
        }
        record.reference.clear();
        record
            .reference
            .extend(text.iter().map(u8::to_ascii_uppercase));
        let end = record.position.saturating_add(text.len() as u32);
        self.bases.clear();
        genome.bases(record.contig, record.position..end, &mut self.bases);
        let agrees = |(found, code): (&u8, &u8)| match code {
            // Masked, or a base that the reference does not know.
            4 => true,
            code => b"ACGT"[usize::from(*code)] == *found || !b"ACGT".contains(found),
        };
        let same = self.bases.len() == text.len();
        if !same || !record.reference.iter().zip(&self.bases).all(agrees) {
            let expected = self.bases.iter().take(50);
            return Err(GvcfErrorKind::Reference {
                found: shown(&record.reference[..text.len().min(50)]),
                expected: expected
                    .map(|code| char::from(b"ACGTN"[usize::from(*code)]))
                    .collect(),
            });
        }
        record.end = end;
        Ok(())
    }

    fn format(&mut self, text: &[u8]) {
        if self.format == text {
            return;
        }
        self.format = text.to_vec();
        self.keys.clear();
        self.keys
            .extend(text.split(|b| *b == b':').map(|key| match key {
                b"GT" => Key::Genotype,
                b"DP" => Key::Depth,
                b"MIN_DP" => Key::LeastDepth,
                b"GQ" => Key::Quality,
                b"AD" => Key::Depths,
                b"PL" => Key::Phred,
                b"GL" => Key::Log10,
                _ => Key::Other,
            }));
    }

    fn sample(
        &self,
        text: &[u8],
        number_of: usize,
        alleles: usize,
        sample: &mut SampleFields,
    ) -> Result<()> {
        sample.ploidy = 0;
        sample.depth = None;
        sample.quality = None;
        sample.depths.clear();
        sample.likelihoods.clear();
        sample.carrier = false;
        let mut least = None;
        for (key, value) in self.keys.iter().zip(text.split(|b| *b == b':')) {
            if value == b"." || value.is_empty() {
                continue;
            }
            match key {
                Key::Genotype => genotype(value, alleles, sample)?,
                Key::Depth => sample.depth = Some(number("DP", value)?),
                Key::LeastDepth => least = Some(number("MIN_DP", value)?),
                Key::Quality => sample.quality = Some(real("GQ", value)?.round() as u32),
                Key::Depths => depths(value, &mut sample.depths)?,
                Key::Phred => phreds(value, &mut sample.likelihoods)?,
                Key::Log10 if sample.likelihoods.is_empty() => {
                    log10s(value, &mut sample.likelihoods)?;
                }
                Key::Log10 | Key::Other => {}
            }
        }
        sample.depth = least.or(sample.depth);
        let wrong = |field, found| GvcfErrorKind::Count {
            field,
            sample: number_of,
            found,
            alleles,
        };
        let count = sample.likelihoods.len();
        // Haploid and diploid genotypes of one allele are as many.
        let fits = |ploidy| match ploidy {
            1 => count == alleles,
            _ => count == alleles * (alleles + 1) / 2,
        };
        match (sample.ploidy, count) {
            (0, 0) => sample.ploidy = 2,
            (0, _) if fits(2) => sample.ploidy = 2,
            (0, _) if fits(1) => sample.ploidy = 1,
            (_, 0) => {}
            // A missing genotype may be written as one dot whatever the ploidy.
            (1, _) if fits(1) => {}
            (2, _) if fits(2) => {}
            (1, _) if fits(2) && !sample.carrier => sample.ploidy = 2,
            _ => return Err(wrong("PL", count)),
        }
        if !sample.depths.is_empty() && sample.depths.len() != alleles {
            return Err(wrong("AD", sample.depths.len()));
        }
        Ok(())
    }
}

/// `REF,ALT` of bases, `*`, `<NON_REF>`, `<*>`, or something else symbolic.
fn alternates(text: &[u8], out: &mut Vec<Alternate>) -> Result<()> {
    out.clear();
    if text == b"." {
        return Ok(());
    }
    for allele in text.split(|b| *b == b',') {
        if out.len() == MOST_ALLELES {
            return Err(field("ALT", text, "a list of at most 1,000 alleles"));
        }
        out.push(match allele {
            b"*" => Alternate::Spanned,
            b"<NON_REF>" | b"<*>" | b"<X>" => Alternate::NonReference,
            [b'<', .., b'>'] => Alternate::Symbolic,
            bases if bases.iter().all(|b| b"ACGTNacgtn".contains(b)) && !bases.is_empty() => {
                Alternate::Bases(bases.to_ascii_uppercase())
            }
            other if other.iter().any(|b| b"[].".contains(b)) => Alternate::Symbolic,
            other => return Err(field("ALT", other, "bases, * or a symbolic allele")),
        });
    }
    Ok(())
}

fn info(text: &[u8], length: u32, record: &mut GvcfRecord) -> Result<()> {
    record.mapping = None;
    for item in text.split(|b| *b == b';') {
        if let Some(value) = item.strip_prefix(b"END=") {
            let end: u32 = number("END", value)?;
            if end <= record.position || end > length {
                return Err(field("END", value, "between POS and the contig's end"));
            }
            record.end = end;
        } else if let Some(value) = item.strip_prefix(b"RAW_MQandDP=") {
            let mut values = value.split(|b| *b == b',');
            if let (Some(squares), Some(reads)) = (values.next(), values.next()) {
                record.mapping = Some(MappingQuality {
                    squares: real("RAW_MQandDP", squares)?,
                    reads: Some(number("RAW_MQandDP", reads)?),
                });
            }
        } else if let Some(value) = item.strip_prefix(b"MQ=")
            && value != b"."
            && record.mapping.is_none()
        {
            record.mapping = Some(MappingQuality {
                squares: real("MQ", value)?.powi(2),
                reads: None,
            });
        }
    }
    Ok(())
}

fn genotype(text: &[u8], alleles: usize, sample: &mut SampleFields) -> Result<()> {
    for allele in text.split(|b| matches!(b, b'/' | b'|')) {
        sample.ploidy = sample.ploidy.saturating_add(1);
        if allele != b"." {
            let allele: usize = number("GT", allele)?;
            if allele >= alleles {
                return Err(field("GT", text, "a genotype of the record's alleles"));
            }
            sample.carrier |= allele > 0;
        }
    }
    if sample.ploidy > 2 {
        return Err(GvcfErrorKind::Ploidy(shown(text)));
    }
    Ok(())
}

fn depths(text: &[u8], out: &mut Vec<u32>) -> Result<()> {
    for value in text.split(|b| *b == b',') {
        out.push(if value == b"." {
            0
        } else {
            number("AD", value)?
        });
    }
    Ok(())
}

fn phreds(text: &[u8], out: &mut Vec<u32>) -> Result<()> {
    for value in text.split(|b| *b == b',') {
        if value == b"." {
            // One missing value leaves nothing to compare with.
            out.clear();
            return Ok(());
        }
        out.push(number::<u32>("PL", value)?.min(MOST_PHRED));
    }
    Ok(())
}

fn log10s(text: &[u8], out: &mut Vec<u32>) -> Result<()> {
    let mut values = Vec::new();
    for value in text.split(|b| *b == b',') {
        if value == b"." {
            return Ok(());
        }
        values.push(real("GL", value)?);
    }
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let phred = |value: f64| (-10.0 * (value - most)).round().min(f64::from(MOST_PHRED));
    out.extend(values.iter().map(|value| phred(*value) as u32));
    Ok(())
}

fn number<T: std::str::FromStr>(name: &'static str, text: &[u8]) -> Result<T> {
    let parsed = std::str::from_utf8(text).ok().and_then(|t| t.parse().ok());
    parsed.ok_or_else(|| field(name, text, "a number that fits"))
}

/// A number from 0 on, or in `GL` any; never infinite.
fn real(name: &'static str, text: &[u8]) -> Result<f64> {
    let parsed = std::str::from_utf8(text).ok().and_then(|t| t.parse().ok());
    let parsed = parsed.filter(|v: &f64| v.is_finite() && (*v >= 0.0 || name == "GL"));
    parsed.ok_or_else(|| field(name, text, "a number"))
}

fn field(field: &'static str, value: &[u8], expected: &'static str) -> GvcfErrorKind {
    GvcfErrorKind::Field {
        field,
        value: shown(&value[..value.len().min(50)]),
        expected,
    }
}

fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
