//! Banded extension with affine gaps: contract version 0.
//!
//! A job aligns a query of *n* bases to a target of *m* bases, both anchored at their first base
//! (their last, when the job is `reversed`) and free at the other end: what an aligner does to the
//! left and right of a seed.
//!
//! # Recurrence
//!
//! With *s* the score of a pair of bases, *o* the price of opening a gap and *e* that of each of its
//! bases (a gap of length *k* costs *o* + *k e*), over cells (*i*, *j*) = (query bases, target bases
//! consumed):
//!
//! ```text
//! H(0,0) = 0      H(0,j) = D(0,j) = -(o + j e)      H(i,0) = I(i,0) = -(o + i e)
//! D(i,j) = max(H(i,j-1) - o - e, D(i,j-1) - e)      a deletion consumes target
//! I(i,j) = max(H(i-1,j) - o - e, I(i-1,j) - e)      an insertion consumes query
//! H(i,j) = max(H(i-1,j-1) + s(i,j), D(i,j), I(i,j))
//! ```
//!
//! Only cells with |*i* - *j*| <= band exist; all others are minus infinity. *s* is the match score
//! for equal bases, minus the mismatch penalty for different ones, and -1 where either is N.
//! Gaps of both kinds may touch. Scores may be negative on the way (Gotoh 1982).
//!
//! # Which cells are reported
//!
//! Rows are query bases. A row's best is its highest H, at the smallest *j* among equals.
//!
//! * The *local best* starts as 0 at (0, 0); each row's best replaces it if strictly higher.
//! * The *end-to-end* alignment is the best of row *n*.
//! * *Z-drop*: after row *i* with best R at *j*, where the local best so far is B at (*bi*, *bj*),
//!   the job stops if B - R > `z_drop` + *e* |(*i* - *bi*) - (*j* - *bj*)|. A `z_drop` of 0 never
//!   stops (as in bwa). Row *n* counts for the end-to-end alignment before it is tested.
//! * A job also stops at the first row that has no cell; row *n* may so be out of reach.
//!
//! The end-to-end alignment is *chosen* if its score + `end_bonus` >= the local best's.
//!
//! # Traceback
//!
//! From the chosen cell back to (0, 0). Among equals a cell prefers its diagonal, then the deletion,
//! then the insertion; a reversed job prefers either gap to the diagonal. A gap prefers to be opened
//! rather than extended. So a gap lies as far left as it can, in forward orientation, as SAM and VCF
//! expect. The CIGAR, too, is in forward orientation: left and right extensions concatenate.
//!
//! # Arithmetic
//!
//! Exact integers: a backend computes in 8 bits what it can show to be exact there, in 16 bits only
//! those jobs that cannot leave them, and gives the rest to the scalar code, which has 32.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod batch;
mod check;
mod results;
mod scalar;
mod traceback;
pub mod wire;

pub use self::{
    batch::{Batch, Job, MAX_LENGTH, MAX_TRACEBACK_CELLS, Scoring},
    results::{Extension, NOT_REACHED, Results},
};

use crate::backend::Backend;

/// The contract's version.
pub const CONTRACT: u16 = 0;

/// Runs the jobs `indexes` of a batch, for which `out` has room.
pub(crate) fn run(
    backend: Backend,
    batch: &Batch,
    indexes: impl Iterator<Item = usize>,
    out: &mut Results,
) {
    match backend {
        Backend::Scalar => scalar::run(batch, indexes, out),
        #[cfg(target_arch = "x86_64")]
        Backend::Avx2(token) => avx2::run(token, batch, indexes, out),
        #[cfg(not(target_arch = "x86_64"))]
        Backend::Avx2(_) => scalar::run(batch, indexes, out),
    }
}
