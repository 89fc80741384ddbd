//! Kernel contracts and the backends that fulfil them.
//!
//! A *kernel* is one of the two dynamic programmes that aligning and calling spend their time in:
//! banded affine extension ([`extend`]) and the PairHMM ([`pairhmm`]). Each has a *contract*: an
//! exact definition, written in its module's documentation and in plain scalar Rust. Every backend
//! gives the contract's bits, so a result never depends on the machine that computed it.
//!
//! A caller gathers jobs in a batch (a reusable structure of arrays) and hands it to [`Hal`], which
//! chose a backend once, when it was made, and only after that backend answered known questions.
//! A [`device::Device`] runs the same batches on an OpenCL device, in a process of its own;
//! [`Hal::with_devices`] spreads batches over CPU and devices, and checks what comes back.
//!
//! ```
//! use fafnir_fpga_hal::{Hal, extend};
//!
//! let hal = Hal::new()?;
//! let mut batch = extend::Batch::new(extend::Scoring::default());
//! let mut results = extend::Results::default();
//! let index = batch.push(extend::Job {
//!     query: &[0, 1, 2, 3],
//!     target: &[0, 1, 2, 3, 0],
//!     traceback: true,
//!     ..extend::Job::default()
//! })?;
//! hal.extend(&batch, &mut results);
//! assert_eq!(results.chosen(index).score, 4);
//! assert_eq!(results.cigar(index), &[4 << 4]);
//! # Ok::<(), fafnir_fpga_hal::HalError>(())
//! ```

mod arch;
mod backend;
mod error;
mod hal;
mod isa;
mod known_answer;
mod scheduler;

pub mod device;
pub mod extend;
pub mod pairhmm;

pub use crate::{
    error::HalError,
    hal::Hal,
    isa::Isa,
    scheduler::{Checked, Incident, Ledger, Policy, Share, Usage},
};
