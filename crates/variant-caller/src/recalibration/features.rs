//! What a call is judged by.

use std::fmt::Write;

use fafnir_io::Reference;
use fafnir_io::vcf::{Record, trim};

use crate::filter::Scope;
use crate::record::fisher_strand;
use crate::repeats::tracts;

/// Reference bases on both sides of a call that are looked at.
const REACH: u32 = 64;
/// Of these, so many for the share of G and C.
const COMPOSITION_REACH: usize = 25;

/// What is done to a feature's value, so that equal steps of it mean about the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transform {
    /// x
    Identity,
    /// ln(1 + max(0, x))
    Log1p,
    /// ln(1 + max(0, 60 - x)): MAPQ is told best by what it lacks.
    Below60,
}

impl Transform {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Log1p => "log1p",
            Self::Below60 => "below60",
        }
    }

    pub(super) fn of(self, x: f64) -> f64 {
        match self {
            Self::Identity => x,
            Self::Log1p => libm::log1p(x.max(0.0)),
            Self::Below60 => libm::log1p((60.0 - x).max(0.0)),
        }
    }
}

/// Number of features.
pub(super) const COUNT: usize = 20;

/// Names and transforms; their order is that of the columns of a table of features.
pub(super) const FEATURES: [(&str, Transform); COUNT] = [
    ("QUAL", Transform::Log1p),
    ("GQ", Transform::Identity),
    ("DP", Transform::Log1p),
    ("QD", Transform::Identity),
    ("MQ", Transform::Below60),
    ("FS", Transform::Log1p),
    ("SOR", Transform::Identity),
    ("MQRankSum", Transform::Identity),
    ("ReadPosRankSum", Transform::Identity),
    ("FractionInformativeReads", Transform::Identity),
    // Fisher's exact tests of allele against the read of the pair, and against F1R2.
    ("MateFS", Transform::Log1p),
    ("OrientationFS", Transform::Log1p),
    // How far the ALT share of the fragments is from that of the genotype.
    ("Imbalance", Transform::Identity),
    ("Heterozygous", Transform::Identity),
    ("Alternates", Transform::Identity),
    // Bases that the longest called indel inserts, or deletes.
    ("Inserted", Transform::Log1p),
    ("Deleted", Transform::Log1p),
    // Unit and bases of the longest tandem repeat that the variant touches.
    ("RepeatUnit", Transform::Log1p),
    ("RepeatLength", Transform::Log1p),
    ("GC", Transform::Identity),
];

/// What a call is judged by: a function of its record and of the reference around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// Whether all called alleles are as long as the reference's.
    pub(super) is_snv: bool,
    /// Not a number where the record does not have it.
    pub(super) values: [f64; COUNT],
}

impl Features {
    /// Names of the columns of [`Self::append_columns`].
    pub fn names() -> impl Iterator<Item = &'static str> {
        FEATURES.iter().map(|(name, _)| *name)
    }

    /// Those of a called variant; `None` for records without one, and without QUAL.
    pub fn of(record: &Record, reference: &Reference) -> Option<Self> {
        let is_snv = match Scope::of(record)? {
            Scope::Snp => true,
            Scope::Indel => false,
            Scope::All => return None,
        };
        let quality = Some(f64::from(record.quality)).filter(|quality| quality.is_finite())?;
        let start = record.position.saturating_sub(REACH);
        let mut around = Vec::new();
        reference.bases(
            record.contig,
            start..record.end().saturating_add(REACH),
            &mut around,
        );
        let info = |name| number(&record.info, name);
        let format = |name| number(&record.format, name);
        let genotype = Genotype::of(record);
        let depths = counts(&record.format, "AD");
        let site = Site::new(record, &genotype, &around, start);
        Some(Self {
            is_snv,
            values: [
                quality,
                format("GQ"),
                format("DP"),
                info("QD"),
                info("MQ"),
                info("FS"),
                info("SOR"),
                info("MQRankSum"),
                info("ReadPosRankSum"),
                info("FractionInformativeReads"),
                bias(&counts(&record.format, "MB")),
                bias(&by_orientation(record)),
                genotype.imbalance(&depths),
                f64::from(u8::from(genotype.is_heterozygous())),
                named_alternates(record) as f64,
                site.inserted as f64,
                site.deleted as f64,
                site.repeat_unit as f64,
                site.repeat_length as f64,
                site.gc,
            ],
        })
    }

    /// Whether all called alleles are as long as the reference's.
    pub fn is_snv(&self) -> bool {
        self.is_snv
    }

    /// The value of a feature; `None` where there is no such one, or the record does not have it.
    pub fn value(&self, name: &str) -> Option<f64> {
        let at = FEATURES.iter().position(|(known, _)| *known == name)?;
        Some(self.values[at]).filter(|value| !value.is_nan())
    }

    /// Appends the kind and the values, tabs between them, `.` for what is missing.
    pub fn append_columns(&self, out: &mut String) {
        out.push_str(if self.is_snv { "snv" } else { "indel" });
        for value in self.values {
            out.push('\t');
            if value.is_nan() {
                out.push('.');
            } else {
                // Writing to a string cannot fail.
                let _ = write!(out, "{value}");
            }
        }
    }

    /// Reads what [`Self::append_columns`] wrote.
    pub fn from_columns<'a>(mut columns: impl Iterator<Item = &'a str>) -> Option<Self> {
        let is_snv = match columns.next()? {
            "snv" => true,
            "indel" => false,
            _ => return None,
        };
        let mut values = [f64::NAN; COUNT];
        for value in &mut values {
            let text = columns.next()?;
            if text != "." {
                *value = text.parse().ok().filter(|v: &f64| v.is_finite())?;
            }
        }
        columns.next().is_none().then_some(Self { is_snv, values })
    }
}

