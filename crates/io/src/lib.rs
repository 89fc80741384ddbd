//! Formats of fafnir: reference, FASTQ, BAM, VCF, BED and their indexes.

pub mod bam;
pub mod reads;
pub mod reference;
pub mod tile;
pub mod vcf;

pub use reads::{ReadPairBatch, Reads};
pub use reference::{Contig, ContigId, Reference};
