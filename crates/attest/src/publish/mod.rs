//! Outputs: hashed while written, under a temporary name until everything is done and signed.
//!
//! A run's files get their names together, the envelope last; before that, and after any error,
//! nothing of it lies under a final name. Files are created as the process's umask says. What a
//! killed run left under temporary names goes when the next one with its prefix begins.

mod atomic;
mod directory;
mod leftovers;
mod staged;

pub use atomic::AtomicFile;
pub use directory::{Claims, OutputDirectory};
pub use staged::{StagedFile, StagedOutput};
