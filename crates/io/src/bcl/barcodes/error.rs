//! Errors of barcodes.

use super::code::PLACES;

/// Barcodes that cannot be told apart, or do not go with the run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("lane {lane}: {kind}")]
pub struct BarcodeError {
    /// Lane.
    pub lane: u8,
    /// Line of the sheet.
    pub line: usize,
    /// Which index is wrong, 1 or 2; 1 where both are.
    pub index: usize,
    /// What is wrong.
    #[source]
    pub kind: BarcodeErrorKind,
}

/// What can be wrong with the barcodes of a lane.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BarcodeErrorKind {
    /// An index with more bases than cycles.
    #[error(
        "index {text:?} has {} bases, but the run has {cycles} cycles for it: shorten it, or correct OverrideCycles", text.len()
    )]
    TooLong {
        /// The index.
        text: String,
        /// Cycles of the index.
        cycles: usize,
    },
    /// An index with fewer bases than cycles.
    #[error(
        "index {text:?} has {} bases, but the run has {cycles} cycles for it: leave the others out with N in OverrideCycles, such as I8N2", text.len()
    )]
    TooShort {
        /// The index.
        text: String,
        /// Cycles of the index.
        cycles: usize,
    },
    /// Something other than a base.
    #[error("index {text:?} has the character {character:?}: only A, C, G and T are allowed")]
    Character {
        /// The index.
        text: String,
        /// The first character that is not allowed.
        character: char,
    },
    /// Two lines with the same indexes.
    #[error("has the same indexes {indexes} as line {other}: remove one of them")]
    Duplicate {
        /// The indexes.
        indexes: String,
        /// The other line.
        other: usize,
    },
    /// Two lines that could claim the same read.
    #[error(transparent)]
    Collision(Box<Collision>),
    /// A line without indexes beside others.
    #[error("has no index, but line {other} is of the same lane: give each an index")]
    NoIndex {
        /// The other line.
        other: usize,
    },
    /// More index reads than a sheet has columns for.
    #[error("the run has {0} index reads: at most 2 are supported")]
    IndexReads(usize),
    /// More index cycles than can be compared.
    #[error("the lane's indexes use {0} cycles: at most {PLACES} are supported")]
    IndexCycles(usize),
}

/// Two lines that could claim the same read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "indexes {indexes} (mismatches {mismatches}) and those of line {other}, {other_indexes} (mismatches {other_mismatches}), could claim the same read: lower BarcodeMismatchesIndex1 or BarcodeMismatchesIndex2, or correct the indexes"
)]
pub struct Collision {
    /// The indexes.
    pub indexes: String,
    /// Mismatches allowed in them.
    pub mismatches: String,
    /// The other line.
    pub other: usize,
    /// Its indexes.
    pub other_indexes: String,
    /// Mismatches allowed in them.
    pub other_mismatches: String,
}
