//! What a filter asks of a record.

use std::fmt;

use fafnir_io::vcf::Record;

/// A condition; lists have at least two members.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Compare(Field, Comparison, f64),
    All(Vec<Self>),
    Any(Vec<Self>),
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    place: Option<Place>,
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Info,
    Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Expression {
    /// Whether the record is so.
    pub(super) fn holds(&self, record: &Record) -> bool {
        match self {
            Self::Compare(field, comparison, value) => {
                field.any_value(record, |found| comparison.holds(found, *value))
            }
            Self::All(parts) => parts.iter().all(|part| part.holds(record)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(record)),
        }
    }
}

impl Field {
    /// The field that `text` names: `DP`, `INFO/DP` or `FORMAT/DP`.
    pub(super) fn new(text: &str) -> Self {
        let (place, name) = match text.split_once('/') {
            Some(("INFO", name)) => (Some(Place::Info), name),
            Some(("FORMAT", name)) => (Some(Place::Format), name),
            _ => (None, text),
        };
        Self {
            place,
            name: name.to_owned(),
        }
    }

    /// Whether records can have it, by the names of INFO and of FORMAT.
    pub(super) fn is_known(&self, info: &[&str], format: &[&str]) -> bool {
        let (in_info, in_format) = (
            info.contains(&self.name.as_str()),
            format.contains(&self.name.as_str()),
        );
        match self.place {
            None => self.name == QUALITY || in_info || in_format,
            Some(Place::Info) => in_info,
            Some(Place::Format) => in_format,
        }
    }

    fn any_value(&self, record: &Record, holds: impl Fn(f64) -> bool) -> bool {
        if self.place.is_none() && self.name == QUALITY {
            return holds(f64::from(record.quality));
        }
        let find = |fields: &[(&'static str, String)]| {
            let field = fields.iter().find(|(key, _)| *key == self.name);
            field.map(|(_, text)| {
                text.split(',')
                    .filter_map(|value| value.parse().ok())
                    .any(&holds)
            })
        };
        let format = || find(&record.format);
        let info = || find(&record.info);
        match self.place {
            None => format().or_else(info),
            Some(Place::Format) => format(),
            Some(Place::Info) => info(),
        }
        .unwrap_or(false)
    }
}

/// The column QUAL.
pub(super) const QUALITY: &str = "QUAL";

impl Comparison {
    fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
            Self::Equal => a == b,
            Self::NotEqual => a != b,
        }
    }

    /// All of them; of two that begin alike the longer first.
    pub(super) const SYMBOLS: [(&'static str, Self); 6] = [
        ("<=", Self::LessOrEqual),
        ("<", Self::Less),
        (">=", Self::GreaterOrEqual),
        (">", Self::Greater),
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
    ];
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, parts: &[Self], sign: &str| {
            for (i, part) in parts.iter().enumerate() {
                if i > 0 {
                    write!(f, " {sign} ")?;
                }
                // `&&` binds more tightly; what stood in parentheses keeps them.
                match (self, part) {
                    (_, Self::Compare(..)) | (Self::Any(_), Self::All(_)) => write!(f, "{part}")?,
                    _ => write!(f, "({part})")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Compare(field, comparison, value) => write!(f, "{field}{comparison}{value}"),
            Self::All(parts) => list(f, parts, "&&"),
            Self::Any(parts) => list(f, parts, "||"),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            None => "",
            Some(Place::Info) => "INFO/",
            Some(Place::Format) => "FORMAT/",
        };
        write!(f, "{place}{}", self.name)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let symbol = Self::SYMBOLS.iter().find(|(_, one)| one == self);
        f.write_str(symbol.map_or("", |(symbol, _)| symbol))
    }
}