/// Numbers of the called alleles.
struct Genotype(Vec<usize>);

impl Genotype {
    fn of(record: &Record) -> Self {
        let text = field(&record.format, "GT").unwrap_or_default();
        Self(
            text.split(['/', '|'])
                .filter_map(|a| a.parse().ok())
                .collect(),
        )
    }

    fn is_heterozygous(&self) -> bool {
        self.0.windows(2).any(|pair| pair[0] != pair[1])
    }

    /// The greatest difference between an allele's share of the fragments and its share of the genotype.
    fn imbalance(&self, depths: &[f64]) -> f64 {
        let all: f64 = depths.iter().sum();
        if all == 0.0 || self.0.is_empty() {
            return f64::NAN;
        }
        let share = |allele: usize| {
            let copies = self.0.iter().filter(|&&a| a == allele).count();
            copies as f64 / self.0.len() as f64
        };
        (0..).zip(depths).fold(0.0, |most: f64, (allele, depth)| {
            most.max((depth / all - share(allele)).abs())
        })
    }
}

/// What the called alleles change, and where.
struct Site {
    inserted: usize,
    deleted: usize,
    repeat_unit: usize,
    repeat_length: usize,
    gc: f64,
}

impl Site {
    /// `around` are the reference's codes from `start` on.
    fn new(record: &Record, genotype: &Genotype, around: &[u8], start: u32) -> Self {
        let (mut inserted, mut deleted) = (0, 0);
        let mut changed: Option<(u32, u32)> = None;
        for number in &genotype.0 {
            let Some(allele) = number.checked_sub(1).and_then(|i| record.alternates.get(i)) else {
                continue;
            };
            if matches!(allele.first(), Some(b'*' | b'<')) {
                continue;
            }
            let (position, reference, allele) = trim(record.position, &record.reference, allele);
            inserted = inserted.max(allele.len().saturating_sub(reference.len()));
            deleted = deleted.max(reference.len().saturating_sub(allele.len()));
            // An indel changes nothing of the base before it.
            let from = position + u32::from(allele.len() != reference.len());
            let to = (position + reference.len() as u32).max(from);
            let (least, most) = changed.unwrap_or((from, to));
            changed = Some((least.min(from), most.max(to)));
        }
        let (from, to) = changed.unwrap_or((record.position, record.position + 1));
        let (from, to) = ((from - start) as usize, (to - start) as usize);
        let mut found = Vec::new();
        tracts(around, &mut found);
        let repeat = found
            .iter()
            .filter(|tract| tract.start <= to && tract.end >= from)
            .max_by_key(|tract| (tract.end - tract.start, std::cmp::Reverse(tract.period)));
        let near = from.saturating_sub(COMPOSITION_REACH)..around.len().min(to + COMPOSITION_REACH);
        let near = around.get(near).unwrap_or_default();
        let known = near.iter().filter(|base| **base < 4).count();
        let strong = near.iter().filter(|base| matches!(base, 1 | 2)).count();
        Self {
            inserted,
            deleted,
            repeat_unit: repeat.map_or(0, |tract| tract.period),
            repeat_length: repeat.map_or(0, |tract| tract.end - tract.start),
            gc: strong as f64 / known.max(1) as f64,
        }
    }
}

/// ALT alleles that are not symbolic.
fn named_alternates(record: &Record) -> usize {
    let alternates = record.alternates.iter();
    alternates.filter(|a| !a.starts_with(b"<")).count()
}

/// Reference F1R2, F2R1, alternates F1R2, F2R1.
fn by_orientation(record: &Record) -> Vec<f64> {
    let [one, other] = ["F1R2", "F2R1"].map(|name| counts(&record.format, name));
    let split = |counts: &[f64]| {
        let reference = counts.first().copied()?;
        Some([reference, counts[1..].iter().sum()])
    };
    match (split(&one), split(&other)) {
        (Some(one), Some(other)) => vec![one[0], other[0], one[1], other[1]],
        _ => Vec::new(),
    }
}

/// Phred of Fisher's exact test of a table of two by two.
fn bias(table: &[f64]) -> f64 {
    match *table {
        [a, b, c, d] => fisher_strand([a, b, c, d].map(|count| count as usize)),
        _ => f64::NAN,
    }
}

fn field<'a>(fields: &'a [(&'static str, String)], name: &str) -> Option<&'a str> {
    let found = fields.iter().find(|(key, _)| *key == name);
    found.map(|(_, value)| value.as_str())
}

fn number(fields: &[(&'static str, String)], name: &str) -> f64 {
    let text = field(fields, name).unwrap_or_default();
    text.parse().unwrap_or(f64::NAN)
}

/// The numbers of a list; none where one of them is missing.
fn counts(fields: &[(&'static str, String)], name: &str) -> Vec<f64> {
    let text = field(fields, name).unwrap_or_default();
    let numbers: Result<Vec<f64>, _> = text.split(',').map(str::parse).collect();
    numbers.unwrap_or_default()
}
