//! Reads gVCF: VCF (specification 4.2) that also speaks of where there is no variant.
//!
//! Blocks without a variant have `INFO/END`; alleles that nobody has seen are `<NON_REF>` (GATK,
//! fafnir) or `<*>` (bcftools, DeepVariant). Plain VCF, which has neither, is read too.

mod error;
mod header;
mod line;
mod reader;
mod record;
#[cfg(test)]
mod tests;

pub use error::{GvcfError, GvcfErrorKind};
pub use reader::GvcfReader;
pub use record::{Alternate, GvcfRecord, MappingQuality, SampleFields};
