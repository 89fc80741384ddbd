//! Reads filters from text.

use std::str::FromStr;
use std::sync::Arc;

use fafnir_io::vcf::FieldLine;

use super::expression::{Comparison, Expression, Field, QUALITY};
use super::{HardFilter, HardFilters, Scope};
use crate::record::HEADER;

/// The text of no filter at all.
pub(super) const NONE: &str = "none";
/// Parentheses within parentheses.
const MOST_NESTED: usize = 64;

/// Why a text is no hard filter, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {kind}")]
pub struct FilterError {
    /// Character of the text, from 1.
    pub column: usize,
    /// What is wrong there.
    #[source]
    pub kind: FilterErrorKind,
}

/// What can be wrong with a hard filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterErrorKind {
    /// Something else should stand here.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What should.
        expected: &'static str,
        /// What does.
        found: String,
    },
    /// A field that records do not have, or that is no number.
    #[error("{name:?} is no number that records have: expected one of {known}")]
    UnknownField {
        /// The name.
        name: String,
        /// The fields that there are.
        known: String,
    },
    /// Parentheses within parentheses within parentheses.
    #[error("more than {MOST_NESTED} parentheses within each other")]
    TooDeep,
}

impl FromStr for HardFilters {
    type Err = FilterError;

    /// Reads filters, separated by `;`; `none` is no filter.
    fn from_str(text: &str) -> Result<Self, FilterError> {
        if text.trim() == NONE {
            return Ok(Self(Vec::new()));
        }
        let mut parser = Parser { text, at: 0 };
        let mut filters = Vec::new();
        loop {
            filters.push(parser.filter()?);
            let more = parser.take(";");
            if parser.rest().is_empty() {
                return Ok(Self(filters));
            }
            if !more {
                return Err(parser.expected("&&, ||, or ; and another filter"));
            }
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    /// Bytes read.
    at: usize,
}

impl<'a> Parser<'a> {
    /// What is not read yet, without leading blanks.
    fn rest(&mut self) -> &'a str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len();
        }
        found
    }

    /// The longest word of such characters, maybe none.
    fn word(&mut self, of: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let word = &rest[..rest.find(|c| !of(c)).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    fn error(&self, kind: FilterErrorKind) -> FilterError {
        FilterError {
            column: self.text[..self.at].chars().count() + 1,
            kind,
        }
    }

    fn expected(&mut self, expected: &'static str) -> FilterError {
        let found = match self.rest().chars().next() {
            Some(found) => format!("{found:?}"),
            None => String::from("the end"),
        };
        self.error(FilterErrorKind::Expected { expected, found })
    }

    fn filter(&mut self) -> Result<HardFilter, FilterError> {
        if !self.rest().starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(self.expected("the name of a filter, a letter first"));
        }
        let before = self.at;
        let name = self.word(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
        // It is what records have that fail no filter.
        if name == "PASS" {
            self.at = before;
            return Err(self.expected("a name other than PASS"));
        }
        self.colon()?;
        let before = self.at;
        let scope = match self.word(|c| c.is_ascii_alphabetic()) {
            "snp" => Scope::Snp,
            "indel" => Scope::Indel,
            "all" => Scope::All,
            _ => {
                self.at = before;
                return Err(self.expected("snp, indel or all"));
            }
        };
        self.colon()?;
        Ok(HardFilter {
            name: Arc::from(name),
            scope,
            expression: self.any(0)?,
        })
    }

    fn colon(&mut self) -> Result<(), FilterError> {
        match self.take(":") {
            true => Ok(()),
            false => Err(self.expected("NAME:snp|indel|all:EXPRESSION, a colon here")),
        }
    }

    fn any(&mut self, depth: usize) -> Result<Expression, FilterError> {
        let first = self.all(depth)?;
        let mut parts = vec![first];
        while self.take("||") {
            parts.push(self.all(depth)?);
        }
        Ok(one_or(parts, Expression::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Expression, FilterError> {
        let mut parts = vec![self.condition(depth)?];
        while self.take("&&") {
            parts.push(self.condition(depth)?);
        }
        Ok(one_or(parts, Expression::All))
    }

    fn condition(&mut self, depth: usize) -> Result<Expression, FilterError> {
        if !self.take("(") {
            return self.comparison();
        }
        if depth == MOST_NESTED {
            return Err(self.error(FilterErrorKind::TooDeep));
        }
        let inner = self.any(depth + 1)?;
        match self.take(")") {
            true => Ok(inner),
            false => Err(self.expected("&&, || or )")),
        }
    }

    fn comparison(&mut self) -> Result<Expression, FilterError> {
        if !self.rest().starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(self.expected("a field such as QUAL, or ("));
        }
        let before = self.at;
        let name = self.word(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.'));
        let field = Field::new(name);
        let (info, format) = (numbers(HEADER.info), numbers(HEADER.format));
        if !field.is_known(&info, &format) {
            self.at = before;
            let mut known: Vec<&str> = [QUALITY].into_iter().chain(format).chain(info).collect();
            let mut seen = std::collections::BTreeSet::new();
            known.retain(|name| seen.insert(*name));
            return Err(self.error(FilterErrorKind::UnknownField {
                name: name.to_owned(),
                known: known.join(", "),
            }));
        }
        let comparison = Comparison::SYMBOLS
            .into_iter()
            .find(|(symbol, _)| self.take(symbol));
        let Some((_, comparison)) = comparison else {
            return Err(self.expected("<, <=, >, >=, == or !="));
        };
        self.rest();
        let before = self.at;
        let digits = self.word(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'));
        match digits.parse::<f64>().ok().filter(|value| value.is_finite()) {
            Some(value) => Ok(Expression::Compare(field, comparison, value)),
            None => {
                self.at = before;
                Err(self.expected("a number"))
            }
        }
    }
}

/// A list of one is that one.
fn one_or(mut parts: Vec<Expression>, list: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.swap_remove(0),
        _ => list(parts),
    }
}

/// Names of the fields that are numbers.
fn numbers(lines: &[FieldLine]) -> Vec<&'static str> {
    let numbers = lines
        .iter()
        .filter(|line| matches!(line.kind, "Integer" | "Float"));
    numbers.map(|line| line.id).collect()
}
