//! Hard filters: expressions over a record's fields, in DRAGEN's syntax.

mod expression;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use fafnir_io::vcf::{FilterLine, Record};

use expression::{Comparison, Expression, Field};
pub use parse::{FilterError, FilterErrorKind};

/// Filters of records, such as `LowQual:snp:QUAL<10.41;LowDepth:all:DP<=1`: name, the records it is
/// for, and what such a record fails by.
///
/// An expression compares fields with numbers (`<`, `<=`, `>`, `>=`, `==`, `!=`), joined by `&&`, `||`
/// and parentheses. `QUAL` is the record's; other names are those of FORMAT, or of INFO where FORMAT has
/// none (`INFO/DP` and `FORMAT/DP` name one of two). Of a list any value may hold; a missing value
/// holds for nothing. [`Display`](fmt::Display) gives a text that reads as the same filters.
#[derive(Clone, Debug, PartialEq)]
pub struct HardFilters(Vec<HardFilter>);

#[derive(Clone, Debug, PartialEq)]
struct HardFilter {
    name: Arc<str>,
    scope: Scope,
    expression: Expression,
}

/// The records that a filter is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All alleles are as long as the reference's.
    Snp,
    /// At least one allele is longer or shorter.
    Indel,
    All,
}

impl Default for HardFilters {
    /// Those of DRAGEN 3.7 to 4 without machine learning.
    fn default() -> Self {
        let mut filters = vec![
            below("DRAGENSnpHardQUAL", Scope::Snp, 10.41),
            below("DRAGENIndelHardQUAL", Scope::Indel, 7.83),
        ];
        filters.append(&mut Self::of_depth().0);
        Self(filters)
    }
}

/// What fails by a QUAL below `least`.
fn below(name: &str, scope: Scope, least: f64) -> HardFilter {
    HardFilter {
        name: Arc::from(name),
        scope,
        expression: Expression::Compare(Field::new("QUAL"), Comparison::Less, least),
    }
}

impl HardFilters {
    /// Of the default ones, that of depth alone: where QUAL is judged by other means.
    pub fn of_depth() -> Self {
        let expression = Expression::Compare(Field::new("DP"), Comparison::LessOrEqual, 1.0);
        Self(vec![HardFilter {
            name: Arc::from("LowDepth"),
            scope: Scope::All,
            expression,
        }])
    }

    /// The header's lines, a name once.
    pub fn lines(&self) -> Vec<FilterLine> {
        let mut lines: Vec<FilterLine> = Vec::new();
        for filter in &self.0 {
            let HardFilter {
                name,
                scope,
                expression,
            } = filter;
            let rule = format!("{}: {expression}", scope.name());
            match lines.iter_mut().find(|line| *line.id == **name) {
                Some(line) => line.description += &format!("; {rule}"),
                None => lines.push(FilterLine {
                    id: name.to_string(),
                    description: format!("Set if true: {rule}"),
                }),
            }
        }
        lines
    }

    /// Sets the filters that `record` fails.
    pub fn apply(&self, record: &mut Record) {
        let scope = Scope::of(record);
        let mut failed: Vec<Arc<str>> = Vec::new();
        for filter in &self.0 {
            if (filter.scope == Scope::All || Some(filter.scope) == scope)
                && !failed.contains(&filter.name)
                && filter.expression.holds(record)
            {
                failed.push(filter.name.clone());
            }
        }
        record.filters = failed;
    }
}

impl Scope {
    /// What a record is by the alleles of its genotype; `None` where these are the reference's and
    /// symbolic ones.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let genotype = record.format.iter().find(|(key, _)| *key == "GT");
        let genotype = genotype.map_or("", |(_, text)| text.as_str());
        let called = |allele: usize| {
            let mut numbers = genotype.split(['/', '|']);
            numbers.any(|number| number.parse() == Ok(allele))
        };
        let mut lengths = (1..)
            .zip(&record.alternates)
            .filter(|(number, _)| called(*number))
            .map(|(_, allele)| allele)
            .filter(|allele| !matches!(allele.first(), Some(b'*' | b'<')))
            .map(Vec::len)
            .peekable();
        lengths.peek()?;
        Some(if lengths.all(|l| l == record.reference.len()) {
            Self::Snp
        } else {
            Self::Indel
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Snp => "snp",
            Self::Indel => "indel",
            Self::All => "all",
        }
    }
}

impl fmt::Display for HardFilters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(parse::NONE);
        }
        for (i, filter) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { ";" };
            let scope = filter.scope.name();
            write!(
                f,
                "{separator}{}:{scope}:{}",
                filter.name, filter.expression
            )?;
        }
        Ok(())
    }
}
