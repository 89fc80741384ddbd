//! Formats of fafnir: reference, FASTQ, BAM, VCF, BED and their indexes.

pub mod bam;
pub mod bed;
pub mod bgzf;
pub mod decode;
pub mod fasta;
pub mod fastq;
pub mod reads;
pub mod reference;
pub mod tile;
pub mod vcf;

pub use reads::{ReadPairBatch, Reads};
pub use reference::{Contig, ContigId, Reference};
