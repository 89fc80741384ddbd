//! Human chromosomes, by their names in UCSC's and Ensembl's references.

/// What a contig is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chromosome {
    /// One of 1 to 22.
    Autosome,
    /// X.
    X,
    /// Y.
    Y,
    /// The mitochondrion's.
    Mitochondrion,
}

impl Chromosome {
    /// The chromosome that a contig of this name is whole; `None` for others, as those that are not placed.
    pub fn of(name: &str) -> Option<Self> {
        match name.strip_prefix("chr").unwrap_or(name) {
            "X" => Some(Self::X),
            "Y" => Some(Self::Y),
            "M" | "MT" => Some(Self::Mitochondrion),
            number => {
                let autosome = number.parse().is_ok_and(|n: u8| (1..=22).contains(&n));
                (autosome && !number.starts_with(['0', '+'])).then_some(Self::Autosome)
            }
        }
    }
}
