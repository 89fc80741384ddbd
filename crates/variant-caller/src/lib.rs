//! Germline small-variant caller: regions, assembly, PairHMM, genotypes.
//!
//! A [`Caller`] takes the sorted records of a span of the genome, with [`HALO`] bases of neighbours
//! on each side, and gives the variant records whose POS lies in the span. In order:
//!
//! 1. `evidence` walks the reads once and finds the positions that disagree with the reference;
//! 2. `region` gathers them into regions, cut at quiet gaps or fixed absolute coordinates;
//! 3. `assembly` builds haplotypes from the reads, and the pileup's candidates join them;
//! 4. `likelihood` compares fragments with haplotypes, with gap costs from the [`Model`];
//! 5. `genotype` weighs all pairs of haplotypes at once and reads off each site's genotype;
//! 6. `record` writes what was found in VCF's terms;
//! 7. `confidence` tells, for a gVCF file, how sure the reads are of all other bases, and `gvcf` makes
//!    blocks of them;
//! 8. `phase` links the heterozygous sites of a tile by the fragments that they share;
//! 9. `recalibration`, on request, sets QUAL and a filter by a model that was trained elsewhere.
//!
//! Nothing but BAM records and their order decides a call, and no step sees where a span begins:
//! a region that two spans see is called alike in both.
#![forbid(unsafe_code)]

mod assembly;
mod caller;
mod capped;
mod confidence;
mod event;
mod evidence;
mod filter;
mod forced;
mod genotype;
mod gvcf;
mod haplotype;
mod likelihood;
mod linkage;
mod model;
mod options;
mod phase;
mod ploidy;
mod reads;
mod recalibration;
mod record;
mod region;
mod repeats;
mod site;

pub use caller::{Caller, Scratch};
pub use capped::Capped;
pub use confidence::Confidence;
pub use filter::{FilterError, FilterErrorKind, HardFilters};
pub use forced::{ForcedAlleles, ForcedError};
pub use gvcf::{Blocks, GqBands, ReferenceConfidence, uncovered};
pub use model::{Estimated, Model, ModelError, SlipCounts};
pub use options::CallerOptions;
pub use phase::phase;
pub use ploidy::{Chromosome, CopyRegion, Depth, Karyotype, Ploidies, PloidyError, PloidyEstimate};
pub use recalibration::{Features, Recalibration, RecalibrationError};
pub use record::Header;
pub use region::Region;
pub use site::SiteCall;

/// Bases of neighbouring reads that a span needs on each side. A longer alignment is not used
/// ([`CallerOptions::max_reference_span`]), so reads that overlap the widened span suffice.
pub const HALO: u32 = 1_500;

/// Longest insertion or deletion that is called; what is longer is a structural variant. Whether a
/// shorter one is called does not depend on where in the genome it lies.
pub const MAX_INDEL: u32 = 500;
