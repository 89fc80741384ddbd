use thiserror::Error;

use crate::isa::{FORCE_ISA, Isa};

/// What can go wrong between a caller and a kernel.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum HalError {
    /// `FAFNIR_FORCE_ISA` holds a name that is not an instruction set.
    #[error("{FORCE_ISA}={value:?} is not an instruction set: use scalar or avx2, or unset it")]
    UnknownIsa {
        /// The name as found in the environment.
        value: String,
    },
    /// The processor lacks the instruction set that was asked for.
    #[error("this processor does not offer {isa}: choose scalar, or unset {FORCE_ISA}")]
    IsaUnavailable {
        /// The instruction set that was asked for.
        isa: Isa,
    },
    /// A backend gave a wrong answer to a known question.
    #[error(
        "{isa} backend of kernel {kernel} fails its known-answer test: the processor or the build \
         is faulty, do not use its results"
    )]
    KnownAnswer {
        /// The backend's instruction set.
        isa: Isa,
        /// The kernel's name.
        kernel: &'static str,
    },
    /// A sequence is longer than the contract allows.
    #[error("{what} of {length} bases is longer than the {limit} that a kernel takes")]
    SequenceTooLong {
        /// Which sequence.
        what: &'static str,
        /// Its length in bases.
        length: usize,
        /// The longest length allowed.
        limit: usize,
    },
    /// An alignment path was asked for over more cells than a traceback may hold.
    #[error("traceback over {cells} cells exceeds {limit}: narrow the band or shorten the target")]
    TracebackTooLarge {
        /// Cells inside the band.
        cells: usize,
        /// The largest number allowed.
        limit: usize,
    },
    /// A per-base quality array does not match its read.
    #[error("{what} has {length} values for a read of {expected} bases")]
    QualityLength {
        /// Which array.
        what: &'static str,
        /// Its length.
        length: usize,
        /// The read's length in bases.
        expected: usize,
    },
    /// An id was not given out by this batch since it was last cleared.
    #[error("{what} {index} is not in this batch of {count}")]
    UnknownId {
        /// Read or haplotype.
        what: &'static str,
        /// The id's index.
        index: usize,
        /// How many the batch holds.
        count: usize,
    },
    /// A batch is full.
    #[error("batch is full: it holds 2^32 - 1 bases or entries, run it and clear it")]
    BatchFull,
}
